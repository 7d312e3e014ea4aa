import type { EventSink, OrderBook } from '@supernoba/orderbook';
import { createOrderBook, restoreOrderBook } from '@supernoba/orderbook';

/** Version of the matching rules that this build carries out; part of every snapshot and lease row. */
export { RULES_VERSION } from '@supernoba/orderbook';

/** Makes books: an oracle may take the place of the real one. */
export interface BookFactory {
  create(symbol: string, sink: EventSink): OrderBook;
  restore(symbol: string, bytes: Uint8Array, sink: EventSink): OrderBook;
}

export const orderBooks: BookFactory = {
  create: (symbol, sink) => createOrderBook({ symbol, sink }),
  restore: (symbol, bytes, sink) => restoreOrderBook(bytes, { symbol, sink }),
};
