import { Reason } from '../codes.js';
import { MAX_REST_TRIALS } from '../rules/limits.js';
import type { BookSide } from './book-side.js';
import { execute } from './fast-execution.js';
import type { FastState } from './fast-state.js';
import { accepts, canFillWhole, wouldTake } from './fast-trial.js';
import { Flag } from './order-flags.js';
import { enqueue, isTriggered } from './fast-stops.js';
import { haltTrading, isBeyondSweep, isBeyondThreshold, isOutsideBand, referencePrice } from './price-guard.js';

const NO_ORDERS: readonly number[] = [];
/** Flags of orders that do more than take what they can and let the rest wait. */
const NOT_PLAIN = Flag.ALL_OR_NONE | Flag.ICEBERG | Flag.TYPE_MASK | Flag.TIF_MASK;

/** Lets an accepted order that stands nowhere trade or wait, and then whatever it set off. `limit` is 0 without a price. */
export function settle(book: FastState, order: number, limit: number): void {
  const flags = book.slab.flags(order);
  if ((flags & Flag.STOP) !== 0) letWait(book, order, flags);
  else trade(book, order, limit);
  if (book.queue.length > 0 || book.wholeBids.length > 0 || book.wholeAsks.length > 0) goOn(book);
}

function letWait(book: FastState, stop: number, flags: number): void {
  const { stopPrice } = book.detail(stop);
  if (isTriggered(book, (flags & Flag.BUY) !== 0, stopPrice)) enqueue(book, stop);
  else {
    book.slab.setFlags(stop, flags | Flag.WAITING);
    book.rest(stop, stopPrice);
  }
}

/** Works off the triggered stops, then lets one all-or-none order that now can; and again, until neither is left. */
export function goOn(book: FastState): void {
  while (book.state === 'open') {
    const stop = book.queue.shift();
    if (stop !== undefined) release(book, stop);
    else if (!tradeReadyOrder(book)) return;
  }
}

/** A triggered stop becomes the order that it stands for. */
function release(book: FastState, stop: number): void {
  const { slab } = book;
  const detail = book.detail(stop);
  const { price } = detail;
  const before = slab.flags(stop);
  const type = (before & Flag.TYPE_MASK) === Flag.STOP ? Flag.MARKET : Flag.LIMIT;
  const flags = (before & ~(Flag.QUEUED | Flag.TYPE_MASK)) | type;
  slab.setFlags(stop, flags);
  detail.stopPrice = 0;
  const open = slab.open(stop);
  book.events.status('TRIGGERED', '', stop, price, open, '');
  const isBuy = (flags & Flag.BUY) !== 0;
  if (isOutsideBand(book, price)) {
    book.endTaker(stop, 'CANCELLED', Reason.PriceBand, price, '');
  } else if (!neverRests(flags) && overflows(book, flags, price, open)) {
    book.endTaker(stop, 'CANCELLED', Reason.QuantityOverflow, price, '');
  } else if ((flags & Flag.POST_ONLY) !== 0 && wouldTake(book, isBuy, price, open)) {
    book.endTaker(stop, 'CANCELLED', Reason.PostOnlyWouldTake, price, '');
  } else trade(book, stop, price);
}

/** True if `quantity` more at that price would make the level's total unsafe. */
export function overflows(book: FastState, flags: number, price: number, quantity: number): boolean {
  return book.sideOf(flags).overflows(price, quantity);
}

/** Lets the first all-or-none order trade that the quantity which came to rest lets fill whole; false if there is none. */
function tradeReadyOrder(book: FastState): boolean {
  if (book.restedSell && tradeReadyOn(book, true)) return true;
  return book.restedBuy && tradeReadyOn(book, false);
}

function tradeReadyOn(book: FastState, isBuy: boolean): boolean {
  const { levels, slab } = book;
  const side = isBuy ? book.wholeBids : book.wholeAsks;
  if (side.length === 0) return false;
  const reachable = [
    new Reach(book.side(!isBuy), book, isBuy),
    new Reach(isBuy ? book.wholeAsks : book.wholeBids, book, isBuy),
  ];
  for (let index = 0; index < side.length; index++) {
    const level = side.at(index);
    const price = levels.price(level);
    const most = reachable[0]!.total(price) + reachable[1]!.total(price);
    // who stands behind accepts no better price
    if (most === 0) return false;
    for (let order = levels.head(level); order >= 0; order = slab.next(order)) {
      if (slab.open(order) > most) continue;
      if (book.restTrials >= MAX_REST_TRIALS) return false;
      book.restTrials++;
      if (!canFillWhole(book, order, price)) continue;
      book.unlink(order);
      trade(book, order, price);
      return true;
    }
  }
  return false;
}

