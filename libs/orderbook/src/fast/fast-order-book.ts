import type {
  BookCommand,
  BookState,
  OrderBook,
  PriceLevel,
  QueuePosition,
  RestingOrder,
  SnapshotCapture,
} from '../order-book.js';
import { checkCommandTypes, checkTime } from '../rules/check-types.js';
import { decodeSnapshot } from '../snapshot/decode.js';
import { encodeInPieces, encodeSnapshot, hashImage } from '../snapshot/encode.js';
import type { BookSide } from './book-side.js';
import { applyCommand } from './fast-commands.js';
import { copyOf, imageOf, slotsOf } from './fast-image.js';
import { restoreOrders } from './fast-restore.js';
import type { FastState } from './fast-state.js';
import { fireTimers, nextDeadline } from './fast-timers.js';
import { checkTop } from './invariants.js';
import { Flag, orderTypeOf, timeInForceOf } from './order-flags.js';

/** The order book as it runs in production. */
export class FastOrderBook implements OrderBook {
  readonly #book: FastState;

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
    return this.#book.bids.version + this.#book.asks.version;
  }

  sideVersion(side: 'bid' | 'ask'): number {
    return this.#side(side).version;
  }

  execute(command: BookCommand, time: number): void {
    checkTime(time);
    checkCommandTypes(command);
    const book = this.#book;
    const image = command.type === 'RESTORE' ? decodeSnapshot(command.snapshot, book.symbol) : undefined;
    if (book.hasTimers()) fireTimers(book, time);
    book.begin(time > book.time ? time : book.time);
    if (image === undefined) applyCommand(book, command);
    else restoreOrders(book, image);
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

  copyDepth(side: 'bid' | 'ask', levels: number, into: Float64Array): number {
    return this.#side(side).copyTop(levels, into);
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
    const { slab, users, details } = this.#book;
    const flags = slab.flags(slot);
    const quantity = slab.quantity(slot);
    const open = slab.open(slot);
    const detail = details.get(slot);
    return {
      orderId: slab.idText(slot),
      userId: users.name(slab.user(slot)),
      isBuy: (flags & Flag.BUY) !== 0,
      orderType: orderTypeOf(flags),
      timeInForce: timeInForceOf(flags),
      postOnly: (flags & Flag.POST_ONLY) !== 0,
      allOrNone: (flags & Flag.ALL_OR_NONE) !== 0,
      price: this.#book.price(slot),
      stopPrice: detail?.stopPrice ?? 0,
      quantity,
      filled: quantity - open,
      open,
      displayQuantity: detail?.display ?? 0,
    };
  }

  queuePosition(orderId: string): QueuePosition | undefined {
    const { slab } = this.#book;
    const slot = this.#book.findOpen(orderId);
    if (slot < 0 || (slab.flags(slot) & Flag.QUEUED) !== 0) return undefined;
    const position = { ordersAhead: 0, quantityAhead: 0 };
    for (let ahead = slab.previous(slot); ahead >= 0; ahead = slab.previous(ahead)) {
      position.ordersAhead++;
      position.quantityAhead += slab.open(ahead);
    }
    return position;
  }

  snapshot(): Uint8Array {
    return encodeSnapshot(imageOf(this.#book));
  }

  capture(): SnapshotCapture {
    const copy = copyOf(this.#book);
    return { encode: () => encodeInPieces(imageOf(copy)) };
  }

  stateHash(): string {
    return hashImage(imageOf(this.#book));
  }
}
