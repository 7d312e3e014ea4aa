import type {
  AddCommand,
  BookCommand,
  BookConfig,
  EventSink,
  Fill,
  OrderBook,
  OrderBookOptions,
  ReplaceCommand,
  StatusChange,
} from '../../src/index.js';
import { createOrderBook, restoreOrderBook } from '../../src/index.js';
import { createNaiveOrderBook, restoreNaiveOrderBook } from '../../src/naive.js';

export interface Implementation {
  name: string;
  create(options: OrderBookOptions): OrderBook;
  restore(bytes: Uint8Array, options: OrderBookOptions): OrderBook;
}

export const FAST: Implementation = { name: 'fast', create: createOrderBook, restore: restoreOrderBook };
export const NAIVE: Implementation = { name: 'naive', create: createNaiveOrderBook, restore: restoreNaiveOrderBook };
export const IMPLEMENTATIONS = [FAST, NAIVE];

export type BookEvent = { event: 'FILL'; fill: Fill } | { event: 'STATUS'; status: StatusChange };

/** Keeps a copy of every event. */
export class Tape implements EventSink {
  events: BookEvent[] = [];
  onFill(fill: Readonly<Fill>): void {
    this.events.push({ event: 'FILL', fill: { ...fill } });
  }
  onStatus(status: Readonly<StatusChange>): void {
    this.events.push({ event: 'STATUS', status: { ...status } });
  }
  /** What was told since the last call. */
  take(): BookEvent[] {
    const { events } = this;
    this.events = [];
    return events;
  }
}

/** An event in a line that reads like the market: `fill 5 @ 100 #m < #t`, `FILLED #m 5/5`. */
export function line(event: BookEvent): string {
  if (event.event === 'FILL') {
    const { quantity, price, makerOrderId, takerOrderId } = event.fill;
    return `fill ${quantity} @ ${price} ${makerOrderId} < ${takerOrderId}`;
  }
  const { status, orderId, reason, filled, quantity } = event.status;
  const what = `${status} ${orderId}${reason === '' ? '' : ` ${reason}`}`;
  return filled > 0 ? `${what} ${filled}/${quantity}` : what;
}

type Extras = Partial<Omit<AddCommand, 'type' | 'isBuy' | 'price' | 'quantity'>> & { at?: number };

/** Drives a book as a test tells it, and remembers what the book answered. */
export class Market {
  readonly tape = new Tape();
  readonly implementation: Implementation;
  book: OrderBook;
  now = 1_000;
  #orders = 0;
  #saved: Uint8Array | undefined;

  constructor(implementation: Implementation, options: Partial<OrderBookOptions> = {}) {
    this.implementation = implementation;
    this.book = implementation.create({ symbol: 'TEST', sink: this.tape, ...options });
  }

  execute(command: BookCommand, at = this.now): this {
    this.book.execute(command, at);
    return this;
  }

  buy(price: number, quantity: number, extras: Extras = {}): this {
    return this.#add(true, price, quantity, extras);
  }

  sell(price: number, quantity: number, extras: Extras = {}): this {
    return this.#add(false, price, quantity, extras);
  }

  buyMarket(quantity: number, extras: Extras = {}): this {
    return this.#add(true, 0, quantity, { orderType: 'MARKET', ...extras });
  }

  sellMarket(quantity: number, extras: Extras = {}): this {
    return this.#add(false, 0, quantity, { orderType: 'MARKET', ...extras });
  }

  /** Orders are named o1, o2 … by order of entry unless told, each of a user of its own: u1, u2 … */
  #add(isBuy: boolean, price: number, quantity: number, { at, ...extras }: Extras): this {
    const number = ++this.#orders;
    const names = { orderId: `o${number}`, userId: `u${number}` };
    return this.execute({ type: 'ADD', ...names, isBuy, price, quantity, ...extras }, at);
  }

  cancel(orderId: string, userId = orderId.replace('o', 'u'), requestId?: string): this {
    return this.execute({ type: 'CANCEL', orderId, userId, ...(requestId === undefined ? {} : { requestId }) });
  }

  replace(orderId: string, changes: Partial<Omit<ReplaceCommand, 'type' | 'orderId'>>): this {
    return this.execute({ type: 'REPLACE', orderId, userId: orderId.replace('o', 'u'), ...changes });
  }

  cancelAll(userId: string): this {
    return this.execute({ type: 'CANCEL_ALL', userId });
  }

  configure(config: BookConfig): this {
    return this.execute({ type: 'CONFIGURE', config });
  }

  halt(): this {
    return this.execute({ type: 'HALT' });
  }

  resume(): this {
    return this.execute({ type: 'RESUME' });
  }

  wait(ms: number): this {
    this.now += ms;
    return this;
  }

  /** The book goes through a snapshot and comes back. */
  restart(): this {
    return this.take(this.book.snapshot());
  }

  /** The book becomes the one of the snapshot. */
  take(bytes: Uint8Array): this {
    this.book = this.implementation.restore(bytes, { symbol: 'TEST', sink: this.tape });
    return this;
  }

  /** Keeps the book as it is for `restoreSaved`. */
  save(): this {
    this.#saved = this.book.snapshot();
    return this;
  }

  /** An operator restores what was saved. */
  restoreSaved(): this {
    if (this.#saved === undefined) throw new Error('nothing was saved');
    return this.execute({ type: 'RESTORE', snapshot: this.#saved });
  }

  /** Events since the last call, as lines. */
  told(): string[] {
    return this.tape.take().map(line);
  }

  /** Forgets the events so far. */
  quietly(): this {
    this.tape.take();
    return this;
  }

  /** Statuses since the last call. */
  statuses(): StatusChange[] {
    return this.tape.take().flatMap((event) => (event.event === 'STATUS' ? [event.status] : []));
  }

  /** `price×quantity(orders)` a level, best first. */
  bids(levels = 10): string[] {
    return this.book.depth('bid', levels).map(({ price, quantity, orders }) => `${price}×${quantity}(${orders})`);
  }

  asks(levels = 10): string[] {
    return this.book.depth('ask', levels).map(({ price, quantity, orders }) => `${price}×${quantity}(${orders})`);
  }

  /** Order ids of a side in priority order. */
  queue(side: 'bid' | 'ask'): string[] {
    return [...this.book.orders(side)].map(({ orderId }) => orderId);
  }
}
