import type { OrderStatus, Reason } from '../codes.js';
import type { AddCommand, BookConfig, BookState, EventSink } from '../order-book.js';
import { DEFAULT_CONFIG } from '../rules/config.js';
import { DUPLICATE_WINDOW_MS, type BookLimits } from '../rules/limits.js';
import { tradingDay } from '../rules/trading-day.js';
import { BookSide } from './book-side.js';
import { FastEvents } from './fast-events.js';
import { broken } from './invariants.js';
import { IdTable } from './id-table.js';
import { Levels } from './levels.js';
import {
  ALL_OR_NONE,
  BUY,
  DAY,
  FINISHED,
  ICEBERG,
  IOC,
  MARKET,
  POST_ONLY,
  QUEUED,
  TIF_MASK,
  WAITING,
  stpBits,
  tifBits,
  typeBits,
} from './order-flags.js';
import { OrderSlab } from './order-slab.js';
import { PackedId } from './packed-id.js';
import { ReferenceWindow } from './reference-window.js';
import { RequestWindow } from './request-window.js';
import { Users } from './users.js';

/** What a stop or an iceberg knows beyond its record. */
interface OrderDetail {
  /** Limit of a waiting stop, 0 for STOP. */
  price: number;
  /** 0 once triggered, and for orders that are no stops. */
  stopPrice: number;
  /** 0 for orders that show everything. */
  display: number;
  /** Shown part of a resting iceberg. */
  shown: number;
}

/** All that the fast book knows, and the steps that change it. */
export class FastState {
  state: BookState = 'open';
  time = 0;
  lastPrice = 0;
  ignoredRequests = 0;
  day = -1;
  dayVolume = 0;
  config: Required<BookConfig> = DEFAULT_CONFIG;
  /** True if a price band or a halt threshold is set. */
  guarded = false;
  haltedUntil = 0;
  openOrders = 0;
  /** Place of the order that rested last. */
  places = 0;
  /** Executions of the command at hand. */
  executions = 0;
  /** Open orders that end with the day. */
  dayOrders = 0;
  /** Sides on which the command at hand let quantity come to rest. */
  restedBuy = false;
  restedSell = false;
  /** Set with every change that depth may show. */
  depthTouched = false;
  /** Finished orders whose ids are remembered: the first is the oldest. */
  usedIds = 0;
  firstUsed = -1;
  #lastUsed = -1;
  readonly symbol: string;
  readonly limits: BookLimits;
  readonly slab = new OrderSlab();
  readonly ids = new IdTable(this.slab);
  readonly id = new PackedId();
  readonly levels = new Levels();
  readonly bids = new BookSide(this.levels, true);
  readonly asks = new BookSide(this.levels, false);
  /** All-or-none orders stand aside. */
  readonly wholeBids = new BookSide(this.levels, true);
  readonly wholeAsks = new BookSide(this.levels, false);
  /** By stop price: the one that triggers first is the best. */
  readonly buyStops = new BookSide(this.levels, false);
  readonly sellStops = new BookSide(this.levels, true);
  readonly reference = new ReferenceWindow();
  /** Triggered stops, in the order in which they go on. */
  readonly queue: number[] = [];
  /** What stops and icebergs know beyond their records. */
  readonly details = new Map<number, OrderDetail>();
  readonly users = new Users();
  readonly events: FastEvents;
  readonly requests: RequestWindow;

  constructor(symbol: string, limits: BookLimits, sink: EventSink) {
    this.symbol = symbol;
    this.limits = limits;
    this.events = new FastEvents(sink, this.slab, this.users);
    this.requests = new RequestWindow(limits.windowEntries);
  }

  side(isBuy: boolean): BookSide {
    return isBuy ? this.bids : this.asks;
  }

  /** Where an order with these flags stands while it is open. */
  sideOf(flags: number): BookSide {
    const isBuy = (flags & BUY) !== 0;
    if ((flags & WAITING) !== 0) return isBuy ? this.buyStops : this.sellStops;
    if ((flags & ALL_OR_NONE) !== 0) return isBuy ? this.wholeBids : this.wholeAsks;
    return isBuy ? this.bids : this.asks;
  }

