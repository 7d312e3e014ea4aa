import { nextDayBoundary } from '../rules/trading-day.js';
import { slotsByPlace } from './fast-image.js';
import { goOn } from './fast-matching.js';
import type { FastState } from './fast-state.js';
import { liftHalt } from './price-guard.js';
import { Flag } from './order-flags.js';

function dayDeadline(book: FastState): number {
  return book.dayOrders === 0 ? Infinity : nextDayBoundary(book.time, book.config.dayOffsetMin);
}

/** Earliest deadline, Infinity without one. */
export function nextDeadline(book: FastState): number {
  const haltEnd = book.haltedUntil === 0 ? Infinity : book.haltedUntil;
  return Math.min(dayDeadline(book), haltEnd);
}

/** Lets every timer due at or before `time` fire, each at its own deadline; the day ends before a halt does. */
export function fireTimers(book: FastState, time: number): void {
  for (let deadline = nextDeadline(book); deadline <= time; deadline = nextDeadline(book)) {
    const dayEnds = deadline === dayDeadline(book);
    book.begin(deadline);
    if (dayEnds) endDay(book);
    else goOnAfterHalt(book);
  }
}

/** Ends a halt and lets what it kept waiting go on. */
export function goOnAfterHalt(book: FastState): void {
  liftHalt(book);
  book.isLifting = true;
  goOn(book);
  book.isLifting = false;
}

function endDay(book: FastState): void {
  const { slab } = book;
  for (const slot of slotsByPlace(book)) {
    if ((slab.flags(slot) & Flag.TIF_MASK) === Flag.DAY) book.endResting(slot, 'EXPIRED', '', '');
  }
}
