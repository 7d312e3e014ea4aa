import type {
  CandleInterval,
  ChartAnswer,
  DepthFrame,
  SymbolsAnswer,
  TickersAnswer,
  TradesAnswer,
} from '@supernoba/protocol';
import type { HttpRoutes } from './http.js';
import { badAnswer, read, type ReadOptions } from './read.js';
import { checkChartQuery, checkFields, checkPage, checkSymbol } from './validate.js';

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

/** A page of a list: newest first. */
export interface PageQuery {
  /** First and last, epoch ms, both included. */
  from?: number;
  to?: number;
  /** Most rows; 1 to 500. Default 100. */
  limit?: number;
  /** Of the answer before: the page that follows it. */
  cursor?: string;
}

export interface TradesQuery extends PageQuery {
  symbol: string;
}

export const PAGE_FIELDS = ['from', 'to', 'limit', 'cursor'];

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

export async function readTickers(http: HttpRoutes, options: ReadOptions = {}): Promise<TickersAnswer['tickers']> {
  const answer = await read(http, ['tickers'], options);
  if (!Array.isArray(answer['tickers'])) throw badAnswer('tickers');
  return answer['tickers'] as TickersAnswer['tickers'];
}

export async function readTrades(
  http: HttpRoutes,
  query: TradesQuery,
  options: ReadOptions = {},
): Promise<TradesAnswer> {
  checkPage(checkFields(query, 'getTrades', ['symbol', ...PAGE_FIELDS]));
  const { symbol, ...page } = query;
  checkSymbol(symbol);
  const answer = await read(http, ['trades', symbol], options, page);
  if (!Array.isArray(answer['trades'])) throw badAnswer('trades');
  return answer as unknown as TradesAnswer;
}
