import { DeadLetterReason, OrderType, SelfTradePrevention, TimeInForce } from './codes.js';
import {
  ID_PATTERN,
  MAX_BATCH_ORDERS,
  MAX_PRICE,
  MAX_QUANTITY,
  MAX_RECORD_BYTES,
  SYMBOL_CONFIG_RANGES,
  SYMBOL_PATTERN,
  USER_ID_PATTERN,
} from './limits.js';
import { operatorSnapshotPrefix, SYMBOL_CONFIG_NUMBERS, SYMBOL_OPS } from './orders.js';
import { decodePlainOrder } from './plain-order.js';
import type {
  AddOrder,
  CancelAllOrders,
  CancelOrder,
  JournalEntry,
  ReplaceOrder,
  SnapshotObject,
  SymbolConfig,
  SymbolRecord,
} from './orders.js';

export interface DecodedEntry {
  ok: true;
  /** Place in the record's array; 0 for a record of one object. */
  index: number;
  /** Holds known fields only; numbers are in range, ids and enumerations well-formed. */
  entry: JournalEntry;
}

/** An element that is no journal entry. What could be read of it is named, so that its sender can be answered. */
export interface DecodeFailure {
  ok: false;
  index: number;
  reason: DeadLetterReason;
  message: string;
  /** Set when well-formed; the sender asked for this. */
  action?: string;
  /** Set when well-formed and equal to the partition key: only then may an answer stand in that symbol's stream. */
  symbol?: string;
  orderId?: string;
  userId?: string;
  requestId?: string;
}

export type DecodedElement = DecodedEntry | DecodeFailure;

/** The elements of a record in order, at least one. */
export type DecodedRecord = readonly DecodedElement[];

type Json = Readonly<Record<string, unknown>>;
type Fail = (reason: DeadLetterReason, message: string) => never;

/** Ends the decoding of one element; never leaves this file. */
class Poison extends Error {
  constructor(
    readonly reason: DeadLetterReason,
    message: string,
  ) {
    super(message);
  }
}

const poison: Fail = (reason, message) => {
  throw new Poison(reason, message);
};

const utf8 = new TextDecoder('utf-8', { fatal: true });
const ORDER_TYPES: ReadonlySet<unknown> = new Set(Object.values(OrderType));
const TIFS: ReadonlySet<unknown> = new Set(Object.values(TimeInForce));
const STPS: ReadonlySet<unknown> = new Set(Object.values(SelfTradePrevention));
const OBJECT_KEY = /^[A-Za-z0-9/=._-]{1,256}$/;
const SHA256 = /^[0-9a-f]{64}$/;
const OPS: ReadonlySet<unknown> = new Set(SYMBOL_OPS);

/**
 * Reads a record of the orders stream: one JSON object, or an array of at most {@link MAX_BATCH_ORDERS} entries of one
 * symbol. Only the bad element of an array is poisoned; what is no array of entries at all is one failure with index 0.
 * Unknown fields are ignored. Combinations that the market's rules forbid (a stop without a stop price) are well-formed:
 * the order book rejects them. Never throws on data.
 */
export function decodeRecord(bytes: Uint8Array, partitionKey: string): DecodedRecord {
  if (bytes.byteLength > MAX_RECORD_BYTES) {
    return [failure(0, DeadLetterReason.TooLarge, `record of ${bytes.byteLength} bytes, at most ${MAX_RECORD_BYTES}`)];
  }
  const plain = decodePlainOrder(bytes, partitionKey);
  return plain === undefined ? decodeAnyRecord(bytes, partitionKey) : [{ ok: true, index: 0, entry: plain }];
}

/** The same of any record, at twice the cost. */
export function decodeAnyRecord(bytes: Uint8Array, partitionKey: string): DecodedRecord {
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(bytes));
  } catch (error) {
    return [failure(0, DeadLetterReason.NotJson, error instanceof Error ? error.message : 'not JSON')];
  }
  if (!Array.isArray(value)) return [decodeElement(value, 0, partitionKey, false)];
  const elements: readonly unknown[] = value;
  if (elements.length === 0) return [failure(0, DeadLetterReason.Malformed, 'an empty array')];
  if (elements.length > MAX_BATCH_ORDERS) {
    return [failure(0, DeadLetterReason.TooLarge, `${elements.length} entries, at most ${MAX_BATCH_ORDERS}`)];
  }
  const mixed = elements.some((element) => symbolOf(element) !== symbolOf(elements[0]));
  return elements.map((element, index) => decodeElement(element, index, partitionKey, mixed));
}

