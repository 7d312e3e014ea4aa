import { eventually } from '@supernoba/testing';
import type { FillEvent, OrderStatusEvent } from '@supernoba/protocol';
import { createEngine, type Engine } from '../src/engine.js';
import { mortal } from './support/crash.js';
import { expectReplayEquality } from './support/expectations.js';
import { buy, cancel, randomFlow, randomFrom, sell } from './support/orders.js';
import { deduplicated } from './support/replay.js';
import { FILLS, settings, Stack, STATUSES } from './support/stack.js';
import { replacing } from './support/replacing.js';

const often = { ...settings, snapshotIntervalMs: 150 };
const SYMBOLS = ['TEST', 'BTCUSD', 'ETH-USD'];

let stack: Stack;
let engine: Engine | undefined;

beforeEach(async () => {
  stack = await Stack.start({ orderShards: 2 });
});
afterEach(async () => {
  await engine?.stop();
  engine = undefined;
  await stack.stop();
});

async function restart(): Promise<void> {
  engine = createEngine(stack.ports(), often);
  await engine.start();
}

const seeds = [11, 12, 13].map((seed) => [seed + (Number(process.env['SEED_OFFSET'] ?? 0) || 0)]);

test.each(seeds)(
  'an engine that dies again and again leaves what a fresh replay gives (seed %i)',
  async (seed) => {
    const random = randomFrom(seed);
    const flow = randomFlow(seed, 300, SYMBOLS);
    let sent = 0;
    for (let life = 0; life < 6; life++) {
      const body = mortal(stack.ports(), () => (random() < 0.3 ? Math.floor(random() * 60) : 0));
      body.dieAtCall(5 + Math.floor(random() * 60), random() < 0.5 ? 'before' : 'after');
      const doomed = createEngine(body.ports, { ...often, leaseMs: 1_500 });
      const started = doomed.start().catch(() => undefined);
      const more = 20 + Math.floor(random() * 50);
      await stack.send(...flow.slice(sent, sent + more));
      sent += more;
      await Promise.race([
        body.death,
        started.then(() => Promise.race([body.death, doomed.ended.catch(() => undefined)])),
      ]);
    }
    await stack.send(...flow.slice(sent));
    await restart();
    await stack.published();
    const fresh = await expectReplayEquality(stack);
    expect(fresh.fills.size).toBeGreaterThan(50);
  },
  150_000,
);

test('the lease names a manifest only once the checkpoint has passed it', async () => {
  const ports = stack.ports();
  let open: () => void = () => undefined;
  let gate = Promise.resolve();
  engine = createEngine(
    {
      ...ports,
      kinesis: replacing(ports.kinesis, {
        putRecords: (...args) => gate.then(() => ports.kinesis.putRecords(...args)),
      }),
    },
    often,
  );
  await engine.start();
  await stack.send(buy('TEST', 'b1', 90, 5));
  await stack.published();
  await eventually(() => (stack.counts.get('snapshots') ?? 0) >= 1);
  const shardId = [...(await stack.journal())].find(([, records]) => records.length > 0)![0];
  const before = await eventually(async () => {
    const lease = await stack.lease(shardId);
    return lease['manifest'] === undefined ? undefined : lease;
  });

  gate = new Promise((resolve) => (open = resolve));
  await stack.send(buy('TEST', 'b2', 90, 5));
  await eventually(() => (stack.counts.get('snapshots') ?? 0) >= 2);
  await new Promise((resolve) => setTimeout(resolve, 10 * often.checkpointIntervalMs));
  expect(await stack.lease(shardId)).toMatchObject({ manifest: before['manifest'], checkpoint: before['checkpoint'] });
  open();
  await stack.published();
  await eventually(async () => (await stack.lease(shardId))['manifest'] !== before['manifest']);
});

test('a clean stop leaves a snapshot of everything, and the next engine replays nothing', async () => {
  await stack.send(...randomFlow(3, 60, SYMBOLS));
  await restart();
  await stack.published();
  await engine!.stop();
  const journal = await stack.journal();
  const before = await stack.events(STATUSES);
  for (const [shardId, records] of journal) {
    if (records.length === 0) continue;
    const lease = await stack.lease(shardId);
    expect(lease['manifest']).toContain(String(records.at(-1)!.sequenceNumber));
    expect(lease).toMatchObject({ checkpoint: records.at(-1)!.sequenceNumber, rules: 1 });
  }
  await restart();
  await stack.send(buy('TEST', 'after', 1, 1));
  await stack.published();
  await expectReplayEquality(stack);
  expect((await stack.events(STATUSES)).length).toBe(before.length + 1);
});

