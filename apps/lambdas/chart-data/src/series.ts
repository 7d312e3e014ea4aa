import { bucketEnd, bucketStartSec, foldCandles, mergeCandles, type Candle, type Interval } from '@supernoba/candles';
import { EdgeError, type Valkey } from '@supernoba/edge';
import { MAX_TRADES_READ, rollupSource, type CandleTable, type TradeTable } from '@supernoba/market-history';
import type { Keys } from '@supernoba/valkey-keys';
import type { ChartQuery } from './chart-query.js';
import { ColdCandles } from './cold-candles.js';
import { readHotCandles, type HotCandles } from './hot-candles.js';
import type { KeptRows } from './kept-rows.js';

export interface ChartStores {
  valkey: Valkey;
  keys: Keys;
  candles: CandleTable;
  /** Rows of the table in memory, from one answer to the next. */
  kept: KeptRows;
  trades: TradeTable;
}

/** Shorter candles that one answer folds: what has not been rolled up yet. */
const MAX_FOLDED = 20_000;
const RETRY_AFTER_S = 60;

/**
 * The candles of a query, ascending, the active one last: what has been rolled up, then what follows it folded from hours
 * and minutes out of the table and the cache. The cache is read first: a candle leaves it only after the table holds it, so
 * none is missed however the backup runs meanwhile.
 *
 * @throws EdgeError UNAVAILABLE, MarketHistoryError, errors of the AWS SDK
 */
export async function readSeries(
  stores: ChartStores,
  query: ChartQuery,
  readDayOffsetMin: () => Promise<number>,
): Promise<Candle[]> {
  const { symbol, interval, from, to, limit } = query;
  const readHot = readHotCandles(stores.valkey, stores.keys, symbol);
  const [hot, dayOffsetMin] = await Promise.all([readHot, readDayOffsetMin()]);
  const cold = new ColdCandles(stores.candles, stores.kept, symbol, hot);
  const readNewest = () => cold.newest('1m');
  const endsWithNewest = interval === '1m' && to === undefined;
  const [known, stored] = await Promise.all([
    endsWithNewest ? undefined : readNewest(),
    cold.range(interval, { from, to, limit }),
  ]);
  const newest = endsWithNewest ? (stored.at(-1) ?? (await readNewest())) : known;
  const start = firstStart(interval, from, dayOffsetMin);
  const end = to === undefined ? Infinity : bucketEnd(interval, bucketStartSec(interval, to, dayOffsetMin));
  const seam = { symbol, end, hot, cold, newest };
  let series: Candle[];
  if (interval === '1m') {
    const firstMinute = stored.length < limit ? start : (stored[0]?.t ?? start);
    series = await minutes(stores, { ...seam, start: firstMinute, stored });
  } else {
    const last = stored.at(-1);
    const next = last === undefined ? start : bucketEnd(interval, last.t);
    series = [...stored, ...(await folded(stores, { ...seam, interval, limit, start: next, dayOffsetMin }))];
  }
  return series.filter(({ t }) => (from === undefined || t >= from) && (to === undefined || t <= to)).slice(-limit);
}

/** Where table and cache meet. */
interface Seam {
  symbol: string;
  /** First second after the last candle that is asked for. */
  end: number;
  hot: HotCandles;
  cold: ColdCandles;
  /** Newest 1m candle of the table. */
  newest: Candle | undefined;
}

interface Fold extends Seam {
  interval: Interval;
  /** First second that no stored candle of the interval covers. */
  start: number;
  limit: number;
  dayOffsetMin: number;
}

