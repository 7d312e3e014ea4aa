import { eventually } from '@supernoba/testing';
import { createEngine, type Engine } from '../src/engine.js';
import type { Shard } from '../src/ports.js';
import { mortal } from './support/crash.js';
import { expectReplayEquality } from './support/expectations.js';
import { buy, cancel, randomFlow } from './support/orders.js';
import { settings, Stack } from './support/stack.js';

const SYMBOLS = ['TEST', 'BTCUSD', 'ETH-USD', 'A', 'B', 'C', 'D', 'E'];
const often = { ...settings, snapshotIntervalMs: 200 };

let stack: Stack;
let engine: Engine | undefined;

beforeEach(async () => {
  stack = await Stack.start({ orderShards: 1 });
});
afterEach(async () => {
  if (engine?.health().state !== 'failed') await engine?.stop();
  engine = undefined;
  await stack.stop();
});

async function start(): Promise<void> {
  engine = createEngine(stack.ports(), often);
  await engine.start();
}

const held = () => engine!.health().shards.map(({ shardId }) => shardId);
const idsOf = (shards: readonly Shard[]) => shards.map(({ shardId }) => shardId).sort();

/** Waits until the engine is at work on the shards that are open now. */
async function followed(): Promise<void> {
  const open = idsOf(await stack.openShards());
  await eventually(() => expect(held().sort()).toEqual(open) === undefined || true, { timeoutMs: 30_000 });
}

test('a split, a split of its children and a merge are followed under load, and no order is lost or matched twice', async () => {
  await start();
  const flow = randomFlow(41, 400, SYMBOLS);
  let sent = 0;
  const send = async (count: number) => {
    for (let last = sent + count; sent < last; sent += 10) await stack.send(...flow.slice(sent, sent + 10));
  };
  await send(100);
  const [root] = await stack.openShards();
  await stack.split(root!);
  await send(100);
  const [lower, upper] = await stack.openShards();
  await stack.split(lower!);
  await send(100);
  await followed();
  const [, second] = await stack.openShards();
  await stack.merge(second!, upper!);
  await send(100);
  await stack.published();
  await followed();
  expect(await stack.openShards()).toHaveLength(2);
  const fresh = await expectReplayEquality(stack);
  expect(fresh.fills.size).toBeGreaterThan(50);
  for (const { shardId, parents } of await stack.kinesis.listShards(settings.ordersStream)) {
    const lease = await stack.lease(shardId);
    if (!held().includes(shardId))
      expect(lease).toMatchObject({ checkpoint: 'SHARD_END', manifest: expect.any(String) });
    if (parents.length > 0) expect(lease['parentShardId']).toEqual(new Set(parents));
  }
});

test('consumer: child shards are read to the end of their parents first, and start from their manifests', async () => {
  await start();
  await stack.send(...SYMBOLS.map((symbol) => buy(symbol, 'b1', 90, 5)));
  await stack.published();
  const [root] = await stack.openShards();
  await stack.split(root!);
  await stack.send(...SYMBOLS.map((symbol) => cancel(symbol, 'b1')));
  await stack.published();
  await followed();
  const { matchers } = await expectReplayEquality(stack);
  const machines = matchers.flatMap((matcher) => [...matcher.machines.values()]);
  expect(machines.map(({ book }) => book.openOrders)).toEqual(SYMBOLS.map(() => 0));
  const rejected = (await stack.events('supernoba-order-status')).filter(
    (event) => 'status' in event && event.status === 'CANCEL_REJECTED',
  );
  expect(rejected).toEqual([]);
});

test('a child whose engine dies before it has a manifest starts from its parents again', async () => {
  const body = mortal(stack.ports());
  engine = createEngine(body.ports, { ...often, snapshotIntervalMs: 60_000 });
  await engine.start();
  await stack.send(...randomFlow(42, 60, SYMBOLS));
  await stack.published();
  const [root] = await stack.openShards();
  await stack.split(root!);
  const children = idsOf(await stack.openShards());
  await eventually(async () => (await stack.lease(children[0]!))['leaseOwner'], { timeoutMs: 30_000 });
  body.die();
  expect((await stack.lease(children[0]!))['manifest']).toBeUndefined();
  await stack.send(...randomFlow(43, 60, SYMBOLS));
  await start();
  await stack.published();
  await expectReplayEquality(stack);
  expect(held().sort()).toEqual(children);
});

test('shards without a record are split, merged and read on', async () => {
  await start();
  const [root] = await stack.openShards();
  await stack.split(root!);
  await followed();
  const [lower, upper] = await stack.openShards();
  await stack.merge(lower!, upper!);
  await followed();
  await stack.send(...randomFlow(44, 40, SYMBOLS));
  await stack.published();
  await expectReplayEquality(stack);
});

test('an idle symbol goes through a split and a merge by reference, and comes back', async () => {
  await start();
  await stack.send(...SYMBOLS.map((symbol) => buy(symbol, 'b1', 90, 5)));
  await stack.published();
  const [root] = await stack.openShards();
  await stack.split(root!);
  await followed();
  const [lower, upper] = await stack.openShards();
  await stack.merge(lower!, upper!);
  await followed();
  await engine!.stop();
  await start();
  await stack.send(cancel('TEST', 'b1'));
  await stack.published();
  const { matchers } = await expectReplayEquality(stack);
  const machines = matchers.flatMap((matcher) => [...matcher.machines.values()]);
  expect(machines.map(({ book }) => book.openOrders).sort()).toEqual([0, ...SYMBOLS.slice(1).map(() => 1)]);
});

test('a shard whose parents are not known any more stops the start: nothing shows what came before', async () => {
  const ports = stack.ports();
  const [root] = await stack.openShards();
  await stack.split(root!);
  const [child] = await stack.openShards();
  const { kinesis } = ports;
  engine = createEngine(
    { ...ports, kinesis: Object.assign(Object.create(kinesis), { listShards: () => Promise.resolve([child!]) }) },
    settings,
  );
  await expect(engine.start()).rejects.toMatchObject({ code: 'JOURNAL_GAP' });
});
