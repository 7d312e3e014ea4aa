import { OrderType, type OrderStatus, type Reason } from '../codes.js';
import type { AddCommand, EventSink, Fill, StatusChange } from '../order-book.js';
import { countOrZero, typeOrLimit } from '../rules/check-order.js';
import { Flag, orderTypeOf } from './order-flags.js';
import { Field, Slab, type OrderSlab } from './order-slab.js';
import type { Users } from './users.js';

class FillEvent implements Fill {
  seq = 0;
  tradeNo = 0;
  timestamp = 0;
  price = 0;
  quantity = 0;
  takerIsBuy = false;
  makerOrderId = '';
  makerUserId = '';
  makerOpen = 0;
  takerOrderId = '';
  takerUserId = '';
  takerOpen = 0;
}

class StatusEvent implements StatusChange {
  seq = 0;
  n = 0;
  timestamp = 0;
  status: OrderStatus = 'ACCEPTED';
  reason: Reason | '' = '';
  orderId = '';
  userId = '';
  isBuy = false;
  orderType: OrderType = OrderType.Limit;
  price = 0;
  quantity = 0;
  filled = 0;
  open = 0;
  requestId = '';
}

/** Commands after which the two objects are made anew: writing to a young object costs the collector nothing. */
const RENEWED_EVERY = 256;

/** Numbers the events and hands them to the sink, in two objects that are used again and again. */
export class FastEvents {
  seq = 0;
  tradeNo = 0;
  statusNo = 0;
  readonly #sink: EventSink;
  readonly #slab: OrderSlab;
  readonly #users: Users;
  #fill = new FillEvent();
  #status = new StatusEvent();
  #begun = 0;

  constructor(sink: EventSink, slab: OrderSlab, users: Users) {
    this.#sink = sink;
    this.#slab = slab;
    this.#users = users;
  }

  /** Event time of what follows, epoch ms. */
  begin(time: number): void {
    if (++this.#begun === RENEWED_EVERY) {
      this.#begun = 0;
      this.#fill = new FillEvent();
      this.#status = new StatusEvent();
    }
    this.#fill.timestamp = time;
    this.#status.timestamp = time;
  }

  fill(maker: number, taker: number, price: number, quantity: number): void {
    const slab = this.#slab;
    const event = this.#fill;
    const makerRecord = (maker & Slab.CHUNK_MASK) << 4;
    const makerWords = slab.words[maker >>> Slab.CHUNK_BITS]!;
    const takerRecord = (taker & Slab.CHUNK_MASK) << 4;
    const takerWords = slab.words[taker >>> Slab.CHUNK_BITS]!;
    event.seq = ++this.seq;
    event.tradeNo = ++this.tradeNo;
    event.price = price;
    event.quantity = quantity;
    event.takerIsBuy = (takerWords[takerRecord + Field.FLAGS]! & Flag.BUY) !== 0;
    event.makerOrderId = slab.idText(maker);
    event.makerUserId = this.#users.name(makerWords[makerRecord + Field.USER]!);
    event.makerOpen = slab.doubles[maker >>> Slab.CHUNK_BITS]![(makerRecord >> 1) + Field.OPEN]!;
    event.takerOrderId = slab.idText(taker);
    event.takerUserId = this.#users.name(takerWords[takerRecord + Field.USER]!);
    event.takerOpen = slab.doubles[taker >>> Slab.CHUNK_BITS]![(takerRecord >> 1) + Field.OPEN]!;
    this.#sink.onFill(event);
  }

  /** A limit order came into the book. */
  accepted(orderId: string, userId: string, isBuy: boolean, price: number, quantity: number, requestId: string): void {
    const event = this.#status;
    event.seq = ++this.seq;
    event.n = ++this.statusNo;
    event.status = 'ACCEPTED';
    event.reason = '';
    event.orderId = orderId;
    event.userId = userId;
    event.isBuy = isBuy;
    event.orderType = OrderType.Limit;
    event.price = price;
    event.quantity = quantity;
    event.filled = 0;
    event.open = quantity;
    event.requestId = requestId;
    this.#sink.onStatus(event);
  }

  /** `left` is what of the order is still open after the event. */
  status(status: OrderStatus, reason: Reason | '', slot: number, price: number, left: number, requestId: string): void {
    const slab = this.#slab;
    const record = (slot & Slab.CHUNK_MASK) << 4;
    const words = slab.words[slot >>> Slab.CHUNK_BITS]!;
    const doubles = slab.doubles[slot >>> Slab.CHUNK_BITS]!;
    const quantity = doubles[(record >> 1) + Field.QUANTITY]!;
    const event = this.#status;
    event.seq = ++this.seq;
    event.n = ++this.statusNo;
    event.status = status;
    event.reason = reason;
    event.orderId = slab.idText(slot);
    event.userId = this.#users.name(words[record + Field.USER]!);
    event.isBuy = (words[record + Field.FLAGS]! & Flag.BUY) !== 0;
    event.orderType = orderTypeOf(words[record + Field.FLAGS]!);
    event.price = price;
    event.quantity = quantity;
    event.filled = quantity - doubles[(record >> 1) + Field.OPEN]!;
    event.open = left;
    event.requestId = requestId;
    this.#sink.onStatus(event);
  }

  /** An answer to an ADD that brought no order into the book. */
  refuse(status: OrderStatus, reason: Reason | '', command: AddCommand): void {
    const event = this.#answer(status, reason, command.orderId, command.userId, command.requestId);
    event.isBuy = command.isBuy;
    event.orderType = typeOrLimit(command.orderType);
    event.price = countOrZero(command.price);
    event.quantity = countOrZero(command.quantity);
    this.#sink.onStatus(event);
  }

  /** An answer that says nothing about any order. */
  answer(status: OrderStatus, reason: Reason, orderId: string, userId: string, requestId: string | undefined): void {
    this.#sink.onStatus(this.#answer(status, reason, orderId, userId, requestId));
  }

  #answer(
    status: OrderStatus,
    reason: Reason | '',
    orderId: string,
    userId: string,
    requestId: string | undefined,
  ): StatusEvent {
    const event = this.#status;
    event.seq = ++this.seq;
    event.n = ++this.statusNo;
    event.status = status;
    event.reason = reason;
    event.orderId = orderId;
    event.userId = userId;
    event.isBuy = false;
    event.orderType = OrderType.Limit;
    event.price = 0;
    event.quantity = 0;
    event.filled = 0;
    event.open = 0;
    event.requestId = requestId ?? '';
    return event;
  }
}
