import { bucketEnd, bucketStartSec, candleToChart, DEFAULT_DAY_OFFSET_MIN, foldCandles } from '@supernoba/candles';
import {
  EdgeError,
  httpHandler,
  notFound,
  type HttpOptions,
  type SymbolGuard,
  type SymbolTable,
  type Valkey,
} from '@supernoba/edge';
import type { ChartAnswer } from '@supernoba/protocol';
import type { Keys } from '@supernoba/valkey-keys';
import { readChartQuery, type ChartQuery } from './chart-query.js';
import { readHotCandles, type HotCandles } from './hot-candles.js';

export interface ChartDeps extends HttpOptions {
  valkey: Valkey;
  keys: Keys;
  guard: SymbolGuard;
  table: SymbolTable;
}

/**
 * `GET /chart`: candles of the cache (hot), folded to the interval asked for. The store of older candles (cold) is not available
 * yet. So a request whose `from` needs it answers NOT_AVAILABLE; one without `from` gets the whole candles at hand, and
 * `x-hot-since` (epoch seconds) says from when on.
 */
export function createHandler({ valkey, keys, guard, table, ...options }: ChartDeps) {
  /** Only the day begins at another time than UTC says, and only the journalled configuration knows when. */
  const dayOffset = async ({ symbol, interval }: ChartQuery): Promise<number> => {
    const row = interval === '1d' ? await table.get(symbol) : undefined;
    return row?.config.day_offset_min ?? DEFAULT_DAY_OFFSET_MIN;
  };

  return httpHandler(async (request) => {
    if (request.method !== 'GET' || request.segments.join('/') !== 'chart') throw notFound(request);
    const query = readChartQuery(request);
    await guard.stateOf(query.symbol);
    const [hot, offset] = await Promise.all([readHotCandles(valkey, keys, query.symbol), dayOffset(query)]);
    const body: ChartAnswer = { symbol: query.symbol, interval: query.interval, data: toChart(query, hot, offset) };
    const headers: Record<string, string> = Number.isFinite(hot.since) ? { 'x-hot-since': String(hot.since) } : {};
    return { status: 200, body, headers };
  }, options);
}

function toChart(query: ChartQuery, { candles, since }: HotCandles, offset: number): ChartAnswer['data'] {
  const { symbol, interval, from, to, limit } = query;
  // A candle that began before the hot part lacks its first trades: half a candle is a wrong one.
  const whole = foldCandles(candles, '1m', interval, offset).filter(({ t }) => t >= since);
  const found = whole
    .filter(({ t }) => (from === undefined || t >= from) && (to === undefined || t <= to))
    .slice(-limit);
  const isShort = found.length < limit && from !== undefined && firstStart(interval, from, offset) < since;
  const isNone = since > -Infinity && (whole.length === 0 || (to !== undefined && to < since));
  if (isShort || isNone) throw cold(symbol, since);
  return found.map(candleToChart);
}

/** Start of the first candle that begins at or after `from`. */
function firstStart(interval: ChartQuery['interval'], from: number, offset: number): number {
  const start = bucketStartSec(interval, from, offset);
  return start === from ? start : bucketEnd(interval, start);
}

function cold(symbol: string, since: number): EdgeError {
  const details = Number.isFinite(since) ? { symbol, hot_since: since } : { symbol };
  return new EdgeError('NOT_AVAILABLE', 'candles that old are not available yet', { details });
}
