import { FastOrderBook } from './fast/fast-order-book.js';
import { FastState } from './fast/fast-state.js';
import type { OrderBook, OrderBookOptions } from './order-book.js';
import { checkOptions } from './rules/check-options.js';

/**
 * The fast book for order-flow files in which every REPLACE loses its place: a REPLACE that leaves something open goes to
 * the back of its price, whatever it changes. For benchmarks alone: this is no rule of the book, and no part of its snapshots.
 *
 * @throws TypeError for options that no typed caller could write
 */
export function createBenchOrderBook(options: OrderBookOptions): OrderBook {
  const state = new FastState(options.symbol, checkOptions(options), options.sink);
  state.requeuesAlways = true;
  return new FastOrderBook(state);
}
