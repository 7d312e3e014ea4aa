import { EdgeError, type HttpRequest } from '@supernoba/edge';
import { CANDLE_INTERVALS, DEFAULT_CHART_CANDLES, MAX_CHART_CANDLES, SYMBOL_PATTERN } from '@supernoba/protocol';
import type { CandleInterval } from '@supernoba/protocol';

export interface ChartQuery {
  symbol: string;
  interval: CandleInterval;
  /** Epoch seconds, both included: candles that start in this range. */
  from: number | undefined;
  to: number | undefined;
  /** Most candles of the answer; the newest of the range are taken. */
  limit: number;
}

/** End of the year 9999: what lies beyond is a mistake (milliseconds, usually). */
const MAX_TIME_S = 253_402_300_799;

/** `?symbol&interval&from&to&limit`. @throws EdgeError BAD_SYMBOL, BAD_INTERVAL, BAD_REQUEST */
export function readChartQuery(request: HttpRequest): ChartQuery {
  const symbol = request.query('symbol') ?? '';
  if (!SYMBOL_PATTERN.test(symbol))
    throw new EdgeError('BAD_SYMBOL', `symbol: a symbol matches ${SYMBOL_PATTERN.source}`);
  const named = request.query('interval') ?? '1m';
  const interval = CANDLE_INTERVALS.find((known) => known === named);
  if (interval === undefined)
    throw new EdgeError('BAD_INTERVAL', `interval: one of ${CANDLE_INTERVALS.join(', ')} is required`);
  const from = readInteger(request, 'from', 0, MAX_TIME_S);
  const to = readInteger(request, 'to', 0, MAX_TIME_S);
  if (from !== undefined && to !== undefined && from > to)
    throw new EdgeError('BAD_REQUEST', 'from: must not be after to');
  return {
    symbol,
    interval,
    from,
    to,
    limit: readInteger(request, 'limit', 1, MAX_CHART_CANDLES) ?? DEFAULT_CHART_CANDLES,
  };
}

function readInteger(request: HttpRequest, name: string, min: number, max: number): number | undefined {
  const text = request.query(name);
  if (text === undefined) return undefined;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
  if (value >= min && value <= max) return value;
  const unit = name === 'limit' ? '' : ', epoch seconds';
  throw new EdgeError('BAD_REQUEST', `${name}: an integer from ${min} to ${max} is required${unit}`, {
    details: { field: name },
  });
}
