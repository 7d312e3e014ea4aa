import { bucketEnd, foldCandles, INTERVALS, nests, type Interval } from '@supernoba/candles';
import type { MarketArchive } from './archive.js';
import type { CandleTable } from './candle-table.js';

export interface RollupDeps {
  candles: CandleTable;
  archive: MarketArchive;
}

/** The intervals that backed-up 1m candles are rolled up to, shortest first: a day is folded from its hours. */
const STORED_ROLLUPS = INTERVALS.filter((interval) => interval !== '1m');
/** Candles read for one interval of one symbol; what is left is for the next run. */
const MAX_READ = 20_000;

/** What a longer interval is folded from: hours where they nest, so that a day reads 24 rows and not 1,440; else minutes. */
export function rollupSource(interval: Interval, dayOffsetMin: number): '1h' | '1m' {
  const isLong = interval === '4h' || interval === '1d';
  return isLong && nests('1h', interval, dayOffsetMin) ? '1h' : '1m';
}

/**
 * Rolls the backed-up 1m candles of a symbol up to 3m, 5m, 15m, 30m, 1h, 4h and 1d. A candle is stored once its time is over
 * by the journal, as the mark of the backup says it: there is no clock here.
 *
 * @returns how many candles were stored
 * @throws MarketHistoryError, errors of the AWS SDK
 */
export async function rollUpCandles(deps: RollupDeps, symbol: string, dayOffsetMin: number): Promise<number> {
  const { until } = await deps.candles.mark(symbol);
  // Up to where the candles of each source are whole.
  const whole = { '1m': until, '1h': 0 };
  let stored = 0;
  for (const interval of STORED_ROLLUPS) {
    const source = rollupSource(interval, dayOffsetMin);
    const done = await rollUpTo(deps, { symbol, interval, source, until: whole[source], dayOffsetMin });
    if (interval === '1h') whole['1h'] = done.until;
    stored += done.stored;
  }
  return stored;
}

interface RollupStep {
  symbol: string;
  interval: Interval;
  source: '1h' | '1m';
  /** Epoch seconds: source candles before it are all there. */
  until: number;
  dayOffsetMin: number;
}

/** @returns up to where the interval is whole now */
async function rollUpTo(
  { candles, archive }: RollupDeps,
  { symbol, interval, source, until, dayOffsetMin }: RollupStep,
): Promise<{ stored: number; until: number }> {
  const last = await candles.newest(symbol, interval);
  const from = last === undefined ? 0 : bucketEnd(interval, last.t);
  if (from >= until) return { stored: 0, until: from };
  const parts = await candles.range({ symbol, timeframe: source, from, to: until - 1, limit: MAX_READ });
  // A read that was cut proves only what lies before its last candle.
  const provenUntil = parts.length < MAX_READ ? until : (parts.at(-1)?.t ?? 0);
  const closed = foldCandles(parts, '1m', interval, dayOffsetMin).filter(
    ({ t }) => bucketEnd(interval, t) <= provenUntil,
  );
  // The archive first: the newest row of the table says how far a run has come.
  if (closed.length > 0) await archive.addCandles(symbol, interval, closed);
  await candles.append(symbol, interval, closed);
  return { stored: closed.length, until: provenUntil };
}
