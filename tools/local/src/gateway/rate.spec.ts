import { Rate } from './rate.js';

test('a second’s worth is there at once and fills up evenly, never above that', () => {
  let now = 0;
  const rate = new Rate(10, () => now);
  const take = (tries: number) => Array.from({ length: tries }, () => rate.take()).filter(Boolean).length;
  expect(take(20)).toBe(10);
  now = 50;
  expect(take(20)).toBe(0);
  now = 350;
  expect(take(20)).toBe(3);
  now = 60_000;
  expect(take(20)).toBe(10);
});

test('without a bound everything passes', () => {
  const rate = new Rate(undefined);
  expect(Array.from({ length: 1000 }, () => rate.take()).every(Boolean)).toBe(true);
});
