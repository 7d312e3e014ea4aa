import { OrderType, type OrderStatus, type Reason } from '../codes.js';
import type { AddCommand, EventSink, Fill, StatusChange } from '../order-book.js';
import { countOrZero, typeOrLimit } from '../rules/check-order.js';
import { orderTypeOf, BUY } from './order-flags.js';
import { CHUNK_BITS, CHUNK_MASK, FLAGS, OPEN, QUANTITY, USER, type OrderSlab } from './order-slab.js';
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
    const makerRecord = (maker & CHUNK_MASK) << 4;
    const makerWords = slab.words[maker >>> CHUNK_BITS]!;
    const takerRecord = (taker & CHUNK_MASK) << 4;
    const takerWords = slab.words[taker >>> CHUNK_BITS]!;
    event.seq = ++this.seq;
    event.tradeNo = ++this.tradeNo;
    event.price = price;
    event.quantity = quantity;
    event.takerIsBuy = (takerWords[takerRecord + FLAGS]! & BUY) !== 0;
    event.makerOrderId = slab.idText(maker);
    event.makerUserId = this.#users.name(makerWords[makerRecord + USER]!);
    event.makerOpen = slab.doubles[maker >>> CHUNK_BITS]![(makerRecord >> 1) + OPEN]!;
    event.takerOrderId = slab.idText(taker);
    event.takerUserId = this.#users.name(takerWords[takerRecord + USER]!);
    event.takerOpen = slab.doubles[taker >>> CHUNK_BITS]![(takerRecord >> 1) + OPEN]!;
    this.#sink.onFill(event);
  }

  /** `left` is what of the order is still open after the event. */
  status(status: OrderStatus, reason: Reason | '', slot: number, price: number, left: number, requestId: string): void {
    const slab = this.#slab;
    const record = (slot & CHUNK_MASK) << 4;
    const words = slab.words[slot >>> CHUNK_BITS]!;
    const doubles = slab.doubles[slot >>> CHUNK_BITS]!;
    const quantity = doubles[(record >> 1) + QUANTITY]!;
    const event = this.#status;
    event.seq = ++this.seq;
    event.n = ++this.statusNo;
    event.status = status;
    event.reason = reason;
    event.orderId = slab.idText(slot);
    event.userId = this.#users.name(words[record + USER]!);
    event.isBuy = (words[record + FLAGS]! & BUY) !== 0;
    event.orderType = orderTypeOf(words[record + FLAGS]!);
    event.price = price;
    event.quantity = quantity;
    event.filled = quantity - doubles[(record >> 1) + OPEN]!;
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
