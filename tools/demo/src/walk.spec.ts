import { between, seeded } from './random.js';
import { Walk } from './walk.js';

test('a seed always gives the same numbers, evenly spread', () => {
  const numbers = (seed: number) => Array.from({ length: 10_000 }, seeded(seed));
  expect(numbers(42)).toEqual(numbers(42));
  expect(numbers(42)).not.toEqual(numbers(43));
  const mean = numbers(42).reduce((sum, x) => sum + x, 0) / 10_000;
  expect(mean).toBeGreaterThan(0.48);
  expect(mean).toBeLessThan(0.52);
  const random = seeded(1);
  expect(new Set(Array.from({ length: 1_000 }, () => between(random, 1, 3)))).toEqual(new Set([1, 2, 3]));
});

test('a walk moves in small whole steps and stays near where it began, for 100,000 rounds', () => {
  const walk = new Walk(15_000, seeded(42));
  let [last, low, high, longest] = [15_000, 15_000, 15_000, 0];
  let areWhole = true;
  for (let i = 0; i < 100_000; i++) {
    const price = walk.next();
    areWhole &&= Number.isInteger(price);
    longest = Math.max(longest, Math.abs(price - last));
    [low, high, last] = [Math.min(low, price), Math.max(high, price), price];
  }
  expect({ areWhole, low: low > 13_000, high: high < 17_000, moves: high - low > 100 }).toEqual({
    areWhole: true,
    low: true,
    high: true,
    moves: true,
  });
  expect(longest).toBeLessThan(15);
});

test('a walk that begins too low begins at the lowest price', () => {
  expect(new Walk(1, seeded(1)).next()).toBeGreaterThanOrEqual(1_000);
});
