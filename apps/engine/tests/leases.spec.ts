import { eventually } from '@supernoba/testing';
import { TABLES, type OrderStatusEvent } from '@supernoba/protocol';
import { createEngine, type Engine } from '../src/engine.js';
import { HeldLease } from '../src/journal/held-lease.js';
import { LeaseTable } from '../src/journal/lease-table.js';
import { PortError, type EnginePorts } from '../src/ports.js';
import { mortal } from './support/crash.js';
import { expectReplayEquality } from './support/expectations.js';
import { buy, randomFlow } from './support/orders.js';
import { replacing } from './support/replacing.js';
import { eventsOf, settings, Stack, STATUSES } from './support/stack.js';

const SYMBOLS = ['TEST', 'BTCUSD', 'ETH-USD', 'A', 'B', 'C', 'D', 'E', 'F', 'G'];

/** Several engines and the servers share this process: it gets its time. */
const calm = { ...settings, leaseMs: 4_000, pollMs: 50, checkpointIntervalMs: 100, archiveIntervalMs: 100 };

let stack: Stack;
const engines: Engine[] = [];

beforeEach(async () => {
  stack = await Stack.start({ orderShards: 4 });
});
afterEach(async () => {
  for (const engine of engines.splice(0)) if (engine.health().state !== 'failed') await engine.stop();
  await stack.stop();
});

async function start(ports: EnginePorts = stack.ports(), changes: Partial<typeof calm> = {}): Promise<Engine> {
  const engine = createEngine(ports, { ...calm, ...changes });
  engines.push(engine);
  await engine.start();
  return engine;
}

const held = (engine: Engine) => engine.health().shards.map(({ shardId }) => shardId);

async function owners(): Promise<Map<unknown, unknown>> {
  const rows = await stack.rows(TABLES.leases.name);
  return new Map(
    rows.filter(({ leaseKey }) => leaseKey !== '#epoch').map((row) => [row['leaseKey'], row['leaseOwner']]),
  );
}

