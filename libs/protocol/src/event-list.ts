import type { OrderStatus, OrderType, Reason } from './codes.js';
import { tradeId } from './events.js';
import { JsonBytes } from './json-bytes.js';

/** What {@link EventList.addFill} reads of an execution: the order book's own event, as it comes. */
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

/** What {@link EventList.addStatus} reads of a status change: the order book's own event, as it comes. */
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

const utf8 = new TextDecoder();

/**
 * Events of one symbol in their order, as the JSON that a record of a stream holds: byte for byte what `JSON.stringify`
 * gives of each `FillEvent` or `OrderStatusEvent`, at a fraction of its cost. The same events always give the same bytes.
 * Iterating gives the JSON of one event after the other.
 */
export class EventList implements Iterable<string> {
  readonly #json = new JsonBytes();
  /** Where each event ends; a comma follows. */
  readonly #ends: number[] = [];

  constructor(private readonly symbol: string) {}

  get length(): number {
    return this.#ends.length;
  }

  /** @param shift events of the symbol that the order book does not know of: added to its number */
  addFill(fill: Readonly<FillSource>, shift = 0): void {
    const json = this.#begin('{"event":"FILL","symbol":', fill.seq + shift);
    json.raw(',"trade_id":');
    json.string(tradeId(this.symbol, fill.tradeNo));
    json.raw(',"price":');
    json.number(fill.price);
    json.raw(',"quantity":');
    json.number(fill.quantity);
    json.raw(',"timestamp":');
    json.number(fill.timestamp);
    json.raw(',"buyer":');
    this.#party(fill, !fill.takerIsBuy);
    json.raw(',"seller":');
    this.#party(fill, fill.takerIsBuy);
    this.#end();
  }

  /** @param shift as of {@link addFill}: added to both numbers */
  addStatus(change: Readonly<StatusSource>, shift = 0): void {
    const json = this.#begin('{"event":"ORDER_STATUS","symbol":', change.seq + shift);
    json.raw(',"n":');
    json.number(change.n + shift);
    json.raw(',"order_id":');
    json.string(change.orderId);
    json.raw(',"user_id":');
    json.string(change.userId);
    json.raw(',"status":"');
    json.raw(change.status);
    if (change.reason !== '') {
      json.raw('","reason":"');
      json.raw(change.reason);
    }
    json.raw('","timestamp":');
    json.number(change.timestamp);
    json.raw(change.isBuy ? ',"is_buy":true,"order_type":"' : ',"is_buy":false,"order_type":"');
    json.raw(change.orderType);
    json.raw('","price":');
    json.number(change.price);
    json.raw(',"quantity":');
    json.number(change.quantity);
    json.raw(',"filled":');
    json.number(change.filled);
    json.raw(',"open":');
    json.number(change.open);
    if (change.requestId !== '') {
      json.raw(',"request_id":');
      json.string(change.requestId);
    }
    this.#end();
  }

  /**
   * The run of events from `first` on that takes no more than `maxBytes`, commas in between included; at least one event.
   * Returns the index behind its last event.
   */
  runFrom(first: number, maxBytes: number): number {
    const limit = this.#startOf(first) + maxBytes;
    let end = this.length;
    if (this.#ends[end - 1]! <= limit) return end;
    for (end = first + 1; this.#ends[end]! <= limit;) end++;
    return end;
  }

  /** The JSON of the events from `first` to before `end`, joined by commas: a view, good until the next event is added. */
  bytes(first: number, end: number): Uint8Array {
    return this.#json.view(this.#startOf(first), this.#ends[end - 1]!);
  }

  *[Symbol.iterator](): Iterator<string> {
    for (let index = 0; index < this.length; index++) yield utf8.decode(this.bytes(index, index + 1));
  }

  #begin(head: string, seq: number): JsonBytes {
    const json = this.#json;
    if (this.#ends.length > 0) json.raw(',');
    json.raw(head);
    json.string(this.symbol);
    json.raw(',"seq":');
    json.number(seq);
    return json;
  }

  #party(fill: Readonly<FillSource>, isMaker: boolean): void {
    const json = this.#json;
    json.raw('{"order_id":');
    json.string(isMaker ? fill.makerOrderId : fill.takerOrderId);
    json.raw(',"user_id":');
    json.string(isMaker ? fill.makerUserId : fill.takerUserId);
    json.raw((isMaker ? fill.makerOpen : fill.takerOpen) === 0 ? ',"fully_filled":true' : ',"fully_filled":false');
    json.raw(isMaker ? ',"is_maker":true}' : ',"is_maker":false}');
  }

  #end(): void {
    this.#json.raw('}');
    this.#ends.push(this.#json.length);
  }

  #startOf(index: number): number {
    return index === 0 ? 0 : this.#ends[index - 1]! + 1;
  }
}
