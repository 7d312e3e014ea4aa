import type { OrderStatus, OrderType, Reason } from './codes.js';
import { tradeId } from './events.js';
import type { ExchangeEvent } from './events.js';
import { MAX_EVENT_RECORD_BYTES } from './limits.js';

/** What {@link encodeFill} reads of an execution: the order book's own event, as it comes. */
export interface FillSource {
  seq: number;
  tradeNo: number;
  timestamp: number;
  price: number;
  quantity: number;
  takerIsBuy: boolean;
  makerOrderId: string;
  makerUserId: string;
  /** Open quantity left after the execution. */
  makerOpen: number;
  takerOrderId: string;
  takerUserId: string;
  takerOpen: number;
}

/** What {@link encodeStatus} reads of a status change: the order book's own event, as it comes. */
export interface StatusSource {
  seq: number;
  n: number;
  timestamp: number;
  status: OrderStatus;
  /** '' where there is none; the field is then absent. */
  reason: Reason | '';
  orderId: string;
  userId: string;
  isBuy: boolean;
  orderType: OrderType;
  price: number;
  quantity: number;
  filled: number;
  open: number;
  /** '' where there is none; the field is then absent. */
  requestId: string;
}

/**
 * A fill as JSON, byte for byte what `JSON.stringify` gives of the {@link FillEvent}, at a fraction of its cost.
 * The same execution always gives the same bytes.
 */
export function encodeFill(symbol: string, fill: Readonly<FillSource>): string {
  const maker = party(fill.makerOrderId, fill.makerUserId, fill.makerOpen === 0, true);
  const taker = party(fill.takerOrderId, fill.takerUserId, fill.takerOpen === 0, false);
  const name = quote(symbol);
  const trade = quote(tradeId(symbol, fill.tradeNo));
  const buyer = fill.takerIsBuy ? taker : maker;
  const seller = fill.takerIsBuy ? maker : taker;
  return `{"event":"FILL","symbol":${name},"seq":${fill.seq},"trade_id":${trade},"price":${fill.price},"quantity":${fill.quantity},"timestamp":${fill.timestamp},"buyer":${buyer},"seller":${seller}}`;
}

/** A status as JSON, byte for byte what `JSON.stringify` gives of the {@link OrderStatusEvent}. */
export function encodeStatus(symbol: string, change: Readonly<StatusSource>): string {
  const reason = change.reason === '' ? '' : `,"reason":"${change.reason}"`;
  const request = change.requestId === '' ? '' : `,"request_id":${quote(change.requestId)}`;
  return `{"event":"ORDER_STATUS","symbol":${quote(symbol)},"seq":${change.seq},"n":${change.n},"order_id":${quote(change.orderId)},"user_id":${quote(change.userId)},"status":"${change.status}"${reason},"timestamp":${change.timestamp},"is_buy":${change.isBuy},"order_type":"${change.orderType}","price":${change.price},"quantity":${change.quantity},"filled":${change.filled},"open":${change.open}${request}}`;
}

/** A record of either event stream that is no event, no array of events, or too large. */
export class EventFormatError extends Error {
  readonly code = 'BAD_EVENT';
  readonly retryable = false;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'EventFormatError';
  }
}

/** Unpacks gzip, and throws when the result would pass `maxBytes`. Node: `(b, max) => gunzipSync(b, { maxOutputLength: max })`. */
export type Inflate = (bytes: Uint8Array, maxBytes: number) => Uint8Array;

/** Writers split at {@link MAX_EVENT_RECORD_BYTES}; a single large event may stand alone above it. */
const MAX_INFLATED_BYTES = 2 * MAX_EVENT_RECORD_BYTES;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * The events of one record of `supernoba-fills` or `supernoba-order-status`, in order: one event or an array, plain JSON
 * or gzip. Events of a kind this version does not know are left out. The fields of an event are not checked one by one:
 * the streams have one writer, `@supernoba/protocol/schemas` has the full check.
 *
 * @throws EventFormatError when the bytes are no events
 */
export function decodeEvents(bytes: Uint8Array, inflate?: Inflate): ExchangeEvent[] {
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(isGzip(bytes) ? unpack(bytes, inflate) : bytes));
  } catch (cause) {
    if (cause instanceof EventFormatError) throw cause;
    throw new EventFormatError('the record holds no JSON', { cause });
  }
  const events: unknown[] = [];
  for (const event of Array.isArray(value) ? (value as unknown[]) : [value]) {
    if (isKnownEvent(event)) events.push(event);
  }
  return events as ExchangeEvent[];
}

function unpack(bytes: Uint8Array, inflate: Inflate | undefined): Uint8Array {
  if (inflate === undefined) throw new EventFormatError('the record is gzip and no inflate function was given');
  const unpacked = inflate(bytes, MAX_INFLATED_BYTES);
  if (unpacked.byteLength > MAX_INFLATED_BYTES) throw new EventFormatError(`over ${MAX_INFLATED_BYTES} bytes unpacked`);
  return unpacked;
}

function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

function isKnownEvent(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) throw new EventFormatError('an event is a JSON object');
  const { event, symbol, seq } = value as Record<string, unknown>;
  if (typeof event !== 'string' || typeof symbol !== 'string' || !Number.isSafeInteger(seq)) {
    throw new EventFormatError('an event has event, symbol and seq');
  }
  return event === 'FILL' || event === 'ORDER_STATUS';
}

function party(orderId: string, userId: string, filled: boolean, isMaker: boolean): string {
  return `{"order_id":${quote(orderId)},"user_id":${quote(userId)},"fully_filled":${filled},"is_maker":${isMaker}}`;
}

/** What JSON writes between quotes as it is. Ids of this exchange always are; anything else takes the slow way. */
const PLAIN = /^[A-Za-z0-9._:@|+=/-]*$/;

function quote(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}