test('replay: the ids already processed are in the snapshot, so a replayed ADD does not enter the book twice', async () => {
  await stack.send(buy('TEST', 'b1', 90, 5));
  await restart();
  await stack.published();
  await engine!.stop();
  await restart();
  await stack.send(buy('TEST', 'b1', 90, 5), cancel('TEST', 'b1'));
  await stack.published();
  const { matchers } = await expectReplayEquality(stack);
  expect(matchers.flatMap(({ machines }) => [...machines.values()]).map(({ book }) => book.openOrders)).toEqual([0]);
  const statuses = await stack.events<OrderStatusEvent>(STATUSES);
  expect(statuses.map(({ status }) => status)).toEqual(['ACCEPTED', 'DUPLICATE', 'CANCELLED']);
});

test('replay: a partially filled order comes back with what is open, and restoring gives no event', async () => {
  await stack.send(sell('TEST', 's1', 100, 50), buy('TEST', 'b1', 100, 20));
  await restart();
  await stack.published();
  await engine!.stop();
  await restart();
  expect(await stack.depth.get('depth:TEST')).toContain('"a":[[100,30]]');
  await stack.send(buy('TEST', 'b2', 100, 30), buy('TEST', 'b3', 100, 1));
  await stack.published();
  await expectReplayEquality(stack);
  const [first, second] = await stack.events<OrderStatusEvent>(STATUSES).then((all) => {
    return all.filter(({ order_id, status }) => order_id === 's1' && status.includes('FILLED'));
  });
  expect([first?.status, first?.open]).toEqual(['PARTIALLY_FILLED', 30]);
  expect([second?.status, second?.filled, second?.open]).toEqual(['FILLED', 50, 0]);
});

test('replay: trades keep the time of the journal and are not counted again', async () => {
  await stack.send(sell('TEST', 's1', 100, 50), buy('TEST', 'b1', 100, 20));
  const body = mortal(stack.ports());
  const doomed = createEngine(body.ports, settings);
  await doomed.start();
  await eventually(async () => (await stack.events(FILLS)).length === 1);
  await eventually(async () => (await stack.depth.hget('candle:1m:TEST', 'n')) === '1');
  body.die();
  const [before] = await stack.events(FILLS);
  await restart();
  await stack.send(buy('TEST', 'later', 1, 1));
  await stack.published();
  // Whether the first engine had got as far as the checkpoint is open: what comes again is the same.
  for (const fill of await stack.events(FILLS)) expect(fill).toEqual(before);
  // The minute of the trade may have ended meanwhile.
  const [closed] = await stack.depth.lrange('candle:closed:1m:TEST', 0, -1);
  const active = await stack.depth.hgetall('candle:1m:TEST');
  const { n, v, q } = closed === undefined ? active : (JSON.parse(closed) as Record<string, unknown>);
  expect([n, v, q].map(Number)).toEqual([1, 20, 1]);
  await expectReplayEquality(stack);
});

test('IOC / MARKET: the unfilled rest never rests, across a restart either', async () => {
  await stack.send(
    buy('TEST', 'b1', 100, 5),
    sell('TEST', 'm1', 0, 9, { order_type: 'MARKET' }),
    buy('TEST', 'i1', 100, 5, { tif: 'IOC' }),
  );
  await restart();
  await stack.published();
  await engine!.stop();
  await restart();
  await stack.send(buy('TEST', 'b2', 100, 5));
  await stack.published();
  const { matchers } = await expectReplayEquality(stack);
  const [machine] = matchers.flatMap(({ machines }) => [...machines.values()]);
  expect(machine!.book.depth('ask', 10)).toEqual([]);
  expect(machine!.book.depth('bid', 10)).toMatchObject([{ price: 100, quantity: 5 }]);
});

test('trade ids: an order that meets the same counterparty twice in one millisecond makes two trades', async () => {
  await stack.send([
    sell('TEST', 's1', 100, 50),
    buy('TEST', 'b1', 100, 10, { tif: 'IOC' }),
    buy('TEST', 'b2', 100, 10),
    buy('TEST', 'b3', 100, 10),
  ]);
  await restart();
  await stack.published();
  const fills = [...deduplicated(await stack.events<FillEvent>(FILLS)).values()].map(
    (json) => JSON.parse(json) as FillEvent,
  );
  expect(fills.map(({ trade_id }) => trade_id).sort()).toEqual(['TEST-1', 'TEST-2', 'TEST-3']);
  expect(new Set(fills.map(({ timestamp }) => timestamp)).size).toBe(1);
});

test('an idle symbol is carried over from manifest to manifest, and comes back', async () => {
  await stack.send(buy('IDLE', 'i1', 90, 5));
  await restart();
  await stack.published();
  await engine!.stop();
  for (let round = 0; round < 2; round++) {
    await restart();
    await stack.send(...SYMBOLS.map((symbol) => buy(symbol, `b${round}`, 90, 5)));
    await stack.published();
    await engine!.stop();
  }
  await restart();
  await stack.send(cancel('IDLE', 'i1'));
  await stack.published();
  await expectReplayEquality(stack);
  expect(await stack.depth.get('depth:IDLE')).toContain('"b":[]');
});