function decodeElement(value: unknown, index: number, partitionKey: string, mixed: boolean): DecodedElement {
  if (!isObject(value)) return failure(index, DeadLetterReason.Malformed, 'not a JSON object');
  try {
    return { ok: true, index, entry: decodeEntry(value, partitionKey, mixed) };
  } catch (error) {
    if (!(error instanceof Poison)) throw error;
    return describe(failure(index, error.reason, error.message), value, partitionKey);
  }
}

function decodeEntry(value: Json, partitionKey: string, mixed: boolean): JournalEntry {
  const { action } = value;
  if (action === 'TICK') return { action };
  if (typeof action !== 'string') return poison(DeadLetterReason.Malformed, 'action: a string is required');
  const symbol = text(value, 'symbol', SYMBOL_PATTERN);
  if (symbol !== partitionKey) {
    const reason = mixed ? DeadLetterReason.MixedSymbols : DeadLetterReason.WrongKey;
    return poison(reason, `symbol ${symbol} under the partition key ${partitionKey.slice(0, 64)}`);
  }
  switch (action) {
    case 'ADD':
      return decodeAdd(value, symbol);
    case 'CANCEL':
      return decodeCancel(value, symbol);
    case 'REPLACE':
      return decodeReplace(value, symbol);
    case 'CANCEL_ALL':
      return decodeCancelAll(value, symbol);
    case 'SYMBOL':
      return decodeSymbolRecord(value, symbol);
    default:
      return poison(DeadLetterReason.Malformed, 'action: unknown');
  }
}

function decodeAdd(value: Json, symbol: string): AddOrder {
  const orderType = value['order_type'];
  // MARKET and STOP carry no price, or 0; a price they do carry is for the book to refuse.
  const priceless = orderType === OrderType.Market || orderType === OrderType.Stop;
  const order: AddOrder = {
    action: 'ADD',
    symbol,
    order_id: text(value, 'order_id', ID_PATTERN),
    user_id: text(value, 'user_id', USER_ID_PATTERN),
    is_buy: flag(value, 'is_buy'),
    price: priceless && value['price'] === undefined ? 0 : integer(value, 'price', priceless ? 0 : 1, MAX_PRICE),
    quantity: integer(value, 'quantity', 1, MAX_QUANTITY),
  };
  if (orderType !== undefined) order.order_type = oneOf<OrderType>(value, 'order_type', ORDER_TYPES);
  if (value['tif'] !== undefined) order.tif = oneOf<TimeInForce>(value, 'tif', TIFS);
  if (value['post_only'] !== undefined) order.post_only = flag(value, 'post_only');
  if (value['all_or_none'] !== undefined) order.all_or_none = flag(value, 'all_or_none');
  if (value['stop_price'] !== undefined) order.stop_price = integer(value, 'stop_price', 1, MAX_PRICE);
  if (value['display_quantity'] !== undefined) {
    order.display_quantity = integer(value, 'display_quantity', 1, MAX_QUANTITY);
  }
  if (value['stp'] !== undefined) order.stp = oneOf<SelfTradePrevention>(value, 'stp', STPS);
  return withRequest(order, value);
}

function decodeCancel(value: Json, symbol: string): CancelOrder {
  const order: CancelOrder = {
    action: 'CANCEL',
    symbol,
    order_id: text(value, 'order_id', ID_PATTERN),
    user_id: text(value, 'user_id', USER_ID_PATTERN),
  };
  return withRequest(order, value);
}

function decodeReplace(value: Json, symbol: string): ReplaceOrder {
  const order: ReplaceOrder = {
    action: 'REPLACE',
    symbol,
    order_id: text(value, 'order_id', ID_PATTERN),
    user_id: text(value, 'user_id', USER_ID_PATTERN),
  };
  if (value['price'] !== undefined) order.price = integer(value, 'price', 1, MAX_PRICE);
  if (value['quantity'] !== undefined) order.quantity = integer(value, 'quantity', 1, MAX_QUANTITY);
  if (value['stop_price'] !== undefined) order.stop_price = integer(value, 'stop_price', 1, MAX_PRICE);
  if (value['display_quantity'] !== undefined) {
    order.display_quantity = integer(value, 'display_quantity', 1, MAX_QUANTITY);
  }
  return withRequest(order, value);
}

function decodeCancelAll(value: Json, symbol: string): CancelAllOrders {
  const order: CancelAllOrders = { action: 'CANCEL_ALL', symbol, user_id: text(value, 'user_id', USER_ID_PATTERN) };
  return withRequest(order, value);
}