  /** Slot of the id, finished orders included; −1 if unknown. */
  find(orderId: string): number {
    this.id.pack(orderId);
    return this.ids.find(this.id);
  }

  /** Slot of the open order, −1 if there is none. */
  findOpen(orderId: string): number {
    const slot = this.find(orderId);
    return slot >= 0 && this.slab.isOpen(slot) ? slot : -1;
  }

  /** Limit price of an open order, 0 for STOP. */
  price(slot: number): number {
    if ((this.slab.flags(slot) & (WAITING | QUEUED)) !== 0) return this.detail(slot).price;
    return this.levels.price(this.slab.level(slot));
  }

  detail(slot: number): OrderDetail {
    const detail = this.details.get(slot);
    return detail ?? broken(this, 'a stop or an iceberg without its detail');
  }

  /** Shown part of the open quantity. */
  shown(slot: number): number {
    const flags = this.slab.flags(slot);
    return (flags & (ICEBERG | WAITING | QUEUED)) === ICEBERG ? this.detail(slot).shown : this.slab.open(slot);
  }

  /** Gives a new order its record. `this.id` must hold its id. */
  enter(command: AddCommand): number {
    const { slab } = this;
    const slot = slab.allocate();
    const type = typeBits(command.orderType);
    let flags = type | stpBits(command.selfTradePrevention ?? this.config.selfTradePrevention);
    flags |= command.timeInForce === undefined ? (type === MARKET ? IOC : 0) : tifBits(command.timeInForce);
    if (command.isBuy) flags |= BUY;
    if (command.postOnly === true) flags |= POST_ONLY;
    if (command.allOrNone === true) flags |= ALL_OR_NONE;
    const { price = 0, stopPrice = 0, displayQuantity: display = 0 } = command;
    if (display > 0) flags |= ICEBERG;
    if (stopPrice > 0 || display > 0) this.details.set(slot, { price, stopPrice, display, shown: 0 });
    slab.setFlags(slot, flags);
    slab.setQuantity(slot, command.quantity);
    slab.setOpen(slot, command.quantity);
    this.register(slot, command.userId);
    return slot;
  }

  /** Makes the record an open order of the user, under the id that `this.id` holds. */
  register(slot: number, userId: string): void {
    const { slab, users } = this;
    const user = users.obtain(userId);
    slab.setUser(slot, user);
    slab.setLevel(slot, -1);
    slab.setId(slot, this.id);
    this.ids.add(slot, this.id.hash);
    users.addOpen(user, 1);
    this.openOrders++;
    if ((slab.flags(slot) & TIF_MASK) === DAY) this.dayOrders++;
  }

  /** Gives the order the last place of its price: its limit, or its stop price while it waits. */
  rest(slot: number, price: number): void {
    const { slab, levels } = this;
    const level = this.sideOf(slab.flags(slot)).obtain(price);
    const tail = levels.tail(level);
    const open = slab.open(slot);
    const shown = this.shown(slot);
    if (!(shown > 0) || shown > open) broken(this, 'an order without quantity came to rest');
    slab.setPlace(slot, ++this.places);
    if (tail >= 0 && slab.place(tail) >= this.places) broken(this, 'a level out of its time order');
    slab.setLevel(slot, level);
    slab.setPrevious(slot, tail);
    slab.setNext(slot, -1);
    if (tail < 0) levels.setHead(level, slot);
    else slab.setNext(tail, slot);
    levels.setTail(level, slot);
    levels.addOrders(level, 1);
    levels.addShown(level, shown);
    if (shown !== open) levels.addHidden(level, open - shown);
    this.depthTouched = true;
  }

