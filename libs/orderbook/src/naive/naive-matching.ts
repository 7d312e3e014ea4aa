import { OrderType, Reason, TimeInForce } from '../codes.js';
import { MAX_REST_TRIALS } from '../rules/limits.js';
import { bandSpan } from '../rules/price-band.js';
import { crosses, meets, neverRests, showSlice, waitsForStop, type NaiveOrder } from './naive-order.js';
import type { NaiveState } from './naive-state.js';

/** Lets an accepted order that stands in no list trade or wait, and then whatever it set off. */
export function settle(book: NaiveState, order: NaiveOrder): void {
  if (waitsForStop(order)) letWait(book, order);
  else trade(book, order);
  goOn(book);
}

function letWait(book: NaiveState, stop: NaiveOrder): void {
  stop.shown = stop.open;
  if (book.isTriggered(stop)) book.enqueue(stop);
  else book.rest(stop);
}

/** Works off the triggered stops, then lets one all-or-none order that now can; and again, until neither is left. */
export function goOn(book: NaiveState): void {
  for (;;) {
    const stop = book.state === 'open' ? book.queue.shift() : undefined;
    const ready = stop ?? readyAllOrNone(book);
    if (stop !== undefined) release(book, stop);
    else if (ready !== undefined) {
      book.remove(ready);
      trade(book, ready);
    } else return;
  }
}

/** A triggered stop becomes the order that it stands for. */
function release(book: NaiveState, stop: NaiveOrder): void {
  stop.queued = false;
  stop.stopPrice = 0;
  stop.orderType = stop.orderType === OrderType.Stop ? OrderType.Market : OrderType.Limit;
  book.events.status('TRIGGERED', '', stop, book.time);
  if (isOutsideBand(book, stop)) {
    book.end(stop, 'CANCELLED', Reason.PriceBand);
    return;
  }
  const overflows = !neverRests(stop) && book.levelTotal(stop) + stop.open > Number.MAX_SAFE_INTEGER;
  if (overflows) book.end(stop, 'CANCELLED', Reason.QuantityOverflow);
  else if (stop.postOnly && wouldTake(book, stop)) book.end(stop, 'CANCELLED', Reason.PostOnlyWouldTake);
  else trade(book, stop);
}

/** The first resting all-or-none order that the quantity which came to rest lets fill whole: buys before sells. */
function readyAllOrNone(book: NaiveState): NaiveOrder | undefined {
  if (book.state !== 'open') return undefined;
  const isReady = (order: NaiveOrder): boolean => {
    if (!order.allOrNone || order.open > acceptable(book, order) || book.restTrials >= MAX_REST_TRIALS) return false;
    book.restTrials++;
    return canFillWhole(book, order);
  };
  const buy = book.restedSell ? book.bids.find(isReady) : undefined;
  return buy ?? (book.restedBuy ? book.asks.find(isReady) : undefined);
}

/** Open quantity opposite at prices that the order accepts. */
function acceptable(book: NaiveState, order: NaiveOrder): number {
  const makers = book.side(!order.isBuy).filter((maker) => crosses(order, maker));
  return makers.reduce((sum, { open }) => sum + open, 0);
}

/** Executes what can be executed at once, and gives the order its end or its place. */
function trade(book: NaiveState, taker: NaiveOrder): void {
  const whole = taker.allOrNone || taker.timeInForce === TimeInForce.Fok;
  const before = taker.open;
  const stopped = whole && !canFillWhole(book, taker) ? '' : match(book, taker);
  if (stopped !== '') book.end(taker, 'CANCELLED', stopped);
  else if (taker.open === 0) book.end(taker, 'FILLED', '');
  else if (neverRests(taker)) book.end(taker, 'CANCELLED', restReason(taker, whole));
  else {
    showSlice(taker);
    book.rest(taker);
    if (taker.isBuy) book.restedBuy = true;
    else book.restedSell = true;
    if (taker.open < before) book.events.status('PARTIALLY_FILLED', '', taker, book.time);
  }
}

function restReason(taker: NaiveOrder, whole: boolean): Reason {
  if (whole) return Reason.Fok;
  return taker.orderType === OrderType.Market ? Reason.NoLiquidity : Reason.Ioc;
}

/** True if the order, as a taker, would meet another at once. */
export function wouldTake(book: NaiveState, order: NaiveOrder): boolean {
  return book.side(!order.isBuy).some((maker) => meets(order, maker));
}

/**
 * The trial run: true if the order could be filled whole without its user's own orders; where these would be taken off it
 * (DECREMENT), what is left then must be filled too.
 */
