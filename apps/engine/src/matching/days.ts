/** The trading day begins at +09:00 unless the symbol's configuration says otherwise. */
export const DEFAULT_DAY_OFFSET_MIN = 540;
export const DAY_MS = 86_400_000;

/** First day boundary after `timeMs` (epoch ms), for a day that begins at midnight of UTC + `offsetMin`. */
export function nextDayBoundary(timeMs: number, offsetMin: number): number {
  const shiftMs = offsetMin * 60_000;
  return (Math.floor((timeMs + shiftMs) / DAY_MS) + 1) * DAY_MS - shiftMs;
}

/**
 * Change from `reference` to `price` in percent with two decimals, half away from zero; 0 without a reference.
 * Integer arithmetic: the same prices give the same digits everywhere.
 */
export function percentChange(price: number, reference: number): number {
  if (reference === 0) return 0;
  const ref = BigInt(reference);
  const scaled = (BigInt(price) - ref) * 10_000n;
  const size = scaled < 0n ? -scaled : scaled;
  const hundredths = (2n * size + ref) / (2n * ref);
  const value = Number(`${hundredths / 100n}.${String(hundredths % 100n).padStart(2, '0')}`);
  return scaled < 0n && value !== 0 ? -value : value;
}
