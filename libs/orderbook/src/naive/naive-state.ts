import { TimeInForce, type OrderStatus, type Reason } from '../codes.js';
import type { BookConfig, BookState, EventSink } from '../order-book.js';
import { DEFAULT_CONFIG, needsReference } from '../rules/config.js';
import type { BookLimits } from '../rules/limits.js';
import { nextDayBoundary, tradingDay } from '../rules/trading-day.js';
import type { BookImage, ReferenceTrade } from '../snapshot/book-image.js';
import type { DecodedImage } from '../snapshot/decode.js';
import { NaiveEvents } from './naive-events.js';
import { isBefore, showSlice, waitsForStop, type NaiveOrder } from './naive-order.js';
import { NaiveWindow } from './naive-window.js';

/** All that the naive book knows. Orders of a side stand in one array, the first in priority first. */
export class NaiveState {
  bids: NaiveOrder[] = [];
  asks: NaiveOrder[] = [];
  buyStops: NaiveOrder[] = [];
  sellStops: NaiveOrder[] = [];
  /** Triggered stops, in the order in which they go on. */
  queue: NaiveOrder[] = [];
  places = 0;
  state: BookState = 'open';
  time = 0;
  lastPrice = 0;
  ignoredRequests = 0;
  day = -1;
  dayVolume = 0;
  config: Required<BookConfig> = DEFAULT_CONFIG;
  haltedUntil = 0;
  referenceTrades: ReferenceTrade[] = [];
  /** Executions of the command at hand. */
  executions = 0;
  /** True between the end of a halt and the first execution of what it kept waiting: these do not halt again. */
  isLifting = false;
  /** All-or-none orders that the command at hand tried because quantity came to rest. */
  restTrials = 0;
  /** Sides on which the command at hand let quantity come to rest. */
  restedBuy = false;
  restedSell = false;
  readonly symbol: string;
  readonly limits: BookLimits;
  readonly events: NaiveEvents;
  readonly window: NaiveWindow;

  constructor(symbol: string, limits: BookLimits, sink?: EventSink) {
    this.symbol = symbol;
    this.limits = limits;
    this.events = new NaiveEvents(sink);
    this.window = new NaiveWindow(limits.windowEntries);
  }

  side(isBuy: boolean): NaiveOrder[] {
    return isBuy ? this.bids : this.asks;
  }

  stops(isBuy: boolean): NaiveOrder[] {
    return isBuy ? this.buyStops : this.sellStops;
  }

