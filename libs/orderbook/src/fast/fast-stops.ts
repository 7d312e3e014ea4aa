import type { BookSide } from './book-side.js';
import type { FastState } from './fast-state.js';
import { Flag } from './order-flags.js';

/** True if the last trade has reached the stop. */
export function isTriggered(book: FastState, isBuy: boolean, stopPrice: number): boolean {
  const { lastPrice } = book;
  if (lastPrice === 0) return false;
  return isBuy ? lastPrice >= stopPrice : lastPrice <= stopPrice;
}

/** Lets a stop that stands nowhere go on after the command at hand, behind those already triggered. */
export function enqueue(book: FastState, stop: number): void {
  const { slab } = book;
  slab.setFlags(stop, (slab.flags(stop) & ~Flag.WAITING) | Flag.QUEUED);
  slab.setPlace(stop, ++book.places);
  book.queue.push(stop);
}

/** Queues what the last trade triggers: buys from the lowest stop, then sells from the highest, equal stops by time. */
export function triggerStops(book: FastState): void {
  triggerSide(book, book.buyStops, true);
  triggerSide(book, book.sellStops, false);
}

function triggerSide(book: FastState, side: BookSide, isBuy: boolean): void {
  while (side.length > 0) {
    const level = side.best();
    if (!isTriggered(book, isBuy, book.levels.price(level))) return;
    const stop = book.levels.head(level);
    book.unlink(stop);
    enqueue(book, stop);
  }
}
