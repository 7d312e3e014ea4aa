import type { OrderStatus, Reason } from '../codes.js';
import type { AddCommand, BookConfig, BookState, EventSink } from '../order-book.js';
import { priceOf } from '../rules/check-order.js';
import { DEFAULT_CONFIG } from '../rules/config.js';
import { DUPLICATE_WINDOW_MS, type BookLimits } from '../rules/limits.js';
import { dayStart, tradingDay } from '../rules/trading-day.js';
import { BookSide } from './book-side.js';
import { FastEvents } from './fast-events.js';
import { broken } from './invariants.js';
import { IdIndex } from './id-index.js';
import { IdRing } from './id-ring.js';
import { Levels } from './levels.js';
import {
  ALL_OR_NONE,
  BUY,
  DAY,
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
import {
  CHUNK_BITS,
  CHUNK_MASK,
  FLAGS,
  HASH,
  LEVEL,
  NEXT,
  OPEN,
  OrderSlab,
  PLACE,
  PREVIOUS,
  USER,
} from './order-slab.js';
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
  #dayStart = Infinity;
  #dayEnd = 0;
  config: Required<BookConfig> = DEFAULT_CONFIG;
  /** True if a price band or a halt threshold is set. */
  guarded = false;
  haltedUntil = 0;
  openOrders = 0;
  /** Place of the order that rested last. */
  places = 0;
  /** Executions of the command at hand. */
  executions = 0;
  /** True between the end of a halt and the first execution of what it kept waiting: these do not halt again. */
  isLifting = false;
  /** All-or-none orders that the command at hand tried because quantity came to rest. */
  restTrials = 0;
  /** Open orders that end with the day. */
  dayOrders = 0;
  /** Sides on which the command at hand let quantity come to rest. */
  restedBuy = false;
  restedSell = false;
  /** Benchmarks alone: every REPLACE that leaves something open goes to the back. */
  requeuesAlways = false;
  readonly symbol: string;
  readonly limits: BookLimits;
  readonly slab = new OrderSlab();
  /** Open orders by id; the id that was looked for last. */
  readonly ids = new IdIndex(this.slab);
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
  /** Ids of orders that ended lately, oldest first. */
  readonly used: IdRing;
  readonly requests: RequestWindow;

  constructor(symbol: string, limits: BookLimits, sink: EventSink) {
    this.symbol = symbol;
    this.limits = limits;
    this.events = new FastEvents(sink, this.slab, this.users);
    this.used = new IdRing(limits.windowEntries + 1, 1);
    this.requests = new RequestWindow(limits.windowEntries, this.users, this.id);
  }

  side(isBuy: boolean): BookSide {
    return isBuy ? this.bids : this.asks;
  }

  isBuy(slot: number): boolean {
    return (this.slab.flags(slot) & BUY) !== 0;
  }

  /** Where an order with these flags stands while it is open. */
  sideOf(flags: number): BookSide {
    const isBuy = (flags & BUY) !== 0;
    if ((flags & WAITING) !== 0) return isBuy ? this.buyStops : this.sellStops;
    if ((flags & ALL_OR_NONE) !== 0) return isBuy ? this.wholeBids : this.wholeAsks;
    return isBuy ? this.bids : this.asks;
  }

  /** Slot of the open order, −1 if there is none. `this.id` holds the id then. */
  findOpen(orderId: string): number {
    this.id.pack(orderId);
    return this.ids.find(this.id, this.id.hash);
  }

  /** True if the id is an open order's, or was one's a short while ago. `this.id` holds the id then. */
  isUsed(orderId: string): boolean {
    return this.findOpen(orderId) >= 0 || this.used.find(this.id, 0) >= 0;
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
  enter(command: AddCommand, user: number): number {
    const { slab } = this;
    const slot = slab.allocate();
    const type = typeBits(command.orderType);
    let flags = type | stpBits(command.selfTradePrevention ?? this.config.selfTradePrevention);
    flags |= command.timeInForce === undefined ? (type === MARKET ? IOC : 0) : tifBits(command.timeInForce);
    if (command.isBuy) flags |= BUY;
    if (command.postOnly === true) flags |= POST_ONLY;
    if (command.allOrNone === true) flags |= ALL_OR_NONE;
    const { stopPrice = 0, displayQuantity: display = 0 } = command;
    const price = priceOf(command.price);
    if (display > 0) flags |= ICEBERG;
    if (stopPrice > 0 || display > 0) this.details.set(slot, { price, stopPrice, display, shown: 0 });
    slab.setFlags(slot, flags);
    slab.setQuantity(slot, command.quantity);
    slab.setOpen(slot, command.quantity);
    this.register(slot, user);
    return slot;
  }

  /** Makes the record an open order of the user, under the id that `this.id` holds. */
  register(slot: number, user: number): void {
    const { slab } = this;
    slab.setUser(slot, user);
    slab.setLevel(slot, -1);
    slab.setId(slot, this.id);
    this.users.addOrder(user);
    this.ids.add(this.id.hash, slot, ++this.openOrders);
    if ((slab.flags(slot) & TIF_MASK) === DAY) this.dayOrders++;
  }

  /** Gives the order the last place of its price: its limit, or its stop price while it waits. */
  rest(slot: number, price: number): void {
    const { slab, levels } = this;
    const words = slab.words[slot >>> CHUNK_BITS]!;
    const doubles = slab.doubles[slot >>> CHUNK_BITS]!;
    const record = (slot & CHUNK_MASK) << 4;
    const side = this.sideOf(words[record + FLAGS]!);
    const level = side.obtain(price);
    const tail = levels.tail(level);
    const open = doubles[(record >> 1) + OPEN]!;
    const shown = this.shown(slot);
    if (!(shown > 0) || shown > open) broken(this, 'an order without quantity came to rest');
    const place = ++this.places;
    if (tail >= 0) {
      if (slab.place(tail) >= place) broken(this, 'a level out of its time order');
      slab.setNext(tail, slot);
    }
    doubles[(record >> 1) + PLACE] = place;
    words[record + LEVEL] = level;
    words[record + PREVIOUS] = tail;
    words[record + NEXT] = -1;
    levels.push(level, slot, shown, open - shown);
    side.countRested(open);
    side.touch(level);
  }

  /** Takes an order out of its level, or out of the queue. */
  unlink(slot: number): void {
    const { slab, levels } = this;
    const words = slab.words[slot >>> CHUNK_BITS]!;
    const record = (slot & CHUNK_MASK) << 4;
    const flags = words[record + FLAGS]!;
    if ((flags & QUEUED) !== 0) {
      this.queue.splice(this.queue.indexOf(slot), 1);
      slab.setFlags(slot, flags & ~QUEUED);
      return;
    }
    const level = words[record + LEVEL]!;
    const previous = words[record + PREVIOUS]!;
    const next = words[record + NEXT]!;
    const shown = this.shown(slot);
    const side = this.sideOf(flags);
    side.touch(level);
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
    if (left === 0) side.drop(level);
    words[record + LEVEL] = -1;
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
    this.sideOf(slab.flags(slot)).touch(level);
  }

  /** Shows as much of an iceberg as it wants to show of what is open. */
  showSlice(slot: number): void {
    const detail = this.detail(slot);
    detail.shown = Math.min(detail.display, this.slab.open(slot));
  }

  /** Ends an order that stands nowhere: only its id is remembered, for a while. */
  finish(slot: number): void {
    const { slab, used } = this;
    used.appendOrder(slab, slot, this.time);
    if (used.count > this.limits.windowEntries) used.forgetOldest();
    this.withdraw(slot);
  }

  /** Lets go of an order that stands nowhere. */
  withdraw(slot: number): void {
    const { slab } = this;
    const words = slab.words[slot >>> CHUNK_BITS]!;
    const record = (slot & CHUNK_MASK) << 4;
    if ((words[record + FLAGS]! & TIF_MASK) === DAY) this.dayOrders--;
    if (this.details.size > 0) this.details.delete(slot);
    this.users.removeOrder(words[record + USER]!);
    this.openOrders--;
    this.ids.remove(words[record + HASH]!, slot);
    slab.free(slot);
  }

  forgetBefore(now: number): void {
    const { used } = this;
    if (now - used.oldestTime > DUPLICATE_WINDOW_MS) {
      // after a quiet time all are forgotten at once
      if (now - used.newestTime > DUPLICATE_WINDOW_MS) used.clear();
      while (now - used.oldestTime > DUPLICATE_WINDOW_MS) used.forgetOldest();
    }
    this.requests.forgetBefore(now);
  }

  /** Ends an open order wherever it stands, and tells so. */
  endResting(slot: number, status: OrderStatus, reason: Reason | '', requestId: string): void {
    const price = this.price(slot);
    this.unlink(slot);
    this.endTaker(slot, status, reason, price, requestId);
  }

  /** Ends an order that stands nowhere, and tells so. */
  endTaker(slot: number, status: OrderStatus, reason: Reason | '', price: number, requestId: string): void {
    this.events.status(status, reason, slot, price, 0, requestId);
    this.finish(slot);
  }

  /** Quantity executed in the trading day of `time`. */
  volumeToday(): number {
    return this.time < this.#dayEnd && this.time >= this.#dayStart ? this.dayVolume : 0;
  }

  countVolume(quantity: number): void {
    if (this.time < this.#dayEnd && this.time >= this.#dayStart) this.dayVolume += quantity;
    else {
      this.dayVolume = quantity;
      this.setDay(tradingDay(this.time, this.config.dayOffsetMin));
    }
  }

  /** The day of `dayVolume`, and when it begins and ends as the configuration has it. −1 is no day. */
  setDay(day: number): void {
    this.day = day;
    this.#dayStart = day < 0 ? Infinity : dayStart(day, this.config.dayOffsetMin);
    this.#dayEnd = day < 0 ? 0 : dayStart(day + 1, this.config.dayOffsetMin);
  }
}
