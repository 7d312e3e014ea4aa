import type { DepthLevel } from '@supernoba/protocol';

export interface LadderRow {
  price: number;
  quantity: number;
  /** Lots from the best price down to this one. */
  total: number;
  /** Quantity as a share of the largest shown, percent: the length of the bar. */
  share: number;
}

/** Rows of one side, best first. `largest` is the largest quantity of both sides, so that bars compare. */
export function ladder(levels: readonly DepthLevel[], largest: number): LadderRow[] {
  let total = 0;
  return levels.map(([price, quantity]) => {
    total += quantity;
    return { price, quantity, total, share: largest > 0 ? (100 * quantity) / largest : 0 };
  });
}

export function largestQuantity(...sides: (readonly DepthLevel[])[]): number {
  return Math.max(0, ...sides.flat().map(([, quantity]) => quantity));
}

/** What stands between the two sides, in words. */
export function spreadText(bestBid: number | undefined, bestAsk: number | undefined): string {
  if (bestBid === undefined && bestAsk === undefined) return 'no orders';
  if (bestBid === undefined) return 'no bids';
  if (bestAsk === undefined) return 'no asks';
  return `spread ${bestAsk - bestBid}`;
}
