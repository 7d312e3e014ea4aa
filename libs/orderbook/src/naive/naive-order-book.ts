import { Reason } from '../codes.js';
import type {
  AddCommand,
  BookCommand,
  BookConfig,
  BookState,
  CancelAllCommand,
  CancelCommand,
  ForceCancelAllCommand,
  ForceCancelCommand,
  OrderBook,
  PriceLevel,
  QueuePosition,
  ReplaceCommand,
  RestingOrder,
  SnapshotCapture,
} from '../order-book.js';
import { checkNewOrder, isId, isUserId } from '../rules/check-order.js';
import { changedConfig, isConfig, needsReference } from '../rules/config.js';
import { checkCommandTypes, checkTime } from '../rules/check-types.js';
import { SHOWN_LEVELS } from '../rules/limits.js';
import { fingerprint } from '../rules/request-body.js';
import { decodeSnapshot, type DecodedImage } from '../snapshot/decode.js';
import { encodeSnapshot, hashImage } from '../snapshot/encode.js';
import { goOn, isOutsideBand, settle, wouldTake } from './naive-matching.js';
import { neverRests, newNaiveOrder, restingOrder, waitsForStop, type NaiveOrder } from './naive-order.js';
import { replace } from './naive-replace.js';
import type { NaiveState } from './naive-state.js';

/** The order book written for the reader: every rule in its plainest form, fit to judge a faster one by. */
export class NaiveOrderBook implements OrderBook {
  readonly #book: NaiveState;
  /** The top of each side as it was at the last reading. */
  readonly #seen = { bid: { version: 0, shown: '[]' }, ask: { version: 0, shown: '[]' } };

  constructor(book: NaiveState) {
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
    return this.#book.openOrders().length;
  }
  get ignoredRequests(): number {
    return this.#book.ignoredRequests;
  }

  get depthVersion(): number {
    return this.sideVersion('bid') + this.sideVersion('ask');
  }

  sideVersion(side: 'bid' | 'ask'): number {
    const seen = this.#seen[side];
    const shown = JSON.stringify(this.depth(side, SHOWN_LEVELS));
    if (shown !== seen.shown) seen.version++;
    seen.shown = shown;
    return seen.version;
  }

  execute(command: BookCommand, time: number): void {
    checkTime(time);
    checkCommandTypes(command);
    const image = command.type === 'RESTORE' ? decodeSnapshot(command.snapshot, this.symbol) : undefined;
    this.advance(time);
    this.#book.begin(Math.max(this.#book.time, time));
    if (image !== undefined) this.#restore(image);
    else this.#apply(command);
  }