function decodeSymbolRecord(value: Json, symbol: string): SymbolRecord {
  const record: SymbolRecord = {
    action: 'SYMBOL',
    op: oneOf<SymbolRecord['op']>(value, 'op', OPS),
    symbol,
    request_id: text(value, 'request_id', ID_PATTERN),
    actor: text(value, 'actor', USER_ID_PATTERN),
  };
  if (value['config'] !== undefined) record.config = decodeConfig(value['config']);
  if (value['order_id'] !== undefined) record.order_id = text(value, 'order_id', ID_PATTERN);
  if (value['user_id'] !== undefined) record.user_id = text(value, 'user_id', USER_ID_PATTERN);
  if (record.op === 'RESTORE') record.snapshot = decodeSnapshotObject(value['snapshot'], symbol);
  if (record.op === 'CANCEL' && record.order_id === undefined) {
    return poison(DeadLetterReason.Malformed, 'order_id: required by op CANCEL');
  }
  if (record.op === 'CONFIG' && record.config === undefined) {
    return poison(DeadLetterReason.Malformed, 'config: required by op CONFIG');
  }
  return record;
}

function decodeSnapshotObject(value: unknown, symbol: string): SnapshotObject {
  if (!isObject(value)) return poison(DeadLetterReason.Malformed, 'snapshot: required by op RESTORE');
  const key = text(value, 'key', OBJECT_KEY);
  if (!key.startsWith(operatorSnapshotPrefix(symbol))) {
    return poison(DeadLetterReason.Malformed, `key: under ${operatorSnapshotPrefix(symbol)}`);
  }
  return { key, sha256: text(value, 'sha256', SHA256) };
}

function decodeConfig(value: unknown): SymbolConfig {
  if (!isObject(value)) return poison(DeadLetterReason.Malformed, 'config: an object is required');
  const config: SymbolConfig = {};
  for (const field of SYMBOL_CONFIG_NUMBERS) {
    const [min, max] = SYMBOL_CONFIG_RANGES[field];
    if (value[field] !== undefined) config[field] = integer(value, field, min, max);
  }
  if (value['stp'] !== undefined) config.stp = oneOf<SelfTradePrevention>(value, 'stp', STPS);
  return config;
}

function withRequest<T extends { request_id?: string; timestamp?: number }>(order: T, value: Json): T {
  if (value['request_id'] !== undefined) order.request_id = text(value, 'request_id', ID_PATTERN);
  if (value['timestamp'] !== undefined) order.timestamp = integer(value, 'timestamp', 0, Number.MAX_SAFE_INTEGER);
  return order;
}

function integer(value: Json, field: string, min: number, max: number): number {
  const number = value[field];
  if (typeof number !== 'number') return poison(DeadLetterReason.Malformed, `${field}: a number is required`);
  if (!Number.isInteger(number) || number < min || number > max) {
    return poison(DeadLetterReason.OutOfRange, `${field}: an integer from ${min} to ${max} is required`);
  }
  // JSON knows -0; journals and hashes do not.
  return number === 0 ? 0 : number;
}

function text(value: Json, field: string, pattern: RegExp): string {
  const string = value[field];
  if (typeof string !== 'string' || !pattern.test(string)) {
    return poison(DeadLetterReason.Malformed, `${field}: a string matching ${pattern.source} is required`);
  }
  return string;
}

function flag(value: Json, field: string): boolean {
  const boolean = value[field];
  if (typeof boolean !== 'boolean') return poison(DeadLetterReason.Malformed, `${field}: true or false is required`);
  return boolean;
}

function oneOf<T extends string>(value: Json, field: string, allowed: ReadonlySet<unknown>): T {
  if (!allowed.has(value[field])) {
    return poison(DeadLetterReason.Malformed, `${field}: one of ${[...allowed].join(', ')} is required`);
  }
  return value[field] as T;
}

function failure(index: number, reason: DeadLetterReason, message: string): DecodeFailure {
  return { ok: false, index, reason, message };
}

function describe(failed: DecodeFailure, value: Json, partitionKey: string): DecodeFailure {
  const { action, symbol, order_id: orderId, user_id: userId, request_id: requestId } = value;
  if (typeof action === 'string' && ID_PATTERN.test(action)) failed.action = action;
  if (typeof symbol === 'string' && symbol === partitionKey && SYMBOL_PATTERN.test(symbol)) failed.symbol = symbol;
  if (typeof orderId === 'string' && ID_PATTERN.test(orderId)) failed.orderId = orderId;
  if (typeof userId === 'string' && USER_ID_PATTERN.test(userId)) failed.userId = userId;
  if (typeof requestId === 'string' && ID_PATTERN.test(requestId)) failed.requestId = requestId;
  return failed;
}

function symbolOf(element: unknown): unknown {
  return isObject(element) ? element['symbol'] : undefined;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
