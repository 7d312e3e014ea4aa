import type { BookCommand, BookState, OrderBook, PriceLevel, RestingOrder } from '../order-book.js';
import { checkCommandTypes, checkTime } from '../rules/check-types.js';
import { encodeSnapshot, hashImage } from '../snapshot/encode.js';
import type { BookSide } from './book-side.js';
import { applyCommand } from './fast-commands.js';
import { imageOf, slotsOf } from './fast-image.js';
import type { FastState } from './fast-state.js';
import { begin, fireTimers, nextDeadline } from './fast-timers.js';
import { checkTop } from './invariants.js';
import { BUY, orderTypeOf } from './order-flags.js';
import { ShownDepth } from './shown-depth.js';

/** The order book as it runs in production. */
export class FastOrderBook implements OrderBook {
  readonly #book: FastState;
  readonly #shown = new ShownDepth();

  constructor(book: FastState) {
    this.#book = book;
  }

  get symbol(): string {
    return this.#book.symbol;
  }
  get state(): BookState {
    return this.#book.state;
  }
  get haltedUntil(): number {
    return this.#book.haltedUntil;
  }
  get time(): number {
    return this.#book.time;
  }
  get seq(): number {
    return this.#book.events.seq;
  }
  get tradeNo(): number {
    return this.#book.events.tradeNo;
  }
  get statusNo(): number {
    return this.#book.events.statusNo;
  }
  get lastPrice(): number {
    return this.#book.lastPrice;
  }
  get openOrders(): number {
    return this.#book.openOrders;
  }
  get ignoredRequests(): number {
    return this.#book.ignoredRequests;
  }

  get depthVersion(): number {
    const book = this.#book;
    if (book.depthTouched) {
      book.depthTouched = false;
      this.#shown.read(book.levels, book.bids, book.asks);
    }
    return this.#shown.version;
  }

  execute(command: BookCommand, time: number): void {
    checkTime(time);
    checkCommandTypes(command);
    const book = this.#book;
    fireTimers(book, time);
    begin(book, Math.max(book.time, time));
    applyCommand(book, command);
    checkTop(book);
  }

  advance(time: number): void {
    checkTime(time);
    fireTimers(this.#book, time);
  }

  nextDeadline(): number {
    return nextDeadline(this.#book);
  }

  #side(side: 'bid' | 'ask'): BookSide {
    return side === 'bid' ? this.#book.bids : this.#book.asks;
  }

  depth(side: 'bid' | 'ask', levels: number): PriceLevel[] {
    const depth: PriceLevel[] = [];
    const count = Math.min(levels, this.#side(side).length);
    for (let index = 0; index < count; index++) {
      depth.push({
        price: this.levelPrice(side, index),
        quantity: this.levelQuantity(side, index),
        orders: this.levelOrders(side, index),
      });
    }
    return depth;
  }

  levelPrice(side: 'bid' | 'ask', index: number): number {
    const level = this.#side(side).at(index);
    return level < 0 ? 0 : this.#book.levels.price(level);
  }
  levelQuantity(side: 'bid' | 'ask', index: number): number {
    const level = this.#side(side).at(index);
    return level < 0 ? 0 : this.#book.levels.shown(level);
  }
  levelOrders(side: 'bid' | 'ask', index: number): number {
    const level = this.#side(side).at(index);
    return level < 0 ? 0 : this.#book.levels.orders(level);
  }
  bestBid(): number {
    return this.levelPrice('bid', 0);
  }
  bestAsk(): number {
    return this.levelPrice('ask', 0);
  }

  order(orderId: string): RestingOrder | undefined {
    const slot = this.#book.findOpen(orderId);
    return slot < 0 ? undefined : this.#restingOrder(slot);
  }

  *orders(side: 'bid' | 'ask'): IterableIterator<RestingOrder> {
    for (const slot of slotsOf(this.#book, this.#side(side))) yield this.#restingOrder(slot);
  }

  *allOrNoneOrders(side: 'bid' | 'ask'): IterableIterator<RestingOrder> {
    const { wholeBids, wholeAsks } = this.#book;
    for (const slot of slotsOf(this.#book, side === 'bid' ? wholeBids : wholeAsks)) yield this.#restingOrder(slot);
  }

  *stopOrders(side: 'bid' | 'ask'): IterableIterator<RestingOrder> {
    const { buyStops, sellStops } = this.#book;
    for (const slot of slotsOf(this.#book, side === 'bid' ? buyStops : sellStops)) yield this.#restingOrder(slot);
  }

  #restingOrder(slot: number): RestingOrder {
    const { slab, users } = this.#book;
    const flags = slab.flags(slot);
    const quantity = slab.quantity(slot);
    const open = slab.open(slot);
    return {
      orderId: slab.idText(slot),
      userId: users.name(slab.user(slot)),
      isBuy: (flags & BUY) !== 0,
      orderType: orderTypeOf(flags),
      price: this.#book.price(slot),
      quantity,
      filled: quantity - open,
      open,
    };
  }

  snapshot(): Uint8Array {
    return encodeSnapshot(imageOf(this.#book));
  }

  stateHash(): string {
    return hashImage(imageOf(this.#book));
  }
}
