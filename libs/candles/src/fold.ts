import type { Candle } from './candle.js';
import { CandleError } from './error.js';
import { bucketEnd, bucketStart, DEFAULT_DAY_OFFSET_MIN, type Interval } from './interval.js';

/** `[trade number, epoch ms, price, quantity, …]`: the head of a public trade, so that a trades frame folds as it comes. */
export type TradeRow = readonly [no: number, timeMs: number, price: number, qty: number, ...rest: unknown[]];

export interface CandleFoldOptions {
  /** UTC offset of the trading day in minutes; only 1d looks at it. Default +540. */
  dayOffsetMin?: number;
  /** Goes on with an open candle, from a snapshot or a cache. */
  active?: Candle;
  /** Number of the last trade already folded; default: the open candle's `q`, else 0. */
  q?: number;
}

/**
 * Folds the trades of one symbol, one by one, into candles of one interval.
 *
 * A trade whose number was already folded changes nothing, so feeding a repeated batch is harmless. Event time never
 * goes back, and a trade of an earlier bucket than the open candle's throws.
 */
export class CandleFold {
  readonly interval: Interval;
  readonly dayOffsetMin: number;
  #active: Candle | undefined;
  #endMs = 0;
  #q: number;

  /** @throws CandleError `BAD_INTERVAL`, `BAD_DAY_OFFSET`, or `BAD_CANDLE` where `active` does not start on a boundary */
  constructor(interval: Interval, { dayOffsetMin = DEFAULT_DAY_OFFSET_MIN, active, q }: CandleFoldOptions = {}) {
    this.interval = interval;
    this.dayOffsetMin = dayOffsetMin;
    const startSec = bucketStart(interval, (active?.t ?? 0) * 1000, dayOffsetMin);
    if (active && startSec !== active.t) {
      throw new CandleError('BAD_CANDLE', `${active.t} does not start a ${interval} candle`);
    }
    if (active) this.#open({ ...active });
    this.#q = Math.max(q ?? 0, active?.q ?? 0);
  }

  /** A copy of the open candle; undefined before the first trade and after a close. */
  get active(): Candle | undefined {
    return this.#active && { ...this.#active };
  }

  /** Number of the last trade folded. */
  get q(): number {
    return this.#q;
  }

  /**
   * Folds a trade and returns the candle that it closed, if it opened a new one.
   *
   * @throws CandleError `BAD_TRADE` where a number is no positive safe integer, `OUT_OF_ORDER` where the trade belongs before the open candle
   */
  trade(no: number, timeMs: number, price: number, qty: number): Candle | undefined {
    assertTrade(no, timeMs, price, qty);
    if (no <= this.#q) return undefined;
    const active = this.#active;
    if (active && timeMs < active.t * 1000) {
      throw new CandleError('OUT_OF_ORDER', `trade ${no} at ${timeMs} belongs before the open candle of ${active.t}`);
    }
    this.#q = no;
    if (active && timeMs < this.#endMs) {
      if (price > active.h) active.h = price;
      if (price < active.l) active.l = price;
      active.c = price;
      active.v += BigInt(qty);
      active.n += 1;
      active.q = no;
      return undefined;
    }
    const t = bucketStart(this.interval, timeMs, this.dayOffsetMin);
    this.#open({ t, o: price, h: price, l: price, c: price, v: BigInt(qty), n: 1, q: no });
    return active;
  }

  /** Closes the open candle if it has ended by `timeMs` (the journal's time, epoch ms), and returns it. */
  closeAt(timeMs: number): Candle | undefined {
    const active = this.#active;
    if (!active || timeMs < this.#endMs) return undefined;
    this.#active = undefined;
    return active;
  }

  #open(candle: Candle): void {
    this.#active = candle;
    this.#endMs = bucketEnd(this.interval, candle.t) * 1000;
  }
}

function assertTrade(no: number, timeMs: number, price: number, qty: number): void {
  if (![no, price, qty].every((value) => Number.isSafeInteger(value) && value > 0) || !Number.isSafeInteger(timeMs)) {
    throw new CandleError(
      'BAD_TRADE',
      `trade ${no} at ${timeMs}: price ${price}, quantity ${qty} must be safe integers`,
    );
  }
}

/**
 * Folds trades, in the order of their numbers, into ascending candles; the last one may still be open.
 *
 * @throws CandleError as {@link CandleFold.trade}
 */
export function foldTrades(
  trades: Iterable<TradeRow>,
  interval: Interval,
  dayOffsetMin = DEFAULT_DAY_OFFSET_MIN,
): Candle[] {
  const fold = new CandleFold(interval, { dayOffsetMin });
  const candles: Candle[] = [];
  for (const [no, timeMs, price, qty] of trades) {
    const closed = fold.trade(no, timeMs, price, qty);
    if (closed) candles.push(closed);
  }
  const { active } = fold;
  if (active) candles.push(active);
  return candles;
}
