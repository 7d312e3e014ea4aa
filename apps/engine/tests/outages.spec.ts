import { eventually, startValkey } from '@supernoba/testing';
import { createEngine, type Engine } from '../src/engine.js';
import { isReady } from '../src/admin/http.js';
import { PortError, type EnginePorts } from '../src/ports.js';
import { expectReplayEquality } from './support/expectations.js';
import { buy, randomFlow, randomFrom, sell } from './support/orders.js';
import { eventsOf, ORDERS, settings, Stack } from './support/stack.js';
import { replacing } from './support/replacing.js';

let stack: Stack;
let engine: Engine | undefined;

beforeEach(async () => {
  stack = await Stack.start();
});
afterEach(async () => {
  await engine?.stop();
  engine = undefined;
  await stack.stop();
});

async function start(ports: EnginePorts = stack.ports(), changes: Partial<typeof settings> = {}): Promise<void> {
  engine = createEngine(ports, { ...settings, ...changes });
  await engine.start();
}

test('consumer: Valkey away → the reader waits at its bound, says so, and goes on by itself when Valkey is back', async () => {
  await start(stack.ports(), { maxBatchesInFlight: 2 });
  await stack.send(sell('TEST', 's1', 100, 50), buy('TEST', 'b1', 100, 20));
  await stack.published();
  const { port } = stack.depthServer;
  await stack.depthServer.stop();

  const flow = randomFlow(5, 40, ['TEST', 'BTCUSD']);
  for (const record of flow) {
    await stack.send(record);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const held = await eventually(() => {
    const [shard] = engine!.health().shards;
    return shard !== undefined && shard.stalledMs > 300 ? shard : undefined;
  });
  expect(held.checkpoint).not.toBe(held.position);
  const all = [...(await stack.journal()).values()].flat();
  expect(held.position).not.toBe(all.at(-1)!.sequenceNumber);
  expect(isReady({ ...engine!.health(), shards: [{ ...held, stalledMs: 5_000 }] })).toBe(false);
  expect(stack.counts.get('retries market-data')).toBeGreaterThan(0);
  expect(stack.log.lines.some(({ level, message }) => level === 'warn' && message.includes('trying again'))).toBe(true);

  stack.depthServer = await startValkey({ port });
  await stack.published();
  await expectReplayEquality(stack);
  expect(isReady(engine!.health())).toBe(true);
});

test('FLUSHALL and SCRIPT FLUSH in the middle heal by themselves', async () => {
  await start();
  const flow = randomFlow(6, 200, ['TEST', 'BTCUSD']);
  for (let first = 0; first < flow.length; first += 40) {
    await stack.send(...flow.slice(first, first + 40));
    await stack.depth.flushall();
    await stack.depth.script('FLUSH');
  }
  // A symbol without new records heals at the next refresh; here every symbol gets one.
  await stack.send(buy('TEST', 'last', 1, 1), buy('BTCUSD', 'last', 1, 1));
  await stack.published();
  await expectReplayEquality(stack);
});

test('a reconnection alone makes the engine write the whole state, also of idle symbols', async () => {
  await start();
  await stack.send(sell('IDLE', 's1', 100, 50), buy('IDLE', 'b1', 100, 20));
  await stack.published();
  const { port } = stack.depthServer;
  await stack.depthServer.stop();
  stack.depthServer = await startValkey({ port });
  await eventually(async () => (await stack.depth.exists('depth:IDLE', 'candle:1m:IDLE', 'trades:IDLE')) === 3);
  await expectReplayEquality(stack);
});

test('the backup cache away costs nothing: snapshots come from the object store', async () => {
  await start();
  await stack.send(...randomFlow(7, 50, ['TEST']));
  await stack.published();
  await stack.backupServer.stop();
  await engine!.stop();
  await start();
  await stack.send(buy('TEST', 'more', 1, 1));
  await stack.published();
  await expectReplayEquality(stack);
});

test.each([21, 22])(
  'throttled, failing and half-failing streams and tables lose and reorder nothing (seed %i)',
  async (seed) => {
    const random = randomFrom(seed);
    const ports = stack.ports();
    const { kinesis, dynamo } = ports;
    const trouble = () => {
      const roll = random();
      if (roll < 0.15) throw new PortError('THROTTLED', 'too fast');
      if (roll < 0.3) throw new PortError('UNAVAILABLE', 'ECONNRESET');
      if (roll < 0.35) throw new PortError('EXPIRED_ITERATOR', 'expired');
    };
    const lastSeq = new Map<string, number>();
    await start({
      ...ports,
      kinesis: replacing(kinesis, {
        records: async (iterator, limit) => {
          trouble();
          // Small pages, so that many batches are in flight.
          return kinesis.records(iterator, Math.min(limit, 5));
        },
        putRecords: async (stream, records) => {
          // A minute that ends meanwhile brings a TICK.
          if (stream === ORDERS) return kinesis.putRecords(stream, records);
          if (random() < 0.1) throw new PortError('UNAVAILABLE', 'timeout');
          const keys = records.map(({ partitionKey }) => partitionKey);
          expect(new Set(keys).size).toBe(keys.length);
          const lost = records.map(() => random() < 0.2);
          const kept = records.filter((_, index) => !lost[index]);
          for (const { partitionKey, data } of kept) {
            for (const { seq } of eventsOf(data)) {
              expect(seq).toBeGreaterThan(lastSeq.get(stream + partitionKey) ?? 0);
              lastSeq.set(stream + partitionKey, seq);
            }
          }
          if (kept.length > 0) await kinesis.putRecords(stream, kept);
          return lost.map((isLost) => (isLost ? 'ProvisionedThroughputExceededException' : undefined));
        },
      }),
      dynamo: replacing(dynamo, {
        putBatch: async (table, items) => {
          if (random() < 0.2) throw new PortError('THROTTLED', 'too fast');
          const taken = items.filter(() => random() < 0.8);
          if (taken.length > 0) await dynamo.putBatch(table, taken);
          return items.filter((item) => !taken.includes(item));
        },
      }),
    });
    await stack.send(...randomFlow(seed, 120, ['TEST', 'BTCUSD', 'ETH-USD']));
    await stack.published();
    const { fills, statuses } = await expectReplayEquality(stack);
    expect(fills.size + statuses.size).toBeGreaterThan(100);
    expect(stack.counts.get('retries')).toBeGreaterThan(10);
  },
);