  /** Takes an order out of its level, or out of the queue. */
  unlink(slot: number): void {
    const { slab, levels } = this;
    const flags = slab.flags(slot);
    if ((flags & QUEUED) !== 0) {
      this.queue.splice(this.queue.indexOf(slot), 1);
      slab.setFlags(slot, flags & ~QUEUED);
      return;
    }
    const level = slab.level(slot);
    const previous = slab.previous(slot);
    const next = slab.next(slot);
    const shown = this.shown(slot);
    if (previous < 0) levels.setHead(level, next);
    else slab.setNext(previous, next);
    if (next < 0) levels.setTail(level, previous);
    else slab.setPrevious(next, previous);
    levels.addOrders(level, -1);
    levels.addShown(level, -shown);
    if ((flags & ICEBERG) !== 0) levels.addHidden(level, shown - slab.open(slot));
    const left = levels.orders(level);
    // a level's total is its orders': what is left at zero orders, or missing at more, was miscounted
    if (left === 0 ? levels.total(level) !== 0 : !(levels.total(level) > 0)) broken(this, 'a level total gone wrong');
    if (left === 0) this.sideOf(flags).drop(level);
    slab.setLevel(slot, -1);
    this.depthTouched = true;
  }

  /** Leaves a resting order less open quantity at its place; the hidden part goes first. */
  reduce(slot: number, open: number): void {
    const { slab, levels } = this;
    const level = slab.level(slot);
    const before = this.shown(slot);
    const hidden = slab.open(slot) - before;
    slab.setOpen(slot, open);
    const shown = Math.min(before, open);
    if ((slab.flags(slot) & ICEBERG) !== 0) this.detail(slot).shown = shown;
    levels.addShown(level, shown - before);
    levels.addHidden(level, open - shown - hidden);
    this.depthTouched = true;
  }

  /** Shows as much of an iceberg as it wants to show of what is open. */
  showSlice(slot: number): void {
    const detail = this.detail(slot);
    detail.shown = Math.min(detail.display, this.slab.open(slot));
  }

  /** Ends an order that stands nowhere: only its id is remembered, for a while. */
  finish(slot: number): void {
    const { slab } = this;
    const flags = slab.flags(slot);
    if ((flags & TIF_MASK) === DAY) this.dayOrders--;
    slab.setFlags(slot, flags | FINISHED);
    if (this.details.size > 0) this.details.delete(slot);
    this.users.addOpen(slab.user(slot), -1);
    this.openOrders--;
    this.remember(slot, this.time);
  }

  /** Puts a finished order's id into the duplicate window. */
  remember(slot: number, time: number): void {
    const { slab } = this;
    slab.setPlace(slot, time);
    slab.setNext(slot, -1);
    if (this.#lastUsed < 0) this.firstUsed = slot;
    else slab.setNext(this.#lastUsed, slot);
    this.#lastUsed = slot;
    this.usedIds++;
    if (this.usedIds > this.limits.windowEntries) this.#forgetOldest();
  }

  forgetBefore(now: number): void {
    while (this.firstUsed >= 0 && now - this.slab.place(this.firstUsed) > DUPLICATE_WINDOW_MS) this.#forgetOldest();
    this.requests.forgetBefore(now);
  }

  #forgetOldest(): void {
    const { slab } = this;
    const slot = this.firstUsed;
    this.firstUsed = slab.next(slot);
    if (this.firstUsed < 0) this.#lastUsed = -1;
    this.usedIds--;
    this.ids.remove(slot, slab.hash(slot));
    slab.free(slot);
  }

  /** Ends an open order wherever it stands, and tells so. */
  endResting(slot: number, status: OrderStatus, reason: Reason | '', requestId: string): void {
    const price = this.price(slot);
    this.unlink(slot);
    this.endTaker(slot, status, reason, price, requestId);
  }

  /** Ends an order that stands nowhere, and tells so. */
  endTaker(slot: number, status: OrderStatus, reason: Reason | '', price: number, requestId: string): void {
    this.events.status(status, reason, slot, price, 0, this.time, requestId);
    this.finish(slot);
  }

  /** Quantity executed in the trading day of `time`. */
  volumeToday(): number {
    return tradingDay(this.time, this.config.dayOffsetMin) === this.day ? this.dayVolume : 0;
  }

  countVolume(quantity: number): void {
    this.dayVolume = this.volumeToday() + quantity;
    this.day = tradingDay(this.time, this.config.dayOffsetMin);
  }
}
