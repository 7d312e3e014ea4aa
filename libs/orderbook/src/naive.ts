import { NaiveOrderBook } from './naive/naive-order-book.js';
import { NaiveState } from './naive/naive-state.js';
import type { OrderBook, OrderBookOptions } from './order-book.js';
import { checkOptions } from './rules/check-options.js';
import { decodeSnapshot } from './snapshot/decode.js';

/**
 * A new, empty naive book: the same rules, events, snapshots and hashes as `createOrderBook`, in the plainest code. It is
 * meant as the judge in tests and audits; it grows slow with many open orders.
 *
 * @throws TypeError for options that no typed caller could write
 */
export function createNaiveOrderBook(options: OrderBookOptions): OrderBook {
  return new NaiveOrderBook(new NaiveState(options.symbol, checkOptions(options), options.sink));
}

/**
 * A naive book as it was when `bytes` were written, by either implementation. Nothing is told to the sink.
 *
 * @throws SnapshotError
 */
export function restoreNaiveOrderBook(bytes: Uint8Array, options: OrderBookOptions): OrderBook {
  checkOptions(options);
  const image = decodeSnapshot(bytes, options.symbol);
  const book = new NaiveState(image.symbol, image.limits, options.sink);
  book.restore(image);
  return new NaiveOrderBook(book);
}

export { SnapshotError, type SnapshotErrorCode } from './snapshot/snapshot-error.js';
