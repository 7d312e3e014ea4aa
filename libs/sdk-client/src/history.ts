import type { FillsAnswer, OrdersAnswer, OrderState } from '@supernoba/protocol';
import type { HttpRoutes } from './http.js';
import { PAGE_FIELDS, type PageQuery } from './market.js';
import { badAnswer, read, type ReadOptions } from './read.js';
import { checkFields, checkOneOf, checkOrderId, checkPage, checkSymbol } from './validate.js';

export interface OrdersQuery extends PageQuery {
  /** `open`: those that still work; `from` and `to` do not go with it. Default `all`. */
  status?: 'open' | 'all';
  symbol?: string;
}

export interface OrderName {
  symbol: string;
  order_id: string;
}

export interface FillsQuery extends PageQuery {
  symbol?: string;
}

export async function readOrders(
  http: HttpRoutes,
  query: OrdersQuery,
  options: ReadOptions = {},
): Promise<OrdersAnswer> {
  checkPage(checkFields(query, 'getOrders', ['status', 'symbol', ...PAGE_FIELDS]));
  checkOneOf('status', query.status, ['open', 'all']);
  if (query.symbol !== undefined) checkSymbol(query.symbol);
  const answer = await read(http, ['orders'], options, { ...query }, true);
  if (!Array.isArray(answer['orders'])) throw badAnswer('orders');
  return answer as unknown as OrdersAnswer;
}

export async function readOrder(http: HttpRoutes, name: OrderName, options: ReadOptions = {}): Promise<OrderState> {
  checkFields(name, 'getOrder', ['symbol', 'order_id']);
  const { symbol, order_id } = name;
  checkSymbol(symbol);
  checkOrderId(order_id);
  const answer = await read(http, ['orders', order_id], options, { symbol }, true);
  if (typeof answer['status'] !== 'string') throw badAnswer('order');
  return answer as unknown as OrderState;
}

export async function readFills(http: HttpRoutes, query: FillsQuery, options: ReadOptions = {}): Promise<FillsAnswer> {
  checkPage(checkFields(query, 'getFills', ['symbol', ...PAGE_FIELDS]));
  if (query.symbol !== undefined) checkSymbol(query.symbol);
  const answer = await read(http, ['fills'], options, { ...query }, true);
  if (!Array.isArray(answer['fills'])) throw badAnswer('fills');
  return answer as unknown as FillsAnswer;
}
