import { bucketEnd, bucketStartSec, CandleRollup, isChained, type Candle, type Interval } from '@supernoba/candles';

/** A longer interval as the newest 1m candles tell it. */
export interface RolledUp {
  /** The candle that is open by the journal's time; undefined where none is. */
  active: Candle | undefined;
  /** Those before it whose every minute is among the candles, ascending. */
  closed: readonly Candle[];
}

/**
 * Folds the newest 1m candles, ascending, the active one last, into a longer interval. A candle closes when a later one begins or
 * the journal's time (`timeMs`, epoch ms) reaches its end: no clock is asked. Where minutes are missing before the first
 * candle, the one they would belong to is left out.
 *
 * @returns undefined where a trade is missing between two candles: then nothing can be said
 */
export function rollUp(minutes: readonly Candle[], interval: Interval, timeMs: number): RolledUp | undefined {
  for (let index = 1; index < minutes.length; index++) {
    if (!isChained(minutes[index - 1]!, minutes[index]!)) return undefined;
  }
  const [first] = minutes;
  if (first === undefined) return { active: undefined, closed: [] };
  const closed: Candle[] = [];
  const rollup = new CandleRollup('1m', interval);
  for (const minute of minutes) {
    const step = rollup.update(minute);
    if (step.closed) closed.push(step.closed);
  }
  let active = rollup.current;
  if (active && bucketEnd(interval, active.t) * 1000 <= timeMs) {
    closed.push(active);
    active = undefined;
  }
  // What was traded before the first minute may belong to the same candle.
  const isCut = first.q > first.n && first.t > bucketStartSec(interval, first.t);
  return { active, closed: isCut ? closed.filter(({ t }) => t > first.t) : closed };
}