/**
 * Most that takers of falling priority could take from a side: what saves all-or-none orders that stand in line a trial
 * each. The levels are added up once, for all of them.
 */
class Reach {
  /** Totals of the best 1, 2, 3 … levels. */
  readonly #totals: number[] = [];
  #levels = 0;

  constructor(
    private readonly side: BookSide,
    private readonly book: FastState,
    private readonly isBuy: boolean,
  ) {}

  /** Open quantity at prices that a taker with that limit accepts. */
  total(limit: number): number {
    if (this.#totals.length === 0) this.#addUp(limit);
    while (this.#levels > 0 && !this.#accepts(limit, this.#levels - 1)) this.#levels--;
    return this.#levels === 0 ? 0 : this.#totals[this.#levels - 1]!;
  }

  #addUp(limit: number): void {
    let total = 0;
    for (; this.#levels < this.side.length && this.#accepts(limit, this.#levels); this.#levels++) {
      total += this.book.levels.total(this.side.at(this.#levels));
      this.#totals.push(total);
    }
  }

  #accepts(limit: number, index: number): boolean {
    return accepts(this.isBuy, limit, this.book.levels.price(this.side.at(index)));
  }
}

/** True for flags of an order of which no quantity may stay behind. */
export function neverRests(flags: number): boolean {
  if ((flags & Flag.TYPE_MASK) === Flag.MARKET) return true;
  const tif = flags & Flag.TIF_MASK;
  return tif !== Flag.GTC && tif !== Flag.DAY;
}

/** Executes what can be executed at once, and gives the order its end or its place. */
function trade(book: FastState, taker: number, limit: number): void {
  const { slab } = book;
  const flags = slab.flags(taker);
  const isBuy = (flags & Flag.BUY) !== 0;
  if ((flags & NOT_PLAIN) !== 0 || crosses(book, isBuy, limit)) {
    tradeAny(book, taker, limit, flags);
    return;
  }
  book.rest(taker, limit);
  if (isBuy) book.restedBuy = true;
  else book.restedSell = true;
}

/** True if there may be somebody to trade with. */
function crosses(book: FastState, isBuy: boolean, limit: number): boolean {
  if ((isBuy ? book.wholeAsks : book.wholeBids).length > 0) return true;
  const best = (isBuy ? book.asks : book.bids).best();
  if (best < 0) return false;
  const price = book.levels.price(best);
  return isBuy ? price <= limit : price >= limit;
}

function tradeAny(book: FastState, taker: number, limit: number, flags: number): void {
  const { slab } = book;
  const whole = (flags & Flag.ALL_OR_NONE) !== 0 || (flags & Flag.TIF_MASK) === Flag.FOK;
  const before = slab.open(taker);
  const stopped = whole && !canFillWhole(book, taker, limit) ? '' : match(book, taker, limit, flags);
  const open = slab.open(taker);
  if (stopped !== '') book.endTaker(taker, 'CANCELLED', stopped, limit, '');
  else if (open === 0) book.endTaker(taker, 'FILLED', '', limit, '');
  else if (neverRests(flags)) book.endTaker(taker, 'CANCELLED', restReason(flags, whole), limit, '');
  else {
    if ((flags & Flag.ICEBERG) !== 0) book.showSlice(taker);
    book.rest(taker, limit);
    if ((flags & Flag.BUY) !== 0) book.restedBuy = true;
    else book.restedSell = true;
    if (open < before) book.events.status('PARTIALLY_FILLED', '', taker, limit, open, '');
  }
}

function restReason(flags: number, whole: boolean): Reason {
  if (whole) return Reason.Fok;
  return (flags & Flag.TYPE_MASK) === Flag.MARKET ? Reason.NoLiquidity : Reason.Ioc;
}

/** Executes until nothing is left to take; the reason why the order ends here, or ''. */
function match(book: FastState, taker: number, limit: number, flags: number): Reason | '' {
  const { slab, levels } = book;
  const isBuy = (flags & Flag.BUY) !== 0;
  const side = isBuy ? book.asks : book.bids;
  const wholes = wholeOrders(book, isBuy, limit);
  const reference = book.guarded ? referencePrice(book) : 0;
  let nextWhole = 0;
  let left = slab.open(taker);
  while (left > 0) {
    const level = side.best();
    let maker = level >= 0 && accepts(isBuy, limit, levels.price(level)) ? levels.head(level) : -1;
    if (wholes.length > 0) {
      // one too large now stays too large: what is left to take only falls
      while (nextWhole < wholes.length && slab.open(wholes[nextWhole]!) > left) nextWhole++;
      if (nextWhole < wholes.length && (maker < 0 || isBefore(book, isBuy, wholes[nextWhole]!, maker))) {
        maker = wholes[nextWhole++]!;
      }
    }
    if (maker < 0) return '';
    if (reference > 0) {
      const price = levels.price(slab.level(maker));
      if (limit === 0 && isBeyondSweep(book, isBuy, price, reference)) return Reason.PriceBand;
    }
    if ((flags & Flag.STP_MASK) !== 0 && slab.user(maker) === slab.user(taker)) {
      if (preventTrade(book, taker, maker, limit, flags)) return Reason.Stp;
      left = slab.open(taker);
      continue;
    }
    const shown = book.shown(maker);
    const quantity = shown < left ? shown : left;
    if (book.executions >= book.limits.executionsPerCommand) return Reason.ExecutionLimit;
    if (book.volumeToday() + quantity > Number.MAX_SAFE_INTEGER) return Reason.VolumeLimit;
    if (reference > 0 && isBeyondThreshold(book, levels.price(slab.level(maker)), reference)) return haltTrading(book);
    left -= quantity;
    slab.setOpen(taker, left);
    execute(book, maker, taker, quantity);
  }
  return '';
}

/** Resting all-or-none orders at acceptable prices, in priority order. */
function wholeOrders(book: FastState, isBuy: boolean, limit: number): readonly number[] {
  const side = isBuy ? book.wholeAsks : book.wholeBids;
  if (side.length === 0) return NO_ORDERS;
  const orders: number[] = [];
  for (let index = 0; index < side.length; index++) {
    const level = side.at(index);
    if (!accepts(isBuy, limit, book.levels.price(level))) break;
    for (let order = book.levels.head(level); order >= 0; order = book.slab.next(order)) orders.push(order);
  }
  return orders;
}

/** True if maker `a` comes before maker `b` for a taker of that side. */
function isBefore(book: FastState, takerIsBuy: boolean, a: number, b: number): boolean {
  const { slab, levels } = book;
  const priceOfA = levels.price(slab.level(a));
  const priceOfB = levels.price(slab.level(b));
  if (priceOfA !== priceOfB) return takerIsBuy ? priceOfA < priceOfB : priceOfA > priceOfB;
  return slab.place(a) < slab.place(b);
}

/** Does what the taker wants done instead of a trade with itself; true if that ends the taker. */
function preventTrade(book: FastState, taker: number, maker: number, limit: number, flags: number): boolean {
  const mode = flags & Flag.STP_MASK;
  if (mode === Flag.STP_CANCEL_TAKER) return true;
  if (mode === Flag.STP_DECREMENT) return decrement(book, taker, maker, limit);
  book.endResting(maker, 'CANCELLED', Reason.Stp, '');
  return mode === Flag.STP_CANCEL_BOTH;
}

function decrement(book: FastState, taker: number, maker: number, limit: number): boolean {
  const { slab, events } = book;
  const quantity = Math.min(slab.open(taker), slab.open(maker));
  const makerOpen = slab.open(maker) - quantity;
  const takerOpen = slab.open(taker) - quantity;
  const price = book.price(maker);
  slab.setQuantity(maker, slab.quantity(maker) - quantity);
  slab.setQuantity(taker, slab.quantity(taker) - quantity);
  slab.setOpen(taker, takerOpen);
  book.reduce(maker, makerOpen);
  if (makerOpen === 0) book.endResting(maker, 'CANCELLED', Reason.Stp, '');
  else events.status('REPLACED', Reason.Stp, maker, price, makerOpen, '');
  if (takerOpen === 0) return true;
  events.status('REPLACED', Reason.Stp, taker, limit, takerOpen, '');
  return false;
}
