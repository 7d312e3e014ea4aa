import type { FastState } from './fast-state.js';
import { isBeyondSweep, isBeyondThreshold, referencePrice } from './price-guard.js';
import { ALL_OR_NONE, BUY, ICEBERG, STP_CANCEL_BOTH, STP_CANCEL_TAKER, STP_MASK } from './order-flags.js';

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

/** An order of a level in a trial: what of it would be left. */
interface Candidate {
  slot: number;
  place: number;
  open: number;
  shown: number;
  /** 0 for orders that show everything. */
  display: number;
  whole: boolean;
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
  #executionsLeft: number;

  constructor(book: FastState, taker: number) {
    this.#book = book;
    this.left = book.slab.open(taker);
    this.#user = book.slab.user(taker);
    this.#mode = book.slab.flags(taker) & STP_MASK;
    this.#executionsLeft = book.limits.executionsPerCommand - book.executions;
  }

  /** True if the taker's own order stands in its way here; a mode that ends the taker ends the trial. */
  #skips(maker: number): boolean {
    if (this.#mode === 0 || this.#book.slab.user(maker) !== this.#user) return false;
    if (this.#mode === STP_CANCEL_TAKER || this.#mode === STP_CANCEL_BOTH) this.failed = true;
    return true;
  }

  #take(quantity: number): void {
    if (this.#executionsLeft-- <= 0 || this.isHalting) this.failed = true;
    this.left -= quantity;
  }

  takeLevel(level: number): void {
    const { slab, levels } = this.#book;
    for (let maker = levels.head(level); maker >= 0 && this.left > 0 && !this.failed; maker = slab.next(maker)) {
      if (!this.#skips(maker)) this.#take(Math.min(this.left, slab.open(maker)));
    }
  }

  /** Orders of one price, in turns: slices of icebergs, and all-or-none orders that are passed over when too large. */
  takeInTurns(plain: number, whole: number): void {
    const queue = [...this.#candidates(plain), ...this.#candidates(whole)].sort((a, b) => a.place - b.place);
    for (let i = 0; i < queue.length && this.left > 0 && !this.failed; i++) {
      const maker = queue[i]!;
      if ((maker.whole && maker.open > this.left) || this.#skips(maker.slot)) continue;
      const quantity = Math.min(this.left, maker.shown);
      this.#take(quantity);
      maker.open -= quantity;
      maker.shown -= quantity;
      if (maker.shown > 0 || maker.open === 0) continue;
      maker.shown = Math.min(maker.display, maker.open);
      queue.push(maker);
    }
  }

  #candidates(level: number): Candidate[] {
    const { slab, levels } = this.#book;
    const found: Candidate[] = [];
    if (level < 0) return found;
    for (let slot = levels.head(level); slot >= 0; slot = slab.next(slot)) {
      const flags = slab.flags(slot);
      found.push({
        slot,
        place: slab.place(slot),
        open: slab.open(slot),
        shown: this.#book.shown(slot),
        display: (flags & ICEBERG) === 0 ? 0 : this.#book.detail(slot).display,
        whole: (flags & ALL_OR_NONE) !== 0,
      });
    }
    return found;
  }
}

/** True if the real run would leave nothing of the taker. `limit` is 0 for MARKET. */
export function canFillWhole(book: FastState, taker: number, limit: number): boolean {
  const { levels } = book;
  const isBuy = (book.slab.flags(taker) & BUY) !== 0;
  const plainSide = book.side(!isBuy);
  const wholeSide = isBuy ? book.wholeAsks : book.wholeBids;
  if (book.volumeToday() + book.slab.open(taker) > Number.MAX_SAFE_INTEGER) return false;
  const trial = new Trial(book, taker);
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
