import { OrderType, type OrderStatus, type Reason } from '../codes.js';
import type { AddCommand, EventSink, Fill, StatusChange } from '../order-book.js';
import { countOrZero, typeOrLimit } from '../rules/check-order.js';
import { orderTypeOf, BUY } from './order-flags.js';
import type { OrderSlab } from './order-slab.js';
import type { Users } from './users.js';

/** An order id of an event that is only made into text when somebody reads it. */
interface LazyId {
  slot: number;
  /** '' until the text is read. */
  text: string;
}

/** Defines `name` on the event as a text that is made when it is read, and copied by a spread as any other field. */
function lazyId(event: object, name: string, slab: OrderSlab): LazyId {
  const id: LazyId = { slot: -1, text: '' };
  const get = (): string => {
    if (id.text === '' && id.slot >= 0) id.text = slab.idText(id.slot);
    return id.text;
  };
  Object.defineProperty(event, name, { enumerable: true, get });
  return id;
}

class FillEvent implements Fill {
  seq = 0;
  tradeNo = 0;
  timestamp = 0;
  price = 0;
  quantity = 0;
  takerIsBuy = false;
  declare readonly makerOrderId: string;
  makerUserId = '';
  makerOpen = 0;
  declare readonly takerOrderId: string;
  takerUserId = '';
  takerOpen = 0;
}

class StatusEvent implements StatusChange {
  seq = 0;
  n = 0;
  timestamp = 0;
  status: OrderStatus = 'ACCEPTED';
  reason: Reason | '' = '';
  declare readonly orderId: string;
  userId = '';
  isBuy = false;
  orderType: OrderType = OrderType.Limit;
  price = 0;
  quantity = 0;
  filled = 0;
  open = 0;
  requestId = '';
}

/** Numbers the events and hands them to the sink, in two objects that are used again and again. */
export class FastEvents {
  seq = 0;
  tradeNo = 0;
  statusNo = 0;
  readonly #sink: EventSink;
  readonly #slab: OrderSlab;
  readonly #users: Users;
  readonly #fill = new FillEvent();
  readonly #status = new StatusEvent();
  readonly #makerId: LazyId;
  readonly #takerId: LazyId;
  readonly #statusId: LazyId;

  constructor(sink: EventSink, slab: OrderSlab, users: Users) {
    this.#sink = sink;
    this.#slab = slab;
    this.#users = users;
    this.#makerId = lazyId(this.#fill, 'makerOrderId', slab);
    this.#takerId = lazyId(this.#fill, 'takerOrderId', slab);
    this.#statusId = lazyId(this.#status, 'orderId', slab);
  }

  fill(maker: number, taker: number, price: number, quantity: number, timestamp: number): void {
    const slab = this.#slab;
    const event = this.#fill;
    event.seq = ++this.seq;
    event.tradeNo = ++this.tradeNo;
    event.timestamp = timestamp;
    event.price = price;
    event.quantity = quantity;
    event.takerIsBuy = (slab.flags(taker) & BUY) !== 0;
    this.#makerId.slot = maker;
    this.#makerId.text = '';
    event.makerUserId = this.#users.name(slab.user(maker));
    event.makerOpen = slab.open(maker);
    this.#takerId.slot = taker;
    this.#takerId.text = '';
    event.takerUserId = this.#users.name(slab.user(taker));
    event.takerOpen = slab.open(taker);
    this.#sink.onFill(event);
  }

  /** `left` is what of the order is still open after the event. */
  status(
    status: OrderStatus,
    reason: Reason | '',
    slot: number,
    price: number,
    left: number,
    timestamp: number,
    requestId: string,
  ): void {
    const slab = this.#slab;
    const flags = slab.flags(slot);
    const event = this.#status;
    event.seq = ++this.seq;
    event.n = ++this.statusNo;
    event.timestamp = timestamp;
    event.status = status;
    event.reason = reason;
    this.#statusId.slot = slot;
    this.#statusId.text = '';
    event.userId = this.#users.name(slab.user(slot));
    event.isBuy = (flags & BUY) !== 0;
    event.orderType = orderTypeOf(flags);
    event.price = price;
    event.quantity = slab.quantity(slot);
    event.filled = event.quantity - slab.open(slot);
    event.open = left;
    event.requestId = requestId;
    this.#sink.onStatus(event);
  }

  /** An answer to an ADD that brought no order into the book. */
  refuse(status: OrderStatus, reason: Reason | '', command: AddCommand, timestamp: number): void {
    const event = this.#answer(status, reason, command.orderId, command.userId, command.requestId, timestamp);
    event.isBuy = command.isBuy;
    event.orderType = typeOrLimit(command.orderType);
    event.price = countOrZero(command.price);
    event.quantity = countOrZero(command.quantity);
    this.#sink.onStatus(event);
  }

  /** An answer that says nothing about any order. */
  answer(
    status: OrderStatus,
    reason: Reason,
    orderId: string,
    userId: string,
    requestId: string | undefined,
    timestamp: number,
  ): void {
    this.#sink.onStatus(this.#answer(status, reason, orderId, userId, requestId, timestamp));
  }

  #answer(
    status: OrderStatus,
    reason: Reason | '',
    orderId: string,
    userId: string,
    requestId: string | undefined,
    timestamp: number,
  ): StatusEvent {
    const event = this.#status;
    event.seq = ++this.seq;
    event.n = ++this.statusNo;
    event.timestamp = timestamp;
    event.status = status;
    event.reason = reason;
    this.#statusId.slot = -1;
    this.#statusId.text = orderId;
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
