import { OrderType, type OrderStatus, type Reason } from '../codes.js';
import type { AddCommand, EventSink } from '../order-book.js';
import { countOrZero, typeOrLimit } from '../rules/check-order.js';
import type { NaiveOrder } from './naive-order.js';

const SILENT: EventSink = { onFill: () => undefined, onStatus: () => undefined };

/** Numbers the events and hands them to the sink. */
export class NaiveEvents {
  seq = 0;
  tradeNo = 0;
  statusNo = 0;
  readonly #sink: EventSink;

  constructor(sink: EventSink = SILENT) {
    this.#sink = sink;
  }

  fill(maker: NaiveOrder, taker: NaiveOrder, quantity: number, timestamp: number): void {
    this.#sink.onFill({
      seq: ++this.seq,
      tradeNo: ++this.tradeNo,
      timestamp,
      price: maker.price,
      quantity,
      takerIsBuy: taker.isBuy,
      makerOrderId: maker.orderId,
      makerUserId: maker.userId,
      makerOpen: maker.open,
      takerOrderId: taker.orderId,
      takerUserId: taker.userId,
      takerOpen: taker.open,
    });
  }

  status(status: OrderStatus, reason: Reason | '', order: NaiveOrder, timestamp: number, requestId = ''): void {
    const { orderId, userId, isBuy, orderType, price, quantity, open } = order;
    const filled = quantity - open;
    const head = { seq: ++this.seq, n: ++this.statusNo, timestamp, status, reason };
    const live = status !== 'CANCELLED' && status !== 'EXPIRED';
    const left = live ? open : 0;
    this.#sink.onStatus({ ...head, orderId, userId, isBuy, orderType, price, quantity, filled, open: left, requestId });
  }

  /** An answer to an ADD that brought no order into the book. */
  refuse(status: OrderStatus, reason: Reason | '', command: AddCommand, timestamp: number): void {
    this.#sink.onStatus({
      seq: ++this.seq,
      n: ++this.statusNo,
      timestamp,
      status,
      reason,
      orderId: command.orderId,
      userId: command.userId,
      isBuy: command.isBuy,
      orderType: typeOrLimit(command.orderType),
      price: countOrZero(command.price),
      quantity: countOrZero(command.quantity),
      filled: 0,
      open: 0,
      requestId: command.requestId ?? '',
    });
  }

  /** An answer that says nothing about any order. */
  answer(status: OrderStatus, reason: Reason, request: Request, timestamp: number): void {
    const head = { seq: ++this.seq, n: ++this.statusNo, timestamp, status, reason };
    const nothing = { isBuy: false, orderType: OrderType.Limit, price: 0, quantity: 0, filled: 0, open: 0 };
    const { orderId = '', userId = '', requestId = '' } = request;
    this.#sink.onStatus({ ...head, orderId, userId, ...nothing, requestId });
  }
}

interface Request {
  orderId?: string;
  userId?: string;
  requestId?: string;
}
