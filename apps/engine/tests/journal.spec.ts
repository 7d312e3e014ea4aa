import { eventually } from '@supernoba/testing';
import { TABLES, type OrderStatusEvent } from '@supernoba/protocol';
import { createHash } from 'node:crypto';
import { createEngine, type Engine } from '../src/engine.js';
import type { EnginePorts, JournalRecord } from '../src/ports.js';
import { mortal } from './support/crash.js';
import { expectReplayEquality } from './support/expectations.js';
import { buy, cancel, randomFlow, sell } from './support/orders.js';
import { settings, Stack, STATUSES } from './support/stack.js';
import { replacing } from './support/replacing.js';

let stack: Stack;
let engine: Engine | undefined;

beforeEach(async () => {
  stack = await Stack.start({ orderShards: 2 });
});
afterEach(async () => {
  if (engine?.health().state !== 'failed') await engine?.stop();
  engine = undefined;
  await stack.stop();
});

async function start(ports: EnginePorts = stack.ports(), changes: Partial<typeof settings> = {}): Promise<void> {
  engine = createEngine(ports, { ...settings, ...changes });
  await engine.start();
}

/** A journal whose records went away: those that `gone` names are not given out. */
function forgetful(ports: EnginePorts, gone: (record: JournalRecord) => boolean): EnginePorts {
  const { kinesis } = ports;
  return {
    ...ports,
    kinesis: replacing(kinesis, {
      records: async (iterator, limit) => {
        const page = await kinesis.records(iterator, limit);
        return { ...page, records: page.records.filter((record) => !gone(record)) };
      },
    }),
  };
}

/** A copy in the cache that is not the newest snapshot. */
function noise({ backupCache }: EnginePorts): Promise<boolean> {
  return backupCache.set('snapshot:TEST', Buffer.from('noise'), { key: 'snap:TEST', epoch: 99, seq: 0 });
}

/** Nothing shows any more that the stream still has whatever came after the checkpoints. */
async function forgetTip(ports: EnginePorts): Promise<void> {
  for (const { leaseKey } of await stack.rows(TABLES.leases.name)) {
    await ports.dynamo.update(TABLES.leases.name, { leaseKey }, { caughtUpAt: undefined }, {});
  }
}

test('consumer: after a stop the backlog is read from the checkpoint, not from the tip', async () => {
  await start();
  await stack.send(buy('TEST', 'b1', 90, 1));
  await stack.published();
  await engine!.stop();
  await stack.send(...randomFlow(8, 80, ['TEST', 'BTCUSD', 'A', 'B', 'C']));
  await start();
  await stack.published();
  await expectReplayEquality(stack);
});

test('consumer: a journal without the record to go on from stops the start with JOURNAL_GAP', async () => {
  await start();
  await stack.send(buy('TEST', 'b1', 90, 1), buy('TEST', 'b2', 90, 1));
  await stack.published();
  await engine!.stop();
  await stack.send(buy('TEST', 'b3', 90, 1));
  const before = await stack.events(STATUSES);
  const checkpoints = new Set((await stack.rows(TABLES.leases.name)).map(({ checkpoint }) => checkpoint));
  await forgetTip(stack.ports());
  engine = createEngine(
    forgetful(stack.ports(), (record) => checkpoints.has(record.sequenceNumber)),
    settings,
  );
  await expect(engine.start()).rejects.toMatchObject({ code: 'JOURNAL_GAP' });
  expect(engine.health().state).toBe('failed');
  expect(await stack.events(STATUSES)).toEqual(before);
});

test('a journal that ends before the published checkpoint, in the stream and the archive, stops the start', async () => {
  const body = mortal(stack.ports());
  await start(body.ports);
  await stack.send(buy('TEST', 'b1', 90, 1));
  await stack.published();
  await stack.send(buy('TEST', 'b2', 90, 1));
  await stack.published();
  const [checkpoint] = (await stack.rows(TABLES.leases.name))
    .map((row) => row['checkpoint'])
    .filter((c) => c !== 'TRIM_HORIZON');
  // Dies without a last snapshot: the manifest is of the first batch.
  body.die();
  const ports = forgetful(stack.ports(), (record) => record.sequenceNumber === checkpoint);
  const { objects } = ports;
  const withoutArchive = replacing(objects, {
    list: async (prefix, after) => (prefix.startsWith('journal/') ? [] : objects.list(prefix, after)),
  });
  engine = createEngine({ ...ports, objects: withoutArchive }, settings);
  await expect(engine.start()).rejects.toMatchObject({ code: 'JOURNAL_GAP' });
});

