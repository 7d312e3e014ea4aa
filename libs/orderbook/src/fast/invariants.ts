import type { FastState } from './fast-state.js';

/** Ends the run: the book is no longer what the rules say, and going on would spread it. */
export function broken(book: FastState, what: string): never {
  throw new Error(`order book ${book.symbol} broke an invariant after event ${book.events.seq}: ${what}`);
}

/** What must hold between two commands, seen from the top of the book. */
export function checkTop(book: FastState): void {
  const bid = book.bids.best();
  const ask = book.asks.best();
  if (bid < 0 || ask < 0) return;
  if (book.levels.price(bid) >= book.levels.price(ask)) broken(book, 'crossed');
}
