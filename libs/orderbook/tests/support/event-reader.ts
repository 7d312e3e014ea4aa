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
      same('seq', seq, ++this.#seq);
      same('a timestamp before the last', timestamp < this.#time, false);
      this.#time = timestamp;
      if (event.event === 'FILL') this.#readFill(event.fill);
      else this.#readStatus(event.status);
    }
  }

  #readFill(fill: Extract<BookEvent, { event: 'FILL' }>['fill']): void {
    same('tradeNo', fill.tradeNo, ++this.#tradeNo);
    const maker = this.#known(fill.makerOrderId);
    const taker = this.#known(fill.takerOrderId);
    same('makerUserId', fill.makerUserId, maker.userId);
    same('takerUserId', fill.takerUserId, taker.userId);
    same('takerIsBuy', fill.takerIsBuy, taker.isBuy);
    same('side of the maker', maker.isBuy, !taker.isBuy);
    same('price', fill.price, maker.price);
    same('a quantity', fill.quantity > 0, true);
    this.#execute(maker, fill.quantity, fill.makerOpen);
    this.#execute(taker, fill.quantity, fill.takerOpen);
  }

  #execute(order: ToldOrder, quantity: number, left: number): void {
    order.filled += quantity;
    order.open -= quantity;
    same('open quantity left', left, order.open);
    same('less than nothing left', order.open < 0, false);
  }

  #readStatus(status: Extract<BookEvent, { event: 'STATUS' }>['status']): void {
    same('n', status.n, ++this.#statusNo);
    const { orderId, userId, isBuy, orderType, price, quantity, filled, open } = status;
    const goesBack = status.reason === 'RESTORED';
    switch (status.status) {
      case 'ACCEPTED':
        same('open before it is accepted', this.open.has(orderId), false);
        this.open.set(orderId, { orderId, userId, isBuy, orderType, price, quantity, filled, open });
        return;
      case 'REPLACED':
      case 'TRIGGERED':
        Object.assign(this.#known(orderId), { orderType, price, quantity, open, ...(goesBack ? { filled } : {}) });
        same('filled', filled, this.#known(orderId).filled);
        return;
      case 'PARTIALLY_FILLED':
        this.#compare(this.#known(orderId), { quantity, filled, open, price });
        return;
      case 'FILLED':
        this.#compare(this.#known(orderId), { quantity, filled: quantity, open: 0 });
        this.open.delete(orderId);
        return;
      case 'CANCELLED':
      case 'EXPIRED':
        same('filled', filled, this.#known(orderId).filled);
        same('open', open, 0);
        this.open.delete(orderId);
        return;
      default:
        return;
    }
  }

  #compare(order: ToldOrder, told: Partial<ToldOrder>): void {
    for (const field of Object.keys(told) as (keyof ToldOrder)[]) same(field, order[field], told[field]);
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

/** `expect`, for millions of values: it is asked only where the answer is no. */
function same(what: string, value: unknown, wanted: unknown): void {
  if (!Object.is(value, wanted)) expect({ [what]: value }).toEqual({ [what]: wanted });
}