test('what the stream has forgotten is replayed from the archive', async () => {
  const body = mortal(stack.ports());
  await start(body.ports);
  for (const record of randomFlow(9, 120, ['TEST', 'BTCUSD', 'A', 'B', 'C'])) await stack.send(record);
  await stack.published();
  body.die();
  const journal = await stack.journal();
  const rows = await stack.rows(TABLES.leases.name);
  expect(rows.filter(({ manifest }) => String(manifest).includes('/manifests/'))).toHaveLength(2);
  const before = await stack.events(STATUSES);
  const all = [...journal.values()].flat();
  const trimmed = new Set(all.map(({ sequenceNumber }) => sequenceNumber));
  await stack.send(buy('TEST', 'after', 90, 1));
  await start(forgetful(stack.ports(), ({ sequenceNumber }) => trimmed.has(sequenceNumber)));
  await stack.published();
  await expectReplayEquality(stack);
  expect(stack.log.lines.filter(({ message }) => message === 'replaying the archive')).toHaveLength(2);
  expect((await stack.events(STATUSES)).length).toBe(before.length + 1);
});

test('an archive with a hole stops the start', async () => {
  const body = mortal(stack.ports());
  await start(body.ports);
  for (let order = 0; order < 5; order++) {
    await stack.send(buy('TEST', `b${order}`, 90, 1));
    await stack.published();
  }
  body.die();
  const trimmed = new Set([...(await stack.journal()).values()].flat().map(({ sequenceNumber }) => sequenceNumber));
  const ports = forgetful(stack.ports(), ({ sequenceNumber }) => trimmed.has(sequenceNumber));
  const { objects } = ports;
  const holed = replacing(objects, {
    list: async (prefix, after) => {
      const keys = await objects.list(prefix, after);
      return prefix.startsWith('journal/') ? keys.filter((_, index) => index !== 2) : keys;
    },
  });
  engine = createEngine({ ...ports, objects: holed }, settings);
  await expect(engine.start()).rejects.toMatchObject({
    code: 'JOURNAL_GAP',
    message: expect.stringContaining('archive'),
  });
});

test('a checkpoint without a manifest stops the start: nothing shows where to replay from', async () => {
  const ports = stack.ports();
  const shardId = (await stack.kinesis.listShards(settings.ordersStream))[0]!.shardId;
  await ports.dynamo.update(
    TABLES.leases.name,
    { leaseKey: shardId },
    { checkpoint: '49590338271490256608559692538361571095921575989136588898' },
    {},
  );
  engine = createEngine(ports, settings);
  await expect(engine.start()).rejects.toMatchObject({ code: 'JOURNAL_GAP' });
});

test('a snapshot that is not what the manifest names stops the start; the copy in the cache is used only if its hash matches', async () => {
  await start();
  await stack.send(buy('TEST', 'b1', 90, 1));
  await stack.published();
  await engine!.stop();
  const ports = stack.ports();
  await eventually(() => noise(ports));
  await start(ports);
  expect(await stack.depth.get('depth:TEST')).toContain('[[90,1]]');
  await engine!.stop();

  const broken = stack.ports();
  const { objects } = broken;
  const lying = {
    ...broken,
    objects: replacing(objects, {
      get: (key: string) => (key.endsWith('.snap') ? Promise.resolve(Buffer.from('noise')) : objects.get(key)),
    }),
  };
  await eventually(() => noise(lying));
  engine = createEngine(lying, settings);
  await expect(engine.start()).rejects.toMatchObject({ code: 'BAD_SNAPSHOT' });
});

test('rules that this build does not have stop the start', async () => {
  const ports = stack.ports();
  const shardId = (await stack.kinesis.listShards(settings.ordersStream))[0]!.shardId;
  await ports.dynamo.update(TABLES.leases.name, { leaseKey: shardId }, { rules: 99 }, {});
  engine = createEngine(ports, settings);
  await expect(engine.start()).rejects.toMatchObject({ code: 'RULES_UNKNOWN' });
});

test('a late write of the last owner does not keep the next engine from starting, and counts', async () => {
  await start();
  await stack.send(buy('TEST', 'b1', 90, 1));
  await stack.published();
  await engine!.stop();
  const ports = stack.ports();
  const { dynamo } = ports;
  let late = 0;
  await start({
    ...ports,
    dynamo: replacing(dynamo, {
      scan: async (table) => {
        const rows = await dynamo.scan(table);
        if (late++ < 2) {
          for (const { leaseKey } of rows) await dynamo.update(table, { leaseKey }, { leaseCounter: 100 + late }, {});
        }
        return rows;
      },
    }),
  });
  expect(late).toBeGreaterThan(2);
  await stack.send(buy('TEST', 'b2', 90, 1));
  await stack.published();
  await expectReplayEquality(stack);
});

test('a stream that forgets too soon stops the start', async () => {
  engine = createEngine(stack.ports(), { ...settings, minRetentionHours: 169 });
  await expect(engine.start()).rejects.toMatchObject({ code: 'JOURNAL_RETENTION' });
});

