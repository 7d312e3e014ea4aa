import {
  CANDLE_INTERVALS,
  ErrorCode,
  ID_PATTERN,
  MAX_CHART_CANDLES,
  MAX_PAGE_ROWS,
  MAX_PRICE,
  MAX_QUANTITY,
  MAX_SUB_SYMBOLS,
  OrderType,
  SelfTradePrevention,
  SYMBOL_PATTERN,
  TimeInForce,
} from '@supernoba/protocol';
import { ClientErrorCode, SupernobaError } from './errors.js';

type Fields = Readonly<Record<string, unknown>>;

/** The caller's argument as a bag of fields, each of them known. @throws SupernobaError */
export function checkFields(value: unknown, what: string, known: readonly string[]): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw refuse(ClientErrorCode.InvalidArgument, `${what} takes an object`);
  for (const name of Object.keys(value)) {
    if (!known.includes(name)) throw refuse(ErrorCode.UnknownField, `${what}: unknown field '${name}'`);
  }
  return value as Fields;
}

export function checkSymbol(value: unknown): void {
  if (typeof value !== 'string' || !SYMBOL_PATTERN.test(value))
    throw refuse(ErrorCode.BadSymbol, `symbol must match ${SYMBOL_PATTERN.source}, not ${show(value)}`);
}

export function checkOrderId(value: unknown): void {
  if (typeof value !== 'string' || !ID_PATTERN.test(value))
    throw refuse(ErrorCode.BadOrderId, `order_id must match ${ID_PATTERN.source}, not ${show(value)}`);
}

export function checkRequestId(value: unknown): void {
  if (value !== undefined && (typeof value !== 'string' || !ID_PATTERN.test(value))) {
    throw refuse(ErrorCode.BadRequestId, `request_id must match ${ID_PATTERN.source}, not ${show(value)}`);
  }
}

/** Prices of a new order: which it must have, and which it must not, by its type. */
export function checkNewOrder(order: Fields): void {
  checkSymbol(order['symbol']);
  if (order['order_id'] !== undefined) checkOrderId(order['order_id']);
  checkRequestId(order['request_id']);
  checkSide(order);
  checkOneOf('order_type', order['order_type'], Object.values(OrderType));
  checkOneOf('tif', order['tif'], Object.values(TimeInForce));
  checkOneOf('stp', order['stp'], Object.values(SelfTradePrevention));
  checkBoolean('post_only', order['post_only']);
  checkBoolean('all_or_none', order['all_or_none']);
  const type = order['order_type'] ?? OrderType.Limit;
  const hasPrice = type === OrderType.Limit || type === OrderType.StopLimit;
  if (hasPrice) checkPrice('price', order['price']);
  else if (order['price'] !== undefined && order['price'] !== 0)
    throw refuse(ErrorCode.BadCombination, `a ${show(type)} order carries no price`);
  const isStop = type === OrderType.Stop || type === OrderType.StopLimit;
  if (isStop) checkPrice('stop_price', order['stop_price']);
  else if (order['stop_price'] !== undefined)
    throw refuse(ErrorCode.BadCombination, `a ${show(type)} order carries no stop_price`);
  checkQuantity('quantity', order['quantity']);
  if (order['display_quantity'] !== undefined) checkQuantity('display_quantity', order['display_quantity']);
}

export function checkChange(change: Fields): void {
  checkSymbol(change['symbol']);
  checkOrderId(change['order_id']);
  checkRequestId(change['request_id']);
  const names = ['price', 'quantity', 'stop_price', 'display_quantity'].filter((name) => change[name] !== undefined);
  if (names.length === 0)
    throw refuse(ClientErrorCode.InvalidArgument, 'a change names price, quantity, stop_price or display_quantity');
  for (const name of names) (name.endsWith('price') ? checkPrice : checkQuantity)(name, change[name]);
}

export function checkCancel(cancel: Fields): void {
  checkSymbol(cancel['symbol']);
  checkOrderId(cancel['order_id']);
  checkRequestId(cancel['request_id']);
}

export function checkCancelAll(cancel: Fields): void {
  checkSymbol(cancel['symbol']);
  checkRequestId(cancel['request_id']);
}

