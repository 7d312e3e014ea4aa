import type { FastState } from './fast-state.js';
import { isBeyondSweep, isBeyondThreshold, referencePrice } from './price-guard.js';
import { Flag } from './order-flags.js';

/** True if a taker with that limit (0 = none) accepts the maker's price. */
export function accepts(isBuy: boolean, limit: number, makerPrice: number): boolean {
  return limit === 0 || (isBuy ? makerPrice <= limit : makerPrice >= limit);
}

/** True if an order of that side, limit and open quantity, as a taker, would meet another at once. */
export function wouldTake(book: FastState, isBuy: boolean, limit: number, open: number): boolean {
  const { levels, slab } = book;
  const best = book.side(!isBuy).best();
  if (best >= 0 && accepts(isBuy, limit, levels.price(best))) return true;
  const whole = isBuy ? book.wholeAsks : book.wholeBids;
  for (let index = 0; index < whole.length; index++) {
    const level = whole.at(index);
    if (!accepts(isBuy, limit, levels.price(level))) return false;
    for (let maker = levels.head(level); maker >= 0; maker = slab.next(maker)) {
      if (slab.open(maker) <= open) return true;
    }
  }
  return false;
}

/** An iceberg whose slice was used up in a trial, at the back of its price again. */
interface Slice {
  slot: number;
  open: number;
}

/** The trial run of an order that wants all or nothing: it changes nothing and allocates only where slices take turns. */
class Trial {
  left: number;
  failed = false;
  /** True at a price that no execution may print. */
  isHalting = false;
  readonly #book: FastState;
  readonly #user: number;
  readonly #mode: number;
  /** Own orders are taken off the taker; else they are passed over. */
  readonly #decrements: boolean;
  #executionsLeft: number;

  constructor(book: FastState, taker: number, decrements: boolean) {
    this.#book = book;
    this.left = book.slab.open(taker);
    this.#user = book.slab.user(taker);
    this.#mode = book.slab.flags(taker) & Flag.STP_MASK;
    this.#decrements = decrements;
    this.#executionsLeft = book.limits.executionsPerCommand - book.executions;
  }

  /** True if the taker's own order stands in its way here; a mode that ends the taker ends the trial. */
  #skips(maker: number): boolean {
    if (this.#mode === 0 || this.#book.slab.user(maker) !== this.#user) return false;
    if (this.#mode === Flag.STP_CANCEL_TAKER || this.#mode === Flag.STP_CANCEL_BOTH) this.failed = true;
    if (this.#decrements) this.left -= Math.min(this.left, this.#book.slab.open(maker));
    return true;
  }

  #take(quantity: number): void {
    if (this.#executionsLeft-- <= 0 || this.isHalting) this.failed = true;
    this.left -= quantity;
  }

  get #goesOn(): boolean {
    return this.left > 0 && !this.failed;
  }

  takeLevel(level: number): void {
    const { slab, levels } = this.#book;
    for (let maker = levels.head(level); maker >= 0 && this.#goesOn; maker = slab.next(maker)) {
      if (!this.#skips(maker)) this.#take(Math.min(this.left, slab.open(maker)));
    }
  }

  /** Orders of one price, in turns: slices of icebergs, and all-or-none orders that are passed over when too large. */
  takeInTurns(plainLevel: number, wholeLevel: number): void {
    const { slab, levels } = this.#book;
    let plain = plainLevel < 0 ? -1 : levels.head(plainLevel);
    let whole = wholeLevel < 0 ? -1 : levels.head(wholeLevel);
    const slices: Slice[] = [];
    while ((plain >= 0 || whole >= 0) && this.#goesOn) {
      if (whole < 0 || (plain >= 0 && slab.place(plain) < slab.place(whole))) {
        this.#takeShown(plain, slices);
        plain = slab.next(plain);
      } else {
        if (slab.open(whole) <= this.left && !this.#skips(whole)) this.#take(slab.open(whole));
        whole = slab.next(whole);
      }
    }
    this.#takeSlices(slices);
  }

  #takeShown(maker: number, slices: Slice[]): void {
    if (this.#skips(maker)) return;
    const open = this.#book.slab.open(maker);
    const shown = this.#book.shown(maker);
    const quantity = Math.min(this.left, shown);
    this.#take(quantity);
    if (quantity === shown && open > shown) slices.push({ slot: maker, open: open - shown });
  }

  /** Slices of nobody who was passed over: the taker's own order was met before. */
  #takeSlices(slices: Slice[]): void {
    for (let i = 0; i < slices.length && this.#goesOn; i++) {
      const slice = slices[i]!;
      const shown = Math.min(this.#book.detail(slice.slot).display, slice.open);
      const quantity = Math.min(this.left, shown);
      this.#take(quantity);
      slice.open -= quantity;
      if (quantity === shown && slice.open > 0) slices.push(slice);
    }
  }
}

/** True if the real run would leave nothing of the taker. `limit` is 0 for MARKET. */
export function canFillWhole(book: FastState, taker: number, limit: number): boolean {
  if (!succeeds(book, taker, limit, false)) return false;
  return (book.slab.flags(taker) & Flag.STP_MASK) !== Flag.STP_DECREMENT || succeeds(book, taker, limit, true);
}

function succeeds(book: FastState, taker: number, limit: number, decrements: boolean): boolean {
  const { levels } = book;
  const isBuy = (book.slab.flags(taker) & Flag.BUY) !== 0;
  const plainSide = book.side(!isBuy);
  const wholeSide = isBuy ? book.wholeAsks : book.wholeBids;
  if (book.volumeToday() + book.slab.open(taker) > Number.MAX_SAFE_INTEGER) return false;
  const trial = new Trial(book, taker, decrements);
  const reference = book.guarded ? referencePrice(book) : 0;
  let plainIndex = 0;
  let wholeIndex = 0;
  while (trial.left > 0 && !trial.failed) {
    const plain = plainSide.at(plainIndex);
    const whole = wholeSide.at(wholeIndex);
    if (plain < 0 && whole < 0) return false;
    const plainPrice = plain < 0 ? worst(isBuy) : levels.price(plain);
    const wholePrice = whole < 0 ? worst(isBuy) : levels.price(whole);
    const price = isBuy ? Math.min(plainPrice, wholePrice) : Math.max(plainPrice, wholePrice);
    if (!accepts(isBuy, limit, price)) return false;
    if (reference > 0 && limit === 0 && isBeyondSweep(book, isBuy, price, reference)) return false;
    if (reference > 0) trial.isHalting = isBeyondThreshold(book, price, reference);
    const hasPlain = plainPrice === price;
    const hasWhole = wholePrice === price;
    if (hasPlain && !hasWhole && levels.total(plain) === levels.shown(plain)) trial.takeLevel(plain);
    else trial.takeInTurns(hasPlain ? plain : -1, hasWhole ? whole : -1);
    if (hasPlain) plainIndex++;
    if (hasWhole) wholeIndex++;
  }
  return !trial.failed;
}

/** A price behind every other, for a side that has no more levels. */
function worst(isBuy: boolean): number {
  return isBuy ? Infinity : 0;
}