function canFillWhole(book: NaiveState, order: NaiveOrder): boolean {
  if (!succeeds(book, order, false)) return false;
  return order.selfTradePrevention !== 'DECREMENT' || succeeds(book, order, true);
}

function succeeds(book: NaiveState, order: NaiveOrder, decrements: boolean): boolean {
  const trial = book.trial();
  const taker = { ...order };
  const { selfTradePrevention: mode } = order;
  const reference = book.reference();
  while (taker.open > 0) {
    const maker = trial.side(!taker.isBuy).find((other) => meets(taker, other));
    if (maker === undefined || isBeyondSweep(trial, taker, maker, reference)) return false;
    if (preventsTrade(taker, maker)) {
      if (mode === 'CANCEL_TAKER' || mode === 'CANCEL_BOTH') return false;
      if (decrements) taker.open -= Math.min(taker.open, maker.open);
      trial.remove(maker);
    } else {
      const quantity = Math.min(taker.open, maker.shown);
      if (refusal(trial, maker, quantity, reference) !== '') return false;
      trial.execute(maker, taker, quantity);
    }
  }
  return true;
}

function preventsTrade(taker: NaiveOrder, maker: NaiveOrder): boolean {
  return taker.selfTradePrevention !== 'NONE' && taker.userId === maker.userId;
}

/** True if a limit price is too far from the reference. */
export function isOutsideBand(book: NaiveState, order: NaiveOrder): boolean {
  if (order.orderType === OrderType.Market) return false;
  return isBeyond(order.price, book.reference(), book.config.priceBandBps);
}

function isBeyond(price: number, reference: number, bps: number): boolean {
  return bps > 0 && reference > 0 && Math.abs(price - reference) > bandSpan(reference, bps);
}

/** True if the maker lies beyond the price to which a market order may sweep. */
function isBeyondSweep(book: NaiveState, taker: NaiveOrder, maker: NaiveOrder, reference: number): boolean {
  if (taker.orderType !== OrderType.Market) return false;
  const isAway = taker.isBuy ? maker.price > reference : maker.price < reference;
  return isAway && isBeyond(maker.price, reference, book.config.priceBandBps);
}

/** Why the next execution must not happen. */
function refusal(book: NaiveState, maker: NaiveOrder, quantity: number, reference: number): Reason | '' {
  if (book.executions >= book.limits.executionsPerCommand) return Reason.ExecutionLimit;
  if (book.volumeToday() + quantity > Number.MAX_SAFE_INTEGER) return Reason.VolumeLimit;
  return isBeyond(maker.price, reference, book.config.haltThresholdBps) ? Reason.Halted : '';
}

/** Executes until nothing is left to take; the reason why the order ends here, or ''. */
function match(book: NaiveState, taker: NaiveOrder): Reason | '' {
  const reference = book.reference();
  while (taker.open > 0) {
    const maker = book.side(!taker.isBuy).find((order) => meets(taker, order));
    if (maker === undefined) return '';
    if (isBeyondSweep(book, taker, maker, reference)) return Reason.PriceBand;
    if (preventsTrade(taker, maker)) {
      if (preventTrade(book, taker, maker)) return Reason.Stp;
      continue;
    }
    const quantity = Math.min(taker.open, maker.shown);
    const refused = refusal(book, maker, quantity, reference);
    if (refused === Reason.Halted) halt(book);
    if (refused !== '') return refused;
    book.execute(maker, taker, quantity);
  }
  return '';
}

function halt(book: NaiveState): void {
  if (book.isLifting) return;
  book.state = 'halted';
  book.haltedUntil = book.time + book.config.haltDurationMs;
}

/** Does what the taker wants done instead of a trade with itself; true if that ends the taker. */
function preventTrade(book: NaiveState, taker: NaiveOrder, maker: NaiveOrder): boolean {
  const mode = taker.selfTradePrevention;
  if (mode === 'CANCEL_TAKER') return true;
  if (mode === 'DECREMENT') return decrement(book, taker, maker);
  book.end(maker, 'CANCELLED', Reason.Stp);
  return mode === 'CANCEL_BOTH';
}

function decrement(book: NaiveState, taker: NaiveOrder, maker: NaiveOrder): boolean {
  const quantity = Math.min(taker.open, maker.open);
  for (const order of [maker, taker]) {
    order.quantity -= quantity;
    order.open -= quantity;
  }
  maker.shown = Math.min(maker.shown, maker.open);
  if (maker.open === 0) book.end(maker, 'CANCELLED', Reason.Stp);
  else book.events.status('REPLACED', Reason.Stp, maker, book.time);
  if (taker.open === 0) return true;
  book.events.status('REPLACED', Reason.Stp, taker, book.time);
  return false;
}