  #lists(): NaiveOrder[][] {
    return [this.bids, this.asks, this.buyStops, this.sellStops, this.queue];
  }

  /** Every open order, in the order in which they took their places. */
  openOrders(): NaiveOrder[] {
    return this.#lists()
      .flat()
      .sort((a, b) => a.place - b.place);
  }

  /** How many open orders and stops the user has. */
  countOf(userId: string): number {
    return this.#lists().reduce((count, list) => count + list.filter((order) => order.userId === userId).length, 0);
  }

  find(orderId: string): NaiveOrder | undefined {
    for (const list of this.#lists()) {
      const found = list.find((order) => order.orderId === orderId);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Gives the order the last place of its price. */
  rest(order: NaiveOrder): void {
    order.place = ++this.places;
    const list = waitsForStop(order) ? this.stops(order.isBuy) : this.side(order.isBuy);
    let index = list.length;
    while (index > 0 && isBefore(order, list[index - 1]!)) index--;
    list.splice(index, 0, order);
  }

  /** Lets a stop wait no longer. */
  enqueue(order: NaiveOrder): void {
    order.place = ++this.places;
    order.queued = true;
    this.queue.push(order);
  }

  remove(order: NaiveOrder): void {
    for (const list of this.#lists()) {
      const index = list.indexOf(order);
      if (index !== -1) list.splice(index, 1);
    }
  }

  /** Total of the orders at the price of `order`, hidden parts included; all-or-none orders are a total of their own. */
  levelTotal(order: NaiveOrder): number {
    return this.side(order.isBuy)
      .filter(({ price, allOrNone }) => price === order.price && allOrNone === order.allOrNone)
      .reduce((total, { open }) => total + open, 0);
  }

  /** Ends an order that may or may not stand in a list. */
  end(order: NaiveOrder, status: OrderStatus, reason: Reason | '', requestId = ''): void {
    this.remove(order);
    this.events.status(status, reason, order, this.time, requestId);
    this.window.use(order.orderId, this.time);
  }

  execute(maker: NaiveOrder, taker: NaiveOrder, quantity: number): void {
    maker.open -= quantity;
    maker.shown -= quantity;
    taker.open -= quantity;
    this.executions++;
    this.isLifting = false;
    this.lastPrice = maker.price;
    this.#recordForReference(maker.price);
    this.#countVolume(quantity);
    this.events.fill(maker, taker, quantity, this.time);
    if (maker.open === 0) this.end(maker, 'FILLED', '');
    else {
      this.events.status('PARTIALLY_FILLED', '', maker, this.time);
      if (maker.shown === 0) this.#showNextSlice(maker);
    }
    this.trigger();
  }

  #showNextSlice(maker: NaiveOrder): void {
    this.remove(maker);
    showSlice(maker);
    this.rest(maker);
  }

  /** True if the last trade has reached the stop. */
  isTriggered(order: NaiveOrder): boolean {
    if (this.lastPrice === 0) return false;
    return order.isBuy ? this.lastPrice >= order.stopPrice : this.lastPrice <= order.stopPrice;
  }

  /** Queues the stops that the last trade has reached. */
  trigger(): void {
    for (const order of [...this.buyStops, ...this.sellStops].filter((stop) => this.isTriggered(stop))) {
      this.remove(order);
      this.enqueue(order);
    }
  }

  #recordForReference(price: number): void {
    const latest = this.referenceTrades.at(-1);
    if (!needsReference(this.config)) return;
    if (latest?.time === this.time) latest.last = price;
    else this.referenceTrades.push({ time: this.time, first: price, last: price });
  }

  /** Begins a command or a timer at that event time. */
  begin(time: number): void {
    this.time = time;
    this.window.forgetBefore(time);
    this.executions = 0;
    this.restTrials = 0;
    this.restedBuy = false;
    this.restedSell = false;
    const old = this.referenceTrades.filter((trade) => trade.time <= this.#referenceTime());
    // of the trades before the window only the last can still be referred to
    this.referenceTrades.splice(0, old.length - 1);
  }

  #referenceTime(): number {
    return this.time - this.config.referenceWindowMs;
  }

  /** What band and halt refer to, 0 for nothing. */
  reference(): number {
    const oldest = this.referenceTrades[0];
    if (oldest === undefined) return this.config.referencePrice;
    return oldest.time <= this.#referenceTime() ? oldest.last : oldest.first;
  }

  /** Ends any halt: the last trade is what prices are measured by from here. */
  lift(): void {
    this.state = 'open';
    this.haltedUntil = 0;
    this.referToLastTrade();
  }

  /** Forgets all trades but the last. */
  referToLastTrade(): void {
    this.referenceTrades = [];
    if (this.lastPrice > 0 && needsReference(this.config)) {
      this.referenceTrades.push({ time: 0, first: this.lastPrice, last: this.lastPrice });
    }
  }

  /** Quantity executed in the trading day of `time`. */
  volumeToday(): number {
    return tradingDay(this.time, this.config.dayOffsetMin) === this.day ? this.dayVolume : 0;
  }

  #countVolume(quantity: number): void {
    this.dayVolume = this.volumeToday() + quantity;
    this.day = tradingDay(this.time, this.config.dayOffsetMin);
  }

  /** The orders that end with the day, oldest first. */
  dayOrders(): NaiveOrder[] {
    return this.openOrders().filter(({ timeInForce }) => timeInForce === TimeInForce.Day);
  }

  dayDeadline(): number {
    return this.dayOrders().length === 0 ? Infinity : nextDayBoundary(this.time, this.config.dayOffsetMin);
  }

  /** A copy to try a command on: it shares nothing with this one and tells nobody. */
  trial(): NaiveState {
    const copy = new NaiveState(this.symbol, this.limits);
    copy.bids = this.bids.map((order) => ({ ...order }));
    copy.asks = this.asks.map((order) => ({ ...order }));
    copy.places = this.places;
    copy.time = this.time;
    copy.lastPrice = this.lastPrice;
    copy.day = this.day;
    copy.dayVolume = this.dayVolume;
    copy.config = this.config;
    copy.referenceTrades = this.referenceTrades.map((trade) => ({ ...trade }));
    copy.executions = this.executions;
    return copy;
  }

  /** Takes over everything of a snapshot, without an event. */
  restore(image: DecodedImage): void {
    for (const order of image.orders) {
      if (order.queued) this.enqueue({ ...order, place: 0 });
      else this.rest({ ...order, place: 0 });
    }
    this.state = image.state;
    this.time = image.time;
    this.lastPrice = image.lastPrice;
    this.ignoredRequests = image.ignoredRequests;
    this.day = image.day;
    this.dayVolume = image.dayVolume;
    this.config = image.config;
    this.haltedUntil = image.haltedUntil;
    this.referenceTrades = image.referenceTrades;
    this.events.seq = image.seq;
    this.events.tradeNo = image.tradeNo;
    this.events.statusNo = image.statusNo;
    this.window.restore(image.usedIds, image.requests);
  }

  image(): BookImage {
    const orders = this.openOrders();
    const { usedIds, requests } = this.window;
    const { symbol, limits, config, state, haltedUntil, time, lastPrice, day, dayVolume, referenceTrades } = this;
    const { seq, tradeNo, statusNo } = this.events;
    const rules = { symbol, limits, config, haltedUntil, referenceTrades };
    const counters = { state, time, seq, tradeNo, statusNo, lastPrice, ignoredRequests: this.ignoredRequests };
    const counts = { orderCount: orders.length, usedIdCount: usedIds.length, requestCount: requests.length };
    return { ...rules, ...counters, day, dayVolume, ...counts, orders, usedIds, requests };
  }
}
