import type { CandleInterval, ChartAnswer, DepthFrame, SymbolsAnswer } from '@supernoba/protocol';
import { isRawEvent } from './encoder.js';
import { ClientErrorCode, SupernobaError } from './errors.js';
import type { HttpRoutes } from './http.js';
import { checkChartQuery, checkFields, checkSymbol } from './validate.js';

export interface ChartQuery {
  symbol: string;
  /** Default `1m`. */
  interval?: CandleInterval;
  /** First and last candle start, epoch seconds. Default: up to now. */
  from?: number;
  to?: number;
  /** Most candles, the newest; 1 to 5,000. Default 500. */
  limit?: number;
}

export interface ReadOptions {
  signal?: AbortSignal;
}

export async function readChart(http: HttpRoutes, query: ChartQuery, options: ReadOptions = {}): Promise<ChartAnswer> {
  checkChartQuery(checkFields(query, 'getChart', ['symbol', 'interval', 'from', 'to', 'limit']));
  const { symbol, interval = '1m', from, to, limit } = query;
  const answer = await read(http, ['chart'], options, { symbol, interval, from, to, limit });
  if (!Array.isArray(answer['data'])) throw badAnswer('chart');
  return answer as unknown as ChartAnswer;
}

export async function readSymbols(http: HttpRoutes, options: ReadOptions = {}): Promise<SymbolsAnswer['symbols']> {
  const answer = await read(http, ['symbols'], options);
  if (!Array.isArray(answer['symbols'])) throw badAnswer('symbols');
  return answer['symbols'] as SymbolsAnswer['symbols'];
}

export async function readDepth(http: HttpRoutes, symbol: string, options: ReadOptions = {}): Promise<DepthFrame> {
  checkSymbol(symbol);
  const answer = await read(http, ['depth', symbol], options);
  if (!Array.isArray(answer['b']) || !Array.isArray(answer['a'])) throw badAnswer('depth');
  return answer as unknown as DepthFrame;
}

async function read(
  http: HttpRoutes,
  path: readonly string[],
  { signal }: ReadOptions,
  query: Readonly<Record<string, string | number | undefined>> = {},
): Promise<Readonly<Record<string, unknown>>> {
  const answer = await http.call({ method: 'GET', path, query, needsToken: false, ...(signal ? { signal } : {}) });
  if (!isRawEvent(answer)) throw badAnswer(path[0] ?? '');
  return answer;
}

function badAnswer(what: string): SupernobaError {
  return new SupernobaError(ClientErrorCode.BadAnswer, `an answer that is no ${what}`);
}
