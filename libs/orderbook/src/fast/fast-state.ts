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
import { LevelField, Levels } from './levels.js';
import { Flag, stpBits, tifBits, typeBits } from './order-flags.js';
import { Field, Slab, OrderSlab } from './order-slab.js';
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
  /** Flags of a sell order without any condition. */
  plainFlags = 0;
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
    this.used = new IdRing(limits.windowEntries + 1, 0);
    this.requests = new RequestWindow(limits.windowEntries, this.users, this.id);
  }

  side(isBuy: boolean): BookSide {
    return isBuy ? this.bids : this.asks;
  }

  isBuy(slot: number): boolean {
    return (this.slab.flags(slot) & Flag.BUY) !== 0;
  }

  /** Where an order with these flags stands while it is open. */
  sideOf(flags: number): BookSide {
    const isBuy = (flags & Flag.BUY) !== 0;
    if ((flags & Flag.WAITING) !== 0) return isBuy ? this.buyStops : this.sellStops;
    if ((flags & Flag.ALL_OR_NONE) !== 0) return isBuy ? this.wholeBids : this.wholeAsks;
    return isBuy ? this.bids : this.asks;
  }

  /** Slot of the open order, −1 if there is none. `this.id` holds the id then. */
  findOpen(orderId: string): number {
    this.id.pack(orderId);
    return this.ids.find(this.id, this.id.hash);
  }

  /** Limit price of an open order, 0 for STOP. */
  price(slot: number): number {
    if ((this.slab.flags(slot) & (Flag.WAITING | Flag.QUEUED)) !== 0) return this.detail(slot).price;
    return this.levels.price(this.slab.level(slot));
  }

  detail(slot: number): OrderDetail {
    const detail = this.details.get(slot);
    return detail ?? broken(this, 'a stop or an iceberg without its detail');
  }

  /** Shown part of the open quantity. */
  shown(slot: number): number {
    const flags = this.slab.flags(slot);
    return (flags & (Flag.ICEBERG | Flag.WAITING | Flag.QUEUED)) === Flag.ICEBERG
      ? this.detail(slot).shown
      : this.slab.open(slot);
  }

  /** Gives a new order its record. `this.id` must hold its id. */
  enter(command: AddCommand, user: number): number {
    const { slab } = this;
    const slot = slab.allocate();
    const { stopPrice = 0, displayQuantity: display = 0 } = command;
    if (stopPrice > 0 || display > 0) {
      this.details.set(slot, { price: priceOf(command.price), stopPrice, display, shown: 0 });
    }
    this.register(slot, user, this.#flagsOf(command), command.quantity, command.quantity);
    return slot;
  }

  #flagsOf(command: AddCommand): number {
    const type = typeBits(command.orderType);
    let flags = type | stpBits(command.selfTradePrevention ?? this.config.selfTradePrevention);
    flags |= command.timeInForce === undefined ? (type === Flag.MARKET ? Flag.IOC : 0) : tifBits(command.timeInForce);
    if (command.isBuy) flags |= Flag.BUY;
    if (command.postOnly === true) flags |= Flag.POST_ONLY;
    if (command.allOrNone === true) flags |= Flag.ALL_OR_NONE;
    if (command.displayQuantity !== undefined) flags |= Flag.ICEBERG;
    return flags;
  }

  /** Makes the record an open order of the user, under the id that `this.id` holds. */
  register(slot: number, user: number, flags: number, quantity: number, open: number): void {
    const { slab, id } = this;
    const words = slab.words[slot >>> Slab.CHUNK_BITS]!;
    const doubles = slab.doubles[slot >>> Slab.CHUNK_BITS]!;
    const record = (slot & Slab.CHUNK_MASK) << 4;
    doubles[(record >> 1) + Field.QUANTITY] = quantity;
    doubles[(record >> 1) + Field.OPEN] = open;
    words[record + Field.USER] = user;
    words[record + Field.LEVEL] = -1;
    words[record + Field.FLAGS] = flags;
    slab.setId(slot, id);
    this.users.addOrder(user);
    this.ids.add(id.hash, slot, ++this.openOrders);
    if ((flags & Flag.TIF_MASK) === Flag.DAY) this.dayOrders++;
  }

  /** Gives the order the last place of its price: its limit, or its stop price while it waits. */
  rest(slot: number, price: number): void {
    const { slab, levels } = this;
    const words = slab.words[slot >>> Slab.CHUNK_BITS]!;
    const doubles = slab.doubles[slot >>> Slab.CHUNK_BITS]!;
    const record = (slot & Slab.CHUNK_MASK) << 4;
    const flags = words[record + Field.FLAGS]!;
    const open = doubles[(record >> 1) + Field.OPEN]!;
    const shown = (flags & Flag.ICEBERG) === 0 ? open : this.shown(slot);
    if (!(shown > 0) || shown > open) broken(this, 'an order without quantity came to rest');
    const level = this.sideOf(flags).obtain(price, open);
    const levelWords = levels.words;
    const levelDoubles = levels.doubles;
    const place = ++this.places;
    const tail = levelWords[(level << 4) + LevelField.TAIL]!;
    doubles[(record >> 1) + Field.PLACE] = place;
    words[record + Field.LEVEL] = level;
    words[record + Field.PREVIOUS] = tail;
    words[record + Field.NEXT] = -1;
    levelWords[(level << 4) + LevelField.TAIL] = slot;
    levelWords[(level << 4) + LevelField.ORDERS] = levelWords[(level << 4) + LevelField.ORDERS]! + 1;
    levelDoubles[(level << 3) + LevelField.SHOWN] = levelDoubles[(level << 3) + LevelField.SHOWN]! + shown;
    levelDoubles[(level << 3) + LevelField.HIDDEN] = levelDoubles[(level << 3) + LevelField.HIDDEN]! + (open - shown);
    if (tail < 0) {
      levelWords[(level << 4) + LevelField.HEAD] = slot;
      return;
    }
    if (slab.place(tail) >= place) broken(this, 'a level out of its time order');
    slab.setNext(tail, slot);
  }

  /** Takes an order out of its level, or out of the queue. */
  unlink(slot: number): void {
    const { slab, levels } = this;
    const words = slab.words[slot >>> Slab.CHUNK_BITS]!;
    const record = (slot & Slab.CHUNK_MASK) << 4;
    const flags = words[record + Field.FLAGS]!;
    if ((flags & Flag.QUEUED) !== 0) {
      this.queue.splice(this.queue.indexOf(slot), 1);
      words[record + Field.FLAGS] = flags & ~Flag.QUEUED;
      return;
    }
    const level = words[record + Field.LEVEL]!;
    const previous = words[record + Field.PREVIOUS]!;
    const next = words[record + Field.NEXT]!;
    const open = slab.doubles[slot >>> Slab.CHUNK_BITS]![(record >> 1) + Field.OPEN]!;
    const shown = (flags & Flag.ICEBERG) === 0 ? open : this.shown(slot);
    const side = this.sideOf(flags);
    const levelWords = levels.words;
    const levelDoubles = levels.doubles;
    side.touch(level);
    words[record + Field.LEVEL] = -1;
    if (previous < 0) levelWords[(level << 4) + LevelField.HEAD] = next;
    else slab.setNext(previous, next);
    if (next < 0) levelWords[(level << 4) + LevelField.TAIL] = previous;
    else slab.setPrevious(next, previous);
    const left = levelWords[(level << 4) + LevelField.ORDERS]! - 1;
    levelWords[(level << 4) + LevelField.ORDERS] = left;
    const leftShown = levelDoubles[(level << 3) + LevelField.SHOWN]! - shown;
    levelDoubles[(level << 3) + LevelField.SHOWN] = leftShown;
    const hidden = levelDoubles[(level << 3) + LevelField.HIDDEN]! - (open - shown);
    levelDoubles[(level << 3) + LevelField.HIDDEN] = hidden;
    // a level's total is its orders': what is left at zero orders, or missing at more, was miscounted
    if (left === 0 ? leftShown + hidden !== 0 : !(leftShown + hidden > 0)) broken(this, 'a level total gone wrong');
    if (left === 0) side.drop(level);
  }

  /** Leaves a resting order less open quantity at its place; the hidden part goes first. */
  reduce(slot: number, open: number): void {
    const { slab, levels } = this;
    const level = slab.level(slot);
    const before = this.shown(slot);
    const hidden = slab.open(slot) - before;
    slab.setOpen(slot, open);
    const shown = Math.min(before, open);
    if ((slab.flags(slot) & Flag.ICEBERG) !== 0) this.detail(slot).shown = shown;
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
    const { used } = this;
    used.appendOrder(this.slab, slot, this.time);
    if (used.count > this.limits.windowEntries) used.forgetOldest();
    this.withdraw(slot);
  }

  /** Lets go of an order that stands nowhere. */
  withdraw(slot: number): void {
    const { slab } = this;
    const words = slab.words[slot >>> Slab.CHUNK_BITS]!;
    const record = (slot & Slab.CHUNK_MASK) << 4;
    const flags = words[record + Field.FLAGS]!;
    if ((flags & Flag.TIF_MASK) === Flag.DAY) this.dayOrders--;
    // a triggered stop is no stop any more, and may have a detail still
    if (this.details.size > 0) this.details.delete(slot);
    this.users.removeOrder(words[record + Field.USER]!);
    this.openOrders--;
    this.ids.remove(words[record + Field.HASH]!, slot);
    slab.free(slot);
  }

  /** True if time alone may change the book. */
  hasTimers(): boolean {
    return this.dayOrders > 0 || this.haltedUntil > 0;
  }

  /** Begins a command or a timer at that event time. */
  begin(time: number): void {
    this.time = time;
    this.events.begin(time);
    this.executions = 0;
    this.restTrials = 0;
    this.restedBuy = false;
    this.restedSell = false;
    const before = time - DUPLICATE_WINDOW_MS;
    if (this.used.oldestTime < before) this.#forgetUsed(before);
    if (this.requests.oldestTime < before) this.requests.forgetBefore(before);
    if (this.guarded) this.reference.forgetBefore(time - this.config.referenceWindowMs);
  }

  #forgetUsed(before: number): void {
    const { used } = this;
    // after a quiet time all are forgotten at once
    if (used.newestTime < before) used.clear();
    while (used.oldestTime < before) used.forgetOldest();
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
