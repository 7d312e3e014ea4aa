import { restoreInto } from './fast/fast-image.js';
import { FastOrderBook } from './fast/fast-order-book.js';
import { FastState } from './fast/fast-state.js';
import type { OrderBook, OrderBookOptions } from './order-book.js';
import { checkOptions } from './rules/check-options.js';
import { decodeSnapshot } from './snapshot/decode.js';

/**
 * A new, empty book.
 *
 * @throws TypeError for options that no typed caller could write
 */
export function createOrderBook(options: OrderBookOptions): OrderBook {
  return new FastOrderBook(new FastState(options.symbol, checkOptions(options), options.sink));
}

/**
 * A book as it was when `bytes` were written. Nothing is told to the sink; what comes after is told and numbered as if the
 * book had never been away. It is all or nothing: bytes that are damaged or of another symbol leave nothing behind.
 *
 * @throws SnapshotError with a code: `DAMAGED`, `UNKNOWN_VERSION`, `WRONG_SYMBOL` or `INCONSISTENT`
 * @throws TypeError for options that no typed caller could write
 */
export function restoreOrderBook(bytes: Uint8Array, options: OrderBookOptions): OrderBook {
  checkOptions(options);
  const image = decodeSnapshot(bytes, options.symbol);
  const book = new FastState(image.symbol, image.limits, options.sink);
  restoreInto(book, image);
  return new FastOrderBook(book);
}