/** Sends the orders one by one, and goes on until it is told to end. */
function load(everyMs: number): { end(): Promise<number> } {
  const flow = randomFlow(everyMs, 4_000, SYMBOLS);
  let ended = false;
  let sent = 0;
  const done = (async () => {
    while (!ended && sent < flow.length) {
      await stack.send(flow[sent++]!);
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
  })();
  return {
    async end() {
      ended = true;
      await done;
      return sent;
    },
  };
}

/** Longest time from the arrival of an order to that of its first status, ms, by the clock of Kinesis. */
async function longestWait(): Promise<number> {
  const answered = new Map<string, number>();
  for (const records of (await stack.journal(STATUSES)).values()) {
    for (const { data, arrivalMs } of records) {
      for (const event of eventsOf(data) as OrderStatusEvent[]) {
        const key = `${event.symbol} ${event.order_id}`;
        answered.set(key, Math.min(arrivalMs, answered.get(key) ?? Infinity));
      }
    }
  }
  let longest = 0;
  let orders = 0;
  for (const records of (await stack.journal()).values()) {
    for (const { data, arrivalMs } of records) {
      const entries = [JSON.parse(Buffer.from(data).toString())].flat();
      for (const { action, symbol, order_id } of entries) {
        const at = answered.get(`${symbol} ${order_id}`);
        if (action !== 'ADD' || at === undefined) continue;
        longest = Math.max(longest, at - arrivalMs);
        orders++;
      }
    }
  }
  expect(orders).toBeGreaterThan(20);
  return longest;
}

test('engines share the shards: a second one gets half of them, one at a time, and nothing is lost', async () => {
  const first = await start();
  expect(held(first)).toHaveLength(4);
  const flow = load(40);
  const second = await start();
  await eventually(() => held(first).length === 2 && held(second).length === 2, { timeoutMs: 40_000 });
  await flow.end();
  await stack.published();
  await expectReplayEquality(stack);
  expect(new Set([...held(first), ...held(second)]).size).toBe(4);
  const asked = stack.log.lines.filter(({ message }) => message === 'asked for a shard');
  expect(asked).toHaveLength(2);
  const epochs = (await stack.rows(TABLES.leases.name)).map(({ epoch }) => Number(epoch)).sort((a, b) => a - b);
  expect(new Set(epochs.slice(0, 4)).size).toBe(4);
});

test('a killed engine’s shards are taken once its leases run out, and the market goes on', async () => {
  const body = mortal(stack.ports());
  const doomed = createEngine(body.ports, calm);
  await doomed.start();
  const flow = load(40);
  const second = await start();
  await eventually(() => held(second).length === 2, { timeoutMs: 40_000 });
  body.die();
  const killedAt = performance.now();
  await eventually(() => held(second).length === 4, { timeoutMs: 40_000 });
  const failoverMs = performance.now() - killedAt;
  await flow.end();
  await stack.published();
  await expectReplayEquality(stack);
  process.stderr.write(`failover after a kill with leases of ${calm.leaseMs} ms: ${failoverMs.toFixed(0)} ms\n`);
  expect(failoverMs).toBeLessThan(calm.leaseMs + 4_000);
});

test('replacing one of two engines stops the market for less than two seconds, and hands over at once', async () => {
  // The lease of production: what is handed over does not wait for it.
  const lasting = { leaseMs: 6_000 };
  const first = await start(stack.ports(), lasting);
  const second = await start(stack.ports(), lasting);
  await eventually(() => held(first).length === 2 && held(second).length === 2, { timeoutMs: 40_000 });
  const flow = load(40);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  await first.stop();
  await eventually(() => held(second).length === 4, { timeoutMs: 10_000 });
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  await flow.end();
  await stack.published();
  await expectReplayEquality(stack);
  const stoppedMs = await longestWait();
  process.stderr.write(`longest wait of an order while one of two engines was replaced: ${stoppedMs} ms\n`);
  expect(stoppedMs).toBeLessThan(2_000);
});

test('an engine that cannot renew its leases stops writing before they run out, and ends', async () => {
  const ports = stack.ports();
  let away = false;
  const writes: number[] = [];
  let lastRenewal = 0;
  const engine = await start({
    ...ports,
    dynamo: replacing(ports.dynamo, {
      update: async (table, key, set, expect) => {
        if (table === TABLES.leases.name && away) throw new PortError('UNAVAILABLE', 'ECONNREFUSED');
        if (table === TABLES.leases.name) lastRenewal = performance.now();
        await ports.dynamo.update(table, key, set, expect);
      },
    }),
    kinesis: replacing(ports.kinesis, {
      putRecords: (stream, records) => {
        writes.push(performance.now());
        return ports.kinesis.putRecords(stream, records);
      },
    }),
  });
  const flow = load(40);
  await eventually(() => writes.length > 10);
  away = true;
  await expect(engine.ended).rejects.toMatchObject({ code: 'LEASE_LOST' });
  const count = writes.length;
  expect(Math.max(...writes)).toBeLessThan(lastRenewal + calm.leaseMs);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(writes).toHaveLength(count);
  expect(engine.health()).toMatchObject({ state: 'failed', shards: [] });
  const next = await start();
  await flow.end();
  await stack.published();
  await expectReplayEquality(stack);
  expect(held(next)).toHaveLength(4);
});

test('one writer: an engine whose lease was taken from it ends, and changes neither checkpoint nor market data', async () => {
  const ports = stack.ports();
  const engine = await start(ports);
  await stack.send(buy('TEST', 'b1', 90, 1));
  await stack.published();
  const [shardId] = [...(await stack.journal())].find(([, records]) => records.length > 0)!;
  const key = { leaseKey: shardId };
  await ports.dynamo.update(TABLES.leases.name, key, { leaseOwner: 'thief', epoch: 1_000 }, {});
  await stack.depth.hset('md:TEST', 'epoch', '1000');
  const depth = await stack.depth.get('depth:TEST');
  const before = await stack.lease(shardId);
  await stack.send(buy('TEST', 'b2', 90, 1));
  await expect(engine.ended).rejects.toMatchObject({ code: expect.stringMatching(/LEASE_LOST|FENCED/) });
  expect(await stack.lease(shardId)).toMatchObject({ checkpoint: before['checkpoint'], leaseOwner: 'thief' });
  expect(await stack.depth.get('depth:TEST')).toBe(depth);
});

test('one writer: the copy of a snapshot is fenced by epoch and seq', async () => {
  const { backupCache } = stack.ports();
  const set = (text: string, epoch: number, seq: number) =>
    backupCache.set('snapshot:TEST', Buffer.from(text), { key: 'snap:TEST', epoch, seq });
  const copy = async () => Buffer.from((await backupCache.get('snapshot:TEST')) ?? []).toString();
  await eventually(() => set('first', 2, 10));
  expect([await set('older', 2, 9), await copy()]).toEqual([false, 'first']);
  expect([await set('zombie', 1, 99), await copy()]).toEqual([false, 'first']);
  expect([await set('newer', 2, 11), await copy()]).toEqual([true, 'newer']);
  expect([await set('next owner', 3, 5), await copy()]).toEqual([true, 'next owner']);
});

test('a checkpoint write that arrives late, after its repeat and others, changes nothing', async () => {
  const { dynamo, clock } = stack.ports();
  const leases = new LeaseTable(TABLES.leases.name, dynamo);
  const [shard] = await stack.kinesis.listShards(settings.ordersStream);
  const { shardId } = shard!;
  const counter = await leases.acquire(shard!, await leases.read(shardId), 'me', 1);
  const lease = new HeldLease(shardId, 'me', 1, counter, 60_000, clock, clock.monotonic());
  const at = (position: string) => ({ position, manifest: `m${position}`, caughtUpAt: undefined });
  const before = { position: '', manifest: undefined };
  await leases.checkpoint(lease, before, at('10'));
  // The answer was lost: the repeat finds its own write.
  await leases.checkpoint(lease, before, at('10'));
  await leases.checkpoint(lease, at('10'), at('20'));
  await expect(leases.checkpoint(lease, before, at('10'))).rejects.toMatchObject({ code: 'LEASE_LOST' });
  expect(await leases.read(shardId)).toMatchObject({ checkpoint: '20', manifest: 'm20' });
  await leases.end(lease, 'm30');
  await leases.end(lease, 'm30');
  await expect(leases.checkpoint(lease, at('20'), at('25'))).rejects.toMatchObject({ code: 'LEASE_LOST' });
  expect(await leases.read(shardId)).toMatchObject({ ended: true, manifest: 'm30', owner: undefined });
});

test('a lease row has KCL’s columns', async () => {
  const engine = await start();
  await stack.send(...SYMBOLS.map((symbol) => buy(symbol, 'b1', 90, 1)));
  await stack.published();
  for (const shardId of held(engine)) {
    const lease = await stack.lease(shardId);
    expect(lease).toMatchObject({
      leaseOwner: expect.stringMatching(/^engine-/),
      leaseCounter: expect.any(Number),
      checkpoint: expect.stringMatching(/^(TRIM_HORIZON|\d+)$/),
      checkpointSubSequenceNumber: 0,
      ownerSwitchesSinceCheckpoint: 0,
      startingHashKey: expect.stringMatching(/^\d+$/),
      endingHashKey: expect.stringMatching(/^\d+$/),
    });
  }
});

test('a shard that runs other rules is left alone while an engine of those rules may come; the others go on', async () => {
  const ports = stack.ports();
  const [first] = await stack.kinesis.listShards(settings.ordersStream);
  const key = { leaseKey: first!.shardId };
  await ports.dynamo.update(TABLES.leases.name, key, { rules: 99, leaseOwner: 'newer-build', leaseCounter: 1 }, {});
  const engine = await start(ports);
  expect(held(engine)).toHaveLength(3);
  expect(await stack.lease(first!.shardId)).toMatchObject({ leaseOwner: 'newer-build' });
  expect((await owners()).size).toBe(4);
});

test('a shard that cannot be opened at a take-over is let go of and shown as stalled, and the others go on', async () => {
  const body = mortal(stack.ports());
  const doomed = createEngine(body.ports, calm);
  await doomed.start();
  await stack.send(...SYMBOLS.map((symbol) => buy(symbol, 'b1', 90, 1)));
  await stack.published();
  const engine = await start();
  await eventually(() => held(engine).length === 2, { timeoutMs: 40_000 });
  const rows = await stack.rows(TABLES.leases.name);
  const broken = rows.find(
    ({ leaseKey, manifest }) => manifest !== undefined && !held(engine).includes(String(leaseKey)),
  )!;
  body.die();
  const { objects } = stack.ports();
  await objects.delete(String(broken['manifest']));
  const refused = await eventually(
    () => {
      const { shards } = engine.health();
      return shards.length === 4 ? shards.find(({ shardId }) => shardId === broken['leaseKey']) : undefined;
    },
    { timeoutMs: 40_000 },
  );
  expect(refused).toMatchObject({ symbols: 0, checkpoint: '' });
  expect(engine.health()).toMatchObject({ state: 'running', error: expect.stringContaining('is missing') });
  expect((await owners()).get(broken['leaseKey'])).toBeUndefined();
});
