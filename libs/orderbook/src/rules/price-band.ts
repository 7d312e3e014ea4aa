const WHOLE_BPS = 10_000;

/** How far `bps` basis points of the reference price reach, in whole ticks, rounded down. */
export function bandSpan(reference: number, bps: number): number {
  const product = reference * bps;
  if (product <= Number.MAX_SAFE_INTEGER) return Math.floor(product / WHOLE_BPS);
  return Number((BigInt(reference) * BigInt(bps)) / BigInt(WHOLE_BPS));
}
