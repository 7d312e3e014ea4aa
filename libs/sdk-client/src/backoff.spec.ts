import * as fc from 'fast-check';
import { fullJitterMs } from './backoff.js';

test('a wait lies between 0 and its ceiling, which doubles up to the bound', () => {
  fc.assert(
    fc.property(
      fc.nat(10_000),
      fc.integer({ min: 1, max: 1_000 }),
      fc.integer({ min: 1, max: 60_000 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (attempt, baseMs, maxMs, random) => {
        const wait = fullJitterMs(attempt, baseMs, maxMs, () => random);
        return Number.isInteger(wait) && wait >= 0 && wait < Math.max(1, Math.min(maxMs, baseMs * 2 ** attempt));
      },
    ),
  );
  expect([0, 1, 2, 3, 99].map((attempt) => fullJitterMs(attempt, 100, 500, () => 0.999))).toEqual([
    99, 199, 399, 499, 499,
  ]);
});
