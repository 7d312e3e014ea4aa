import type { Candle } from './candle.js';
import { CandleError } from './error.js';
import { bucketStartSec, DEFAULT_DAY_OFFSET_MIN, nests, type Interval } from './interval.js';

/** What an update did to the higher candle. */
export interface RollupStep {
  /** The higher candle as it stands now. */
  candle: Candle;
  /** The higher candle before it, when this update began a new one. */
  closed?: Candle;
}

/** `later` follows `earlier` inside one bucket that starts at `t`. */
function join(t: number, earlier: Candle, later: Candle): Candle {
  return {
    t,
    o: earlier.o,
    h: Math.max(earlier.h, later.h),
    l: Math.min(earlier.l, later.l),
    c: later.c,
    v: earlier.v + later.v,
    n: earlier.n + later.n,
    q: Math.max(earlier.q, later.q),
  };
}

/**
 * Keeps the current candle of a higher interval while candles of a lower one arrive, ascending by start.
 * The newest lower candle may arrive again and again as it grows: each arrival replaces the one before it.
 */
export class CandleRollup {
  readonly from: Interval;
  readonly to: Interval;
  readonly dayOffsetMin: number;
  /** Fold of the lower candles before `#newest` in the current bucket. */
  #settled: Candle | undefined;
  #newest: Candle | undefined;
  #startSec = 0;

  /** @throws CandleError `BAD_INTERVAL` where `from` candles do not {@link nests nest} in `to` candles, `BAD_DAY_OFFSET` */
  constructor(from: Interval, to: Interval, dayOffsetMin = DEFAULT_DAY_OFFSET_MIN) {
    if (!nests(from, to, dayOffsetMin)) {
      throw new CandleError(
        'BAD_INTERVAL',
        `${from} candles do not nest in ${to} candles (day offset ${dayOffsetMin} min)`,
      );
    }
    this.from = from;
    this.to = to;
    this.dayOffsetMin = dayOffsetMin;
  }

  /** The higher candle as it stands; undefined before the first update. */
  get current(): Candle | undefined {
    if (!this.#newest) return undefined;
    return this.#settled ? join(this.#startSec, this.#settled, this.#newest) : { ...this.#newest, t: this.#startSec };
  }

  /**
   * Takes the next lower candle, or the newest one again.
   *
   * @throws CandleError `BAD_CANDLE` where it does not start on a `from` boundary, `OUT_OF_ORDER` where it is older than the newest
   */
  update(candle: Candle): RollupStep {
    if (bucketStartSec(this.from, candle.t, this.dayOffsetMin) !== candle.t) {
      throw new CandleError('BAD_CANDLE', `${candle.t} does not start a ${this.from} candle`);
    }
    const newest = this.#newest;
    if (newest && candle.t < newest.t) {
      throw new CandleError('OUT_OF_ORDER', `candle of ${candle.t} after the one of ${newest.t}`);
    }
    const startSec = bucketStartSec(this.to, candle.t, this.dayOffsetMin);
    let closed: Candle | undefined;
    if (newest && startSec !== this.#startSec) {
      closed = this.current;
      this.#settled = undefined;
    } else if (newest && candle.t > newest.t) {
      this.#settled = this.current;
    }
    this.#startSec = startSec;
    this.#newest = { ...candle };
    const current = this.#settled ? join(startSec, this.#settled, candle) : { ...candle, t: startSec };
    return closed ? { candle: current, closed } : { candle: current };
  }
}

/**
 * Folds ascending candles of one interval into candles of a higher one; the last one may still be open.
 *
 * @throws CandleError as {@link CandleRollup}; a start that comes twice is `OUT_OF_ORDER` ({@link mergeCandles} first)
 */
export function foldCandles(
  candles: Iterable<Candle>,
  from: Interval,
  to: Interval,
  dayOffsetMin = DEFAULT_DAY_OFFSET_MIN,
): Candle[] {
  const rollup = new CandleRollup(from, to, dayOffsetMin);
  const folded: Candle[] = [];
  let previousSec = -Infinity;
  for (const candle of candles) {
    if (candle.t === previousSec) throw new CandleError('OUT_OF_ORDER', `candle of ${candle.t} comes twice`);
    previousSec = candle.t;
    const { closed } = rollup.update(candle);
    if (closed) folded.push(closed);
  }
  const { current } = rollup;
  if (current) folded.push(current);
  return folded;
}
