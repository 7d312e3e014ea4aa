import { Registry } from 'prom-client';
import type { HeldBook } from '../engine.js';
import { orderBooks } from '../matching/books.js';
import { BatchOutput } from '../matching/output.js';
import { ShardMatcher } from '../matching/shard-matcher.js';
import { collectEngine, PrometheusMetrics } from './metrics.js';

function matched(...entries: object[]) {
  const matcher = new ShardMatcher(orderBooks);
  const out = new BatchOutput();
  for (const [index, entry] of entries.entries()) {
    const data = Buffer.from(JSON.stringify({ symbol: 'TEST', user_id: 'alice', ...entry }));
    matcher.apply({ sequenceNumber: String(index + 1), arrivalMs: 1, partitionKey: 'TEST', data }, out);
  }
  return { matcher, out };
}

const bid = (order_id: string, price: number, quantity: number) => ({
  action: 'ADD',
  order_id,
  is_buy: true,
  price,
  quantity,
});

test('a batch tells orders, and refusals by their reason', () => {
  const { out } = matched(
    bid('b1', 100, 5),
    bid('b1', 100, 5),
    { action: 'CANCEL', order_id: 'none' },
    { action: 'REPLACE', order_id: 'none', price: 1 },
    { action: 'SYMBOL', op: 'HALT', request_id: 'r', actor: 'root' },
    bid('b2', 100, 5),
  );
  expect(out.orders).toBe(5);
  expect(Object.fromEntries(out.rejects)).toEqual({ DUPLICATE: 1, UNKNOWN_ORDER: 2, HALTED: 1 });
});

test('shards and books are looked up when asked, and forgotten once another engine has them', async () => {
  const { matcher } = matched(bid('b1', 100, 5), bid('b2', 99, 7));
  let books: HeldBook[] = [...matcher.machines.values()].map((machine) => ({ shardId: 's0', machine }));
  const shard = { shardId: 's0', symbols: 1, position: '2', checkpoint: '1', stalledMs: 12, unpublished: 3 };
  const registry = new Registry();
  collectEngine(registry, {
    health: () => ({ state: 'running', epoch: 1, shards: books.map(() => ({ ...shard, snapshotAgeMs: 40 })) }),
    heldBooks: () => books[Symbol.iterator](),
  });
  const text = await registry.metrics();
  expect(text.split('\n').filter((line) => /^supernoba/.test(line))).toEqual([
    'supernoba_engine_unpublished_records{shard="s0"} 3',
    'supernoba_engine_snapshot_age_ms{shard="s0"} 40',
    'supernoba_engine_stalled_ms{shard="s0"} 12',
    'supernoba_engine_open_orders{symbol="TEST"} 2',
    'supernoba_engine_depth_quantity{symbol="TEST",side="bid"} 12',
    'supernoba_engine_depth_quantity{symbol="TEST",side="ask"} 0',
  ]);
  books = [];
  expect((await registry.metrics()).split('\n').filter((line) => /^supernoba/.test(line))).toEqual([]);
});

test('figures carry the label that names what they count', async () => {
  const metrics = new PrometheusMetrics();
  metrics.count('rejects', 2, 'PRICE_BAND');
  metrics.count('orders', 3, 's0');
  metrics.observe('flush_ms', 7, 'fills');
  metrics.observe('batch_records', 4, 's0');
  const text = await metrics.registry.metrics();
  expect(text).toContain('supernoba_engine_rejects_total{reason="PRICE_BAND"} 2');
  expect(text).toContain('supernoba_engine_orders_total{shard="s0"} 3');
  expect(text).toContain('supernoba_engine_flush_ms_bucket{le="10",destination="fills"} 1');
  expect(text).toContain('supernoba_engine_batch_records_sum{shard="s0"} 4');
});
