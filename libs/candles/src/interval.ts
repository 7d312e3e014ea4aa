import { CandleError } from './error.js';

/** Every candle interval, shortest first. */
export const INTERVALS = ['1m', '3m', '5m', '15m', '30m', '1h', '4h', '1d'] as const;
export type Interval = (typeof INTERVALS)[number];

/** Length of an interval in seconds. */
export const INTERVAL_SECONDS: Readonly<Record<Interval, number>> = {
  '1m': 60,
  '3m': 180,
  '5m': 300,
  '15m': 900,
  '30m': 1800,
  '1h': 3600,
  '4h': 14_400,
  '1d': 86_400,
};

/** Minutes by which a trading day is ahead of the UTC day unless a symbol says otherwise: days begin at midnight of UTC+09:00. */
export const DEFAULT_DAY_OFFSET_MIN = 540;

const MAX_DAY_OFFSET_MIN = 1439;

export function isInterval(value: unknown): value is Interval {
  return (INTERVALS as readonly unknown[]).includes(value);
}

function assertInterval(interval: Interval): void {
  if (!isInterval(interval)) {
    throw new CandleError('BAD_INTERVAL', `interval must be one of ${INTERVALS.join(' ')}, got ${String(interval)}`);
  }
}

function assertDayOffset(dayOffsetMin: number): void {
  if (!Number.isInteger(dayOffsetMin) || Math.abs(dayOffsetMin) > MAX_DAY_OFFSET_MIN) {
    throw new CandleError(
      'BAD_DAY_OFFSET',
      `dayOffsetMin must be whole minutes within ±${MAX_DAY_OFFSET_MIN}, got ${dayOffsetMin}`,
    );
  }
}

/**
 * Start, in epoch seconds, of the candle that holds a moment given in epoch **seconds**.
 * 1m to 4h candles align to the UTC epoch, 1d to the day boundary: never to the first trade or candle seen.
 *
 * @param dayOffsetMin UTC offset of the trading day in minutes, −1439 to 1439; only 1d looks at it.
 * @throws CandleError `BAD_INTERVAL`, `BAD_DAY_OFFSET`, `BAD_TIME`
 */
export function bucketStartSec(interval: Interval, timeSec: number, dayOffsetMin = DEFAULT_DAY_OFFSET_MIN): number {
  assertInterval(interval);
  assertDayOffset(dayOffsetMin);
  if (!Number.isFinite(timeSec)) throw new CandleError('BAD_TIME', `time must be a finite number, got ${timeSec}`);
  const lengthSec = INTERVAL_SECONDS[interval];
  const shiftSec = interval === '1d' ? dayOffsetMin * 60 : 0;
  return Math.floor((timeSec + shiftSec) / lengthSec) * lengthSec - shiftSec;
}

/** As {@link bucketStartSec}, for a moment in epoch **milliseconds**; the answer is in epoch seconds all the same. */
export function bucketStart(interval: Interval, timeMs: number, dayOffsetMin = DEFAULT_DAY_OFFSET_MIN): number {
  return bucketStartSec(interval, Math.floor(timeMs / 1000), dayOffsetMin);
}

/** First second after the candle that starts at `startSec`. */
export function bucketEnd(interval: Interval, startSec: number): number {
  assertInterval(interval);
  return startSec + INTERVAL_SECONDS[interval];
}

/**
 * Whether every `from` candle lies inside one `to` candle, so that folding is exact.
 * 3m does not nest in 5m; and 4h does not nest in a day that begins at 15:00 UTC, the default.
 */
export function nests(from: Interval, to: Interval, dayOffsetMin = DEFAULT_DAY_OFFSET_MIN): boolean {
  assertInterval(from);
  assertInterval(to);
  assertDayOffset(dayOffsetMin);
  if (from === to) return true;
  if (INTERVAL_SECONDS[to] % INTERVAL_SECONDS[from] !== 0) return false;
  return to !== '1d' || (dayOffsetMin * 60) % INTERVAL_SECONDS[from] === 0;
}
