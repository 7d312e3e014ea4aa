import { quantile } from './quantiles.js';

test('the nearest rank, whatever the order of the samples', () => {
  const samples = [5, 1, 4, 2, 3];
  expect([0, 0.2, 0.5, 0.99, 1].map((share) => quantile(samples, share))).toEqual([1, 1, 3, 5, 5]);
  expect(() => quantile([], 0.5)).toThrow(RangeError);
});
