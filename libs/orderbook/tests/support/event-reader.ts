import type { OrderBook, RestingOrder } from '../../src/index.js';
import type { BookEvent } from './market.js';

/** What events tell of an order. */
type ToldOrder = Pick<
  RestingOrder,
  'orderId' | 'userId' | 'isBuy' | 'orderType' | 'price' | 'quantity' | 'filled' | 'open'
>;

/** Rebuilds a book from its events alone, as a reader of the two streams does, and finds fault with what does not add up. */
export class EventReader {
  readonly open = new Map<string, ToldOrder>();
  #seq = 0;
  #tradeNo = 0;
  #statusNo = 0;
  #time = 0;

  read(events: readonly BookEvent[]): void {
    for (const event of events) {
      const { seq, timestamp } = event.event === 'FILL' ? event.fill : event.status;
      expect(seq).toBe(++this.#seq);
      expect(timestamp).toBeGreaterThanOrEqual(this.#time);
      this.#time = timestamp;
      if (event.event === 'FILL') this.#readFill(event.fill);
      else this.#readStatus(event.status);
    }
  }

  #readFill(fill: Extract<BookEvent, { event: 'FILL' }>['fill']): void {
    expect(fill.tradeNo).toBe(++this.#tradeNo);
    const maker = this.#known(fill.makerOrderId);
    const taker = this.#known(fill.takerOrderId);
    expect([maker.userId, taker.userId, maker.isBuy, taker.isBuy]).toEqual([
      fill.makerUserId,
      fill.takerUserId,
      !fill.takerIsBuy,
      fill.takerIsBuy,
    ]);
    expect(fill.price).toBe(maker.price);
    expect(fill.quantity).toBeGreaterThan(0);
    for (const [order, left] of [
      [maker, fill.makerOpen],
      [taker, fill.takerOpen],
    ] as const) {
      order.filled += fill.quantity;
      order.open -= fill.quantity;
      expect(left).toBe(order.open);
      expect(order.open).toBeGreaterThanOrEqual(0);
    }
  }

  #readStatus(status: Extract<BookEvent, { event: 'STATUS' }>['status']): void {
    expect(status.n).toBe(++this.#statusNo);
    const { orderId, userId, isBuy, orderType, price, quantity, filled, open } = status;
    const goesBack = status.reason === 'RESTORED';
    switch (status.status) {
      case 'ACCEPTED':
        expect(this.open.has(orderId)).toBe(false);
        this.open.set(orderId, { orderId, userId, isBuy, orderType, price, quantity, filled, open });
        return;
      case 'REPLACED':
      case 'TRIGGERED':
        Object.assign(this.#known(orderId), { orderType, price, quantity, open, ...(goesBack ? { filled } : {}) });
        expect(filled).toBe(this.#known(orderId).filled);
        return;
      case 'PARTIALLY_FILLED':
        expect(this.#known(orderId)).toMatchObject({ quantity, filled, open, price });
        return;
      case 'FILLED':
        expect(this.#known(orderId)).toMatchObject({ quantity, filled: quantity, open: 0 });
        this.open.delete(orderId);
        return;
      case 'CANCELLED':
      case 'EXPIRED':
        expect(this.#known(orderId).filled).toBe(filled);
        expect(open).toBe(0);
        this.open.delete(orderId);
        return;
      default:
        return;
    }
  }

  #known(orderId: string): ToldOrder {
    const order = this.open.get(orderId);
    if (order === undefined) throw new Error(`an event tells of ${JSON.stringify(orderId)}, which is not open`);
    return order;
  }

  /** The book holds exactly what its events told. */
  check(book: OrderBook): void {
    expect(book.openOrders).toBe(this.open.size);
    for (const order of this.open.values()) expect(book.order(order.orderId)).toMatchObject(order);
  }
}
