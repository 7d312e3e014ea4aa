import { DAY_MS, nextDayBoundary, percentChange } from './days.js';

const MIDNIGHT_UTC = Date.UTC(2025, 11, 14);

test.each([
  ['+09:00 begins at 15:00 UTC', 540, MIDNIGHT_UTC, MIDNIGHT_UTC + 15 * 3_600_000],
  ['the boundary itself belongs to the new day', 540, MIDNIGHT_UTC + 15 * 3_600_000, MIDNIGHT_UTC + 39 * 3_600_000],
  ['a millisecond before', 540, MIDNIGHT_UTC + 15 * 3_600_000 - 1, MIDNIGHT_UTC + 15 * 3_600_000],
  ['UTC', 0, MIDNIGHT_UTC + 1, MIDNIGHT_UTC + DAY_MS],
  ['−12:00', -720, MIDNIGHT_UTC, MIDNIGHT_UTC + 12 * 3_600_000],
  ['+14:00', 840, MIDNIGHT_UTC, MIDNIGHT_UTC + 10 * 3_600_000],
])('next day boundary: %s', (_name, offset, time, boundary) => {
  expect(nextDayBoundary(time, offset)).toBe(boundary);
});

test.each([
  [150, 100, 50],
  [50, 100, -50],
  [100, 100, 0],
  [100, 0, 0],
  // 1/8 % = 0.125 %: half away from zero, on both sides.
  [80_100, 80_000, 0.13],
  [79_900, 80_000, -0.13],
  [80_099, 80_000, 0.12],
  // Too small to show is 0, never −0.
  [999_999_999_999, 1_000_000_000_000, 0],
  // Large prices lose no digit on the way.
  [1_000_000_000_000, 3, 33_333_333_333_233.33],
  [1, 1_000_000_000_000, -100],
])('from %i against %i the change is %d %%', (price, reference, change) => {
  expect(Object.is(percentChange(price, reference), change)).toBe(true);
});
