import { Reason } from '../codes.js';
import { changedConfig, needsReference } from '../rules/config.js';
import { bandSpan } from '../rules/price-band.js';
import type { BookConfig } from '../order-book.js';
import type { FastState } from './fast-state.js';
import { stpBits } from './order-flags.js';

/** What band and halt refer to, 0 for nothing. */
export function referencePrice(book: FastState): number {
  const { referenceWindowMs, referencePrice: configured } = book.config;
  return book.reference.priceAt(book.time - referenceWindowMs) || configured;
}

function isBeyond(price: number, reference: number, bps: number): boolean {
  return bps > 0 && reference > 0 && Math.abs(price - reference) > bandSpan(reference, bps);
}

/** True if a limit price (0 = none) is too far from the reference. */
export function isOutsideBand(book: FastState, limit: number): boolean {
  if (!book.guarded || limit === 0) return false;
  return isBeyond(limit, referencePrice(book), book.config.priceBandBps);
}

/** True if a market order may not sweep so far. */
export function isBeyondSweep(book: FastState, isBuy: boolean, price: number, reference: number): boolean {
  const isAway = isBuy ? price > reference : price < reference;
  return isAway && isBeyond(price, reference, book.config.priceBandBps);
}

/** True if an execution at that price halts trading instead. */
export function isBeyondThreshold(book: FastState, price: number, reference: number): boolean {
  return isBeyond(price, reference, book.config.haltThresholdBps);
}

/** Stops trading for a while, unless the last halt has only just ended; the reason for what is left of the taker. */
export function haltTrading(book: FastState): Reason {
  if (book.isLifting) return Reason.Halted;
  book.state = 'halted';
  book.haltedUntil = book.time + book.config.haltDurationMs;
  return Reason.Halted;
}

/** Ends any halt: the last trade is what prices are measured by from here. */
export function liftHalt(book: FastState): void {
  book.state = 'open';
  book.haltedUntil = 0;
  referToLastTrade(book);
}

function referToLastTrade(book: FastState): void {
  const { lastPrice } = book;
  const isKnown = lastPrice > 0 && book.guarded;
  book.reference.reset(isKnown ? [{ time: 0, first: lastPrice, last: lastPrice }] : []);
}

/** Takes over what a sound configuration changes. */
export function applyConfig(book: FastState, change: BookConfig): void {
  book.config = changedConfig(book.config, change);
  book.plainFlags = stpBits(book.config.selfTradePrevention);
  book.setDay(book.day);
  const wasGuarded = book.guarded;
  book.guarded = needsReference(book.config);
  // trades are remembered while somebody asks for them: of those before, the last is known
  if (book.guarded !== wasGuarded) referToLastTrade(book);
}