  #apply(command: BookCommand): void {
    switch (command.type) {
      case 'ADD':
        return this.#add(command);
      case 'CANCEL':
        return this.#cancel(command);
      case 'REPLACE':
        return this.#replace(command);
      case 'CANCEL_ALL':
        return this.#cancelAll(command);
      case 'FORCE_CANCEL':
        return this.#forceCancel(command);
      case 'FORCE_CANCEL_ALL':
        return this.#forceCancelAll(command);
      case 'CONFIGURE':
        return this.#configure(command.config);
      case 'HALT':
        return this.#halt('halted');
      case 'RESUME':
        return this.#resume();
      case 'DELIST':
        return this.#halt('delisted');
      case 'RESTORE':
        throw new Error('a RESTORE is applied by the image in it');
    }
  }

  #restore(image: DecodedImage): void {
    const book = this.#book;
    if (book.state === 'delisted') {
      book.events.answer('REJECTED', Reason.Delisted, {}, book.time);
      return;
    }
    const returning = new Map(image.orders.map((order) => [order.orderId, order]));
    for (const order of book.openOrders()) {
      const back = returning.get(order.orderId);
      // an id may be another order's by now
      const isSame = back?.userId === order.userId && back.isBuy === order.isBuy;
      if (!isSame) book.end(order, 'CANCELLED', Reason.Restored);
    }
    const openNow = new Set(book.openOrders().map(({ orderId }) => orderId));
    for (const order of book.openOrders()) book.remove(order);
    for (const orderId of returning.keys()) book.window.giveBack(orderId);
    for (const known of image.orders) {
      const order: NaiveOrder = { ...known, place: 0 };
      if (order.queued) book.enqueue(order);
      else book.rest(order);
      const status = openNow.has(order.orderId) ? 'REPLACED' : 'ACCEPTED';
      book.events.status(status, Reason.Restored, order, book.time);
    }
    book.restedBuy = true;
    book.restedSell = true;
    book.trigger();
    goOn(book);
  }

  #halt(state: 'halted' | 'delisted'): void {
    const book = this.#book;
    if (book.state === 'delisted') return;
    book.state = state;
    book.haltedUntil = 0;
  }

  #resume(): void {
    if (this.#book.state !== 'halted') return;
    this.#lift();
  }

  /** Ends a halt and lets what it kept waiting go on. */
  #lift(): void {
    this.#book.lift();
    this.#book.isLifting = true;
    goOn(this.#book);
    this.#book.isLifting = false;
  }

  #configure(config: BookConfig): void {
    const book = this.#book;
    if (!isConfig(config)) {
      book.events.answer('REJECTED', Reason.BadOrder, {}, book.time);
      return;
    }
    const before = needsReference(book.config);
    book.config = changedConfig(book.config, config);
    // trades are remembered while somebody asks for them: of those before, the last is known
    if (needsReference(book.config) !== before) book.referToLastTrade();
  }

  /** What the duplicate window says about the request. */
  #meet(command: BookCommand & { userId?: string; requestId?: string }): 'new' | 'same' | 'reused' {
    const { requestId, userId = '' } = command;
    if (requestId === undefined || !isId(requestId)) return 'new';
    const operator = command.type === 'FORCE_CANCEL' || command.type === 'FORCE_CANCEL_ALL';
    if (!operator && !isUserId(userId)) return 'new';
    const body = { low: 0, high: 0 };
    fingerprint(command, body);
    const verdict = this.#book.window.meet(operator ? '' : userId, requestId, body, this.#book.time);
    if (verdict === 'same') this.#book.ignoredRequests++;
    return verdict;
  }

  #add(command: AddCommand): void {
    const { events, time } = this.#book;
    const request = this.#meet(command);
    if (request === 'same') return;
    const reused = request === 'reused' ? Reason.RequestIdReused : '';
    if (this.#isInUse(command.orderId)) {
      events.refuse('DUPLICATE', reused, command, time);
      return;
    }
    const order = newNaiveOrder(command, this.#book.config.selfTradePrevention);
    const reason = reused || checkNewOrder(command) || this.#refusal(order);
    if (reason !== '') {
      events.refuse('REJECTED', reason, command, time);
      return;
    }
    events.status('ACCEPTED', '', order, time, command.requestId);
    settle(this.#book, order);
  }

  #isInUse(orderId: string): boolean {
    return this.#book.find(orderId) !== undefined || this.#book.window.isUsed(orderId);
  }

  /** Why the book as it stands does not take a well-formed order. */
  #refusal(order: NaiveOrder): Reason | '' {
    const book = this.#book;
    if (book.state === 'delisted') return Reason.Delisted;
    if (book.state === 'halted') return Reason.Halted;
    const stays = waitsForStop(order) || !neverRests(order);
    if (stays && book.countOf(order.userId) >= book.limits.openOrdersPerUser) return Reason.TooManyOrders;
    if (waitsForStop(order)) return '';
    if (isOutsideBand(book, order)) return Reason.PriceBand;
    if (neverRests(order)) return '';
    if (book.levelTotal(order) + order.open > Number.MAX_SAFE_INTEGER) return Reason.QuantityOverflow;
    return order.postOnly && wouldTake(book, order) ? Reason.PostOnlyWouldTake : '';
  }

  #cancel(command: CancelCommand): void {
    const { orderId, userId, requestId } = command;
    const request = this.#meet(command);
    if (request === 'same') return;
    const order = this.#book.find(orderId);
    const reused = request === 'reused' ? Reason.RequestIdReused : '';
    const badRequest = requestId !== undefined && !isId(requestId);
    const bad = badRequest || !isId(orderId) || !isUserId(userId) ? Reason.BadOrder : '';
    const reason = reused || bad || ownership(order, userId);
    if (reason !== '') this.#book.events.answer('CANCEL_REJECTED', reason, command, this.#book.time);
    else if (order !== undefined) this.#book.end(order, 'CANCELLED', '', requestId);
  }

  #replace(command: ReplaceCommand): void {
    const { orderId, userId, requestId } = command;
    const request = this.#meet(command);
    if (request === 'same') return;
    const order = this.#book.find(orderId);
    const reused = request === 'reused' ? Reason.RequestIdReused : '';
    const badRequest = requestId !== undefined && !isId(requestId);
    const bad = badRequest || !isId(orderId) || !isUserId(userId) ? Reason.BadOrder : '';
    const reason = reused || bad || ownership(order, userId);
    if (reason !== '') this.#book.events.answer('REPLACE_REJECTED', reason, command, this.#book.time);
    else if (order !== undefined) replace(this.#book, order, command);
  }

  #cancelAll(command: CancelAllCommand): void {
    const { userId, requestId } = command;
    const request = this.#meet(command);
    if (request === 'same') return;
    const reused = request === 'reused' ? Reason.RequestIdReused : '';
    const badRequest = requestId !== undefined && !isId(requestId);
    const reason = reused || (badRequest || !isUserId(userId) ? Reason.BadOrder : '');
    if (reason !== '') {
      this.#book.events.answer('CANCEL_REJECTED', reason, command, this.#book.time);
      return;
    }
    this.#endAll((order) => order.userId === userId, requestId);
  }

  #forceCancel(command: ForceCancelCommand): void {
    const { orderId, requestId } = command;
    const request = this.#meet(command);
    if (request === 'same') return;
    const order = this.#book.find(orderId);
    const reused = request === 'reused' ? Reason.RequestIdReused : '';
    const bad = (requestId !== undefined && !isId(requestId)) || !isId(orderId) ? Reason.BadOrder : '';
    const reason = reused || bad || (order === undefined ? Reason.UnknownOrder : '');
    if (reason !== '') this.#book.events.answer('CANCEL_REJECTED', reason, { ...command }, this.#book.time);
    else if (order !== undefined) this.#book.end(order, 'CANCELLED', '', requestId);
  }

  #forceCancelAll(command: ForceCancelAllCommand): void {
    const { userId, requestId } = command;
    const request = this.#meet(command);
    if (request === 'same') return;
    const reused = request === 'reused' ? Reason.RequestIdReused : '';
    const badUser = userId !== undefined && !isUserId(userId);
    const bad = (requestId !== undefined && !isId(requestId)) || badUser ? Reason.BadOrder : '';
    const reason = reused || bad;
    if (reason !== '') {
      this.#book.events.answer('CANCEL_REJECTED', reason, command, this.#book.time);
      return;
    }
    this.#endAll((order) => userId === undefined || order.userId === userId, requestId);
  }

  #endAll(chosen: (order: NaiveOrder) => boolean, requestId?: string): void {
    for (const order of this.#book.openOrders().filter(chosen)) this.#book.end(order, 'CANCELLED', '', requestId);
  }

  advance(time: number): void {
    checkTime(time);
    const book = this.#book;
    for (let deadline = this.nextDeadline(); deadline <= time; deadline = this.nextDeadline()) {
      const dayEnds = deadline === book.dayDeadline();
      book.begin(deadline);
      if (dayEnds) for (const order of book.dayOrders()) book.end(order, 'EXPIRED', '');
      else this.#lift();
    }
  }

  nextDeadline(): number {
    const { haltedUntil } = this.#book;
    return Math.min(this.#book.dayDeadline(), haltedUntil === 0 ? Infinity : haltedUntil);
  }

  #resting(side: 'bid' | 'ask', allOrNone = false): NaiveOrder[] {
    return this.#book.side(side === 'bid').filter((order) => order.allOrNone === allOrNone);
  }

  #levels(side: 'bid' | 'ask'): PriceLevel[] {
    const levels: PriceLevel[] = [];
    for (const order of this.#resting(side)) {
      const last = levels.at(-1);
      if (last?.price !== order.price) levels.push({ price: order.price, quantity: order.shown, orders: 1 });
      else {
        last.quantity += order.shown;
        last.orders++;
      }
    }
    return levels;
  }

  depth(side: 'bid' | 'ask', levels: number): PriceLevel[] {
    return this.#levels(side).slice(0, levels);
  }

  copyDepth(side: 'bid' | 'ask', levels: number, into: Float64Array): number {
    const depth = this.depth(side, levels);
    depth.forEach(({ price, quantity, orders }, index) => into.set([price, quantity, orders], index * 3));
    return depth.length;
  }

  levelPrice(side: 'bid' | 'ask', index: number): number {
    return this.#levels(side)[index]?.price ?? 0;
  }
  levelQuantity(side: 'bid' | 'ask', index: number): number {
    return this.#levels(side)[index]?.quantity ?? 0;
  }
  levelOrders(side: 'bid' | 'ask', index: number): number {
    return this.#levels(side)[index]?.orders ?? 0;
  }
  bestBid(): number {
    return this.levelPrice('bid', 0);
  }
  bestAsk(): number {
    return this.levelPrice('ask', 0);
  }

  queuePosition(orderId: string): QueuePosition | undefined {
    const order = this.#book.find(orderId);
    if (order === undefined || order.queued) return undefined;
    const { isBuy, price, stopPrice, allOrNone } = order;
    const waits = stopPrice > 0;
    const ahead = (waits ? this.#book.stops(isBuy) : this.#book.side(isBuy)).filter((other) => {
      const samePlace = waits ? other.stopPrice === stopPrice : other.price === price && other.allOrNone === allOrNone;
      return samePlace && other.place < order.place;
    });
    return { ordersAhead: ahead.length, quantityAhead: ahead.reduce((sum, { open }) => sum + open, 0) };
  }

  order(orderId: string): RestingOrder | undefined {
    const order = this.#book.find(orderId);
    return order && restingOrder(order);
  }

  *orders(side: 'bid' | 'ask'): IterableIterator<RestingOrder> {
    for (const order of this.#resting(side)) yield restingOrder(order);
  }

  *allOrNoneOrders(side: 'bid' | 'ask'): IterableIterator<RestingOrder> {
    for (const order of this.#resting(side, true)) yield restingOrder(order);
  }

  *stopOrders(side: 'bid' | 'ask'): IterableIterator<RestingOrder> {
    for (const order of this.#book.stops(side === 'bid')) yield restingOrder(order);
  }

  capture(): SnapshotCapture {
    const bytes = this.snapshot();
    return { encode: () => [bytes].values() };
  }

  snapshot(): Uint8Array {
    return encodeSnapshot(this.#book.image());
  }

  stateHash(): string {
    return hashImage(this.#book.image());
  }
}

function ownership(order: NaiveOrder | undefined, userId: string): Reason | '' {
  if (order === undefined) return Reason.UnknownOrder;
  return order.userId === userId ? '' : Reason.NotOwner;
}
