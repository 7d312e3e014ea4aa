import type { Engine } from '../engine.js';
import type { BookAdmin } from './book-admin.js';
import type { SnapshotServiceImplementation } from './generated/supernoba/engine/v1/snapshot_service.js';
import { isReady } from './http.js';

/** Bytes of one message of a snapshot's content. */
const CHUNK_BYTES = 256 * 1024;

/** The methods of `supernoba.engine.v1.SnapshotService`: from the wire's shapes to {@link BookAdmin} and back. */
export function snapshotService(admin: BookAdmin, engine: Pick<Engine, 'health'>): SnapshotServiceImplementation {
  return {
    async createSnapshot({ symbol }) {
      return { snapshot: await admin.createSnapshot(symbol) };
    },
    async *getSnapshot({ symbol, key }) {
      const { info, bytes } = await admin.snapshot(symbol, key);
      yield { part: { $case: 'snapshot', value: info } };
      const content = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      for (let from = 0; from < content.byteLength; from += CHUNK_BYTES) {
        yield { part: { $case: 'content', value: content.subarray(from, from + CHUNK_BYTES) } };
      }
    },
    async restoreSnapshot({ request, symbol, key }) {
      const { info, ...journalled } = await admin.restore(request, symbol, key);
      return { journalled, snapshot: info };
    },
    async removeOrderBook({ request, symbol }) {
      return { journalled: await admin.remove(request, symbol) };
    },
    async cancelOrder({ request, symbol, orderId }) {
      return { journalled: await admin.cancelOrder(request, symbol, orderId) };
    },
    async cancelAllOrders({ request, symbol, userId }) {
      return { journalled: await admin.cancelAll(request, symbol, userId) };
    },
    listSymbols() {
      const symbols = admin.list().map(({ shardId, machine: { symbol, book, seq, time, position } }) => ({
        symbol,
        shardId,
        state: book.state,
        seq,
        tradeNumber: book.tradeNo,
        openOrders: book.openOrders,
        bestBid: book.bestBid(),
        bestAsk: book.bestAsk(),
        lastPrice: book.lastPrice,
        eventTimeMs: time,
        position,
      }));
      return Promise.resolve({ symbols });
    },
    healthCheck() {
      const health = engine.health();
      const { state, error = '', shards } = health;
      return Promise.resolve({ state, ready: isReady(health), error, shards });
    },
  };
}