/** Candles of a longer interval between `start` and `end`, folded from what is shorter. */
async function folded(stores: ChartStores, fold: Fold): Promise<Candle[]> {
  const { symbol, interval, end, cold, dayOffsetMin, limit } = fold;
  if (fold.start >= end) return [];
  const read = (timeframe: Interval, from: number) =>
    from >= end ? Promise.resolve([]) : cold.range(timeframe, { from, to: lastSecond(end), limit: MAX_FOLDED });
  const hours = rollupSource(interval, dayOffsetMin) === '1h' ? await read('1h', fold.start) : [];
  const lastHour = hours.at(-1);
  const start = lastHour === undefined ? fold.start : bucketEnd('1h', lastHour.t);
  const stored = await read('1m', start);
  const isCut = Math.max(hours.length, stored.length) === MAX_FOLDED;
  const known = isCut ? (stored[0]?.t ?? start) : start;
  const parts = [...hours, ...(await minutes(stores, { ...fold, start: known, stored }))];
  const candles = foldCandles(parts, '1m', interval, dayOffsetMin);
  if (!isCut) return candles;
  // The read was cut: its first candle may lack trades, and what lies before it is not told.
  if (candles.length <= limit) throw restoring(symbol, 'candles are still being rolled up');
  return candles.slice(1);
}

interface Minutes extends Seam {
  /** First second of the range. */
  start: number;
  /** 1m candles of the table in the range. */
  stored: readonly Candle[];
}

/** The 1m candles of a range out of table and cache. What neither holds any more (a flush, a late backup) is folded anew. */
async function minutes(stores: ChartStores, { symbol, start, end, hot, newest, stored }: Minutes): Promise<Candle[]> {
  if (start >= end) return [];
  const newestT = newest?.t ?? -1;
  const known = mergeCandles(
    stored,
    hot.candles.filter(({ t }) => t < end && (t >= start || t > newestT)),
  );
  const first = known[0];
  // What lies before the newest row of the table is whole: that is the table's promise.
  const after = first !== undefined && first.t <= newestT ? first.q - first.n : (newest?.q ?? 0);
  const next = hot.candles.find(({ t }) => t >= end);
  const beyond = next === undefined ? hot.lastTrade : next.q - next.n;
  const upTo = newestT >= end ? (known.at(-1)?.q ?? after) : beyond;
  const series = await withoutHoles(stores, { symbol, known, after, upTo });
  return series.filter(({ t }) => t >= start && t < end);
}

interface Chain {
  symbol: string;
  known: readonly Candle[];
  /** Trades after this number up to `upTo` belong to the series; undefined = all that `trade_history` holds. */
  after: number;
  upTo: number | undefined;
}

async function withoutHoles({ trades }: ChartStores, { symbol, known, after, upTo }: Chain): Promise<Candle[]> {
  const lost: Candle[] = [];
  let q = after;
  const fill = async (to: number): Promise<void> => {
    if (to - q > MAX_TRADES_READ) throw restoring(symbol, `${to - q} trades await the backup`);
    if (to > q) lost.push(...(await trades.candles(symbol, q + 1, to)));
  };
  for (const candle of known) {
    await fill(candle.q - candle.n);
    q = candle.q;
  }
  if (upTo === undefined) {
    // The cache has forgotten the symbol: the history says what it has traded.
    const tail = await trades.after(symbol, q);
    if (tail.trades.length === MAX_TRADES_READ) throw restoring(symbol, 'trades await the backup');
    upTo = q + tail.trades.length;
  }
  await fill(upTo);
  return mergeCandles(known, lost);
}

function restoring(symbol: string, why: string): EdgeError {
  return new EdgeError('UNAVAILABLE', `the candles of ${symbol} are being restored: ${why}`, {
    retryAfterS: RETRY_AFTER_S,
  });
}

/** Start of the first candle that begins at or after `from`; 0 where everything is asked for. */
function firstStart(interval: Interval, from: number | undefined, dayOffsetMin: number): number {
  if (from === undefined) return 0;
  const start = bucketStartSec(interval, from, dayOffsetMin);
  return start === from ? start : bucketEnd(interval, start);
}

function lastSecond(end: number): number | undefined {
  return end === Infinity ? undefined : end - 1;
}