/** @param watched how many other symbols are watched already */
export function checkSubscription(subscription: Fields, watched: (symbols: readonly string[]) => number): void {
  const { main, sub, tf } = subscription;
  if (main !== undefined) checkSymbol(main);
  if (sub !== undefined) {
    if (!Array.isArray(sub)) throw refuse(ClientErrorCode.InvalidArgument, 'sub must be an array of symbols');
    sub.forEach(checkSymbol);
    const total = watched(sub as string[]);
    if (total > MAX_SUB_SYMBOLS)
      throw refuse(ErrorCode.TooLarge, `a connection watches at most ${MAX_SUB_SYMBOLS} symbols, not ${total}`);
  }
  checkInterval('tf', tf);
}

export function checkChartQuery(query: Fields): void {
  checkSymbol(query['symbol']);
  checkInterval('interval', query['interval']);
  for (const name of ['from', 'to']) {
    const value = query[name];
    if (value !== undefined && !isInteger(value, 0, Number.MAX_SAFE_INTEGER)) {
      throw refuse(ErrorCode.BadRequest, `${name} must be epoch seconds, not ${show(value)}`);
    }
  }
  const { limit } = query;
  if (limit !== undefined && !isInteger(limit, 1, MAX_CHART_CANDLES)) {
    throw refuse(ErrorCode.BadRequest, `limit must be an integer from 1 to ${MAX_CHART_CANDLES}, not ${show(limit)}`);
  }
}

/** `from`, `to`, `limit` and `cursor` of a page. */
export function checkPage(query: Fields): void {
  for (const name of ['from', 'to']) {
    const value = query[name];
    if (value !== undefined && !isInteger(value, 0, Number.MAX_SAFE_INTEGER))
      throw refuse(ErrorCode.BadRequest, `${name} must be epoch ms, not ${show(value)}`);
  }
  const { limit, cursor } = query;
  if (limit !== undefined && !isInteger(limit, 1, MAX_PAGE_ROWS))
    throw refuse(ErrorCode.BadRequest, `limit must be an integer from 1 to ${MAX_PAGE_ROWS}, not ${show(limit)}`);
  if (cursor !== undefined && typeof cursor !== 'string')
    throw refuse(ErrorCode.BadRequest, `cursor must be the cursor of the page before, not ${show(cursor)}`);
}

function checkSide(order: Fields): void {
  const { side, is_buy } = order;
  if ((side === undefined) === (is_buy === undefined))
    throw refuse(ErrorCode.BadRequest, "an order names side ('BUY' or 'SELL') or is_buy, one of them");
  checkOneOf('side', side, ['BUY', 'SELL']);
  checkBoolean('is_buy', is_buy);
}

function checkPrice(name: string, value: unknown): void {
  if (!isInteger(value, 1, MAX_PRICE))
    throw refuse(ErrorCode.BadPrice, `${name} must be an integer of ticks from 1 to ${MAX_PRICE}, not ${show(value)}`);
}

function checkQuantity(name: string, value: unknown): void {
  if (!isInteger(value, 1, MAX_QUANTITY))
    throw refuse(
      ErrorCode.BadQuantity,
      `${name} must be an integer of lots from 1 to ${MAX_QUANTITY}, not ${show(value)}`,
    );
}

function checkInterval(name: string, value: unknown): void {
  const intervals: readonly unknown[] = CANDLE_INTERVALS;
  if (value !== undefined && !intervals.includes(value))
    throw refuse(ErrorCode.BadInterval, `${name} must be one of ${CANDLE_INTERVALS.join(', ')}, not ${show(value)}`);
}

/** @throws SupernobaError */
export function checkOneOf(name: string, value: unknown, values: readonly string[]): void {
  if (value !== undefined && !values.includes(value as string))
    throw refuse(ErrorCode.BadRequest, `${name} must be one of ${values.join(', ')}, not ${show(value)}`);
}

function checkBoolean(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'boolean')
    throw refuse(ErrorCode.BadRequest, `${name} must be true or false, not ${show(value)}`);
}

function isInteger(value: unknown, min: number, max: number): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max;
}

function show(value: unknown): string {
  if (typeof value === 'string') return `'${value.slice(0, 40)}'`;
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

function refuse(code: SupernobaError['code'], message: string): SupernobaError {
  return new SupernobaError(code, message);
}