test('a record that is no order becomes a dead letter, is answered where that is possible, and the shard goes on', async () => {
  await start();
  const bad = {
    action: 'ADD',
    symbol: 'TEST',
    order_id: 'x1',
    user_id: 'alice',
    is_buy: true,
    price: 1.5,
    quantity: 1,
  };
  const noise = Buffer.alloc(900_000, 0xff);
  await stack.sendRaw(
    { key: 'TEST', data: 'no JSON' },
    { key: 'TEST', data: JSON.stringify([buy('TEST', 'ok1', 90, 1), bad, buy('TEST', 'ok2', 90, 2)]) },
    { key: 'OTHER', data: JSON.stringify(buy('TEST', 'wrong', 90, 1)) },
    { key: 'TEST', data: noise },
    {
      key: 'TEST',
      data: JSON.stringify({ action: 'SYMBOL', op: 'RESTORE', symbol: 'TEST', request_id: 'r1', actor: 'admin' }),
    },
    { key: 'TEST', data: JSON.stringify({ ...bad, action: 'CANCEL', order_id: 'ok1', request_id: 'bad id' }) },
    { key: 'TEST', data: JSON.stringify(cancel('TEST', 'ok2')) },
  );
  await stack.published();
  const statuses = await stack.events<OrderStatusEvent>(STATUSES);
  expect(statuses.map(({ seq, n, order_id, status, reason }) => [seq, n, order_id, status, reason])).toEqual([
    [1, 1, 'ok1', 'ACCEPTED', undefined],
    [2, 2, 'x1', 'REJECTED', 'BAD_ORDER'],
    [3, 3, 'ok2', 'ACCEPTED', undefined],
    [4, 4, 'ok1', 'CANCEL_REJECTED', 'BAD_ORDER'],
    [5, 5, 'ok2', 'CANCELLED', undefined],
  ]);
  const rows = await stack.rows(TABLES.deadLetters.name);
  expect(rows.map(({ reason, index }) => [reason, index]).sort()).toEqual([
    ['MALFORMED', 0],
    ['MALFORMED', 0],
    ['NOT_JSON', 0],
    ['NOT_JSON', 0],
    ['OUT_OF_RANGE', 1],
    ['WRONG_KEY', 0],
  ]);
  const long = rows.find(({ length }) => length === noise.length)!;
  expect((long['data'] as Uint8Array).byteLength).toBe(4096);
  expect(long['sha256']).toBe(createHash('sha256').update(noise).digest('hex'));
  const element = rows.find(({ reason }) => reason === 'OUT_OF_RANGE')!;
  expect(Buffer.from(element['data'] as Uint8Array).toString()).toBe(JSON.stringify(bad));
  expect(stack.counts.get('dead_letters')).toBe(6);
  await engine!.stop();
  await start();
  await stack.send(buy('TEST', 'ok3', 90, 1));
  await stack.published();
  await expectReplayEquality(stack);
});

test('an idle minute closes: the engine appends a TICK to the shard of the overdue timer, and to no other', async () => {
  const ports = stack.ports();
  const { kinesis, clock } = ports;
  // Two minutes pass: for the engine's clock, and for the journal's when it takes a TICK.
  let ahead = 0;
  await start({
    ...ports,
    clock: { monotonic: () => clock.monotonic(), now: () => clock.now() + ahead },
    kinesis: replacing(kinesis, {
      records: async (iterator, limit) => {
        const page = await kinesis.records(iterator, limit);
        const later = (record: JournalRecord) => (record.partitionKey === 'TICK' ? ahead : 0);
        const records = page.records.map((record) => ({ ...record, arrivalMs: record.arrivalMs + later(record) }));
        return { ...page, records };
      },
    }),
  });
  await stack.send(sell('TEST', 's1', 100, 5), buy('TEST', 'b1', 100, 5));
  await stack.published();
  expect(await stack.depth.exists('candle:1m:TEST')).toBe(1);
  ahead = 120_000;
  const closed = await eventually(async () => (await stack.depth.lrange('candle:closed:1m:TEST', 0, -1))[0]);
  expect(closed).toMatch(/^\{"t":\d+,"o":100,"h":100,"l":100,"c":100,"v":5,"n":1,"q":1\}$/);
  expect(await stack.depth.exists('candle:1m:TEST')).toBe(0);
  const shards = [...(await stack.journal()).values()].map((records) =>
    records.map(({ data }) => (JSON.parse(Buffer.from(data).toString()) as { action: string }).action),
  );
  expect(shards.sort((a, b) => a.length - b.length)).toEqual([[], ['ADD', 'ADD', 'TICK']]);
});
