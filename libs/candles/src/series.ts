import type { Candle } from './candle.js';

/**
 * One ascending series out of several of the same symbol and interval (history, closed candles, the open one), each
 * start once. Where two hold the same start, the one with the higher last trade number wins; with equal numbers, the later series.
 */
export function mergeCandles(...series: Iterable<Candle>[]): Candle[] {
  const byStart = new Map<number, Candle>();
  for (const candles of series) {
    for (const candle of candles) {
      const other = byStart.get(candle.t);
      if (!other || candle.q >= other.q) byStart.set(candle.t, candle);
    }
  }
  return [...byStart.values()].sort((a, b) => a.t - b.t);
}

/** Whether no trade is missing between two candles: the later one's last trade number minus its count is the earlier one's last. */
export function isChained(earlier: Candle, later: Candle): boolean {
  return later.q - later.n === earlier.q;
}
