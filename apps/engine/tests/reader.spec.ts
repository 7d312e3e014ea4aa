import { eventually } from '@supernoba/testing';
import { createEngine, type Engine } from '../src/engine.js';
import type { EnginePorts, JournalRecord, StartAt } from '../src/ports.js';
import { expectReplayEquality } from './support/expectations.js';
import { randomFlow } from './support/orders.js';
import { replacing } from './support/replacing.js';
import { settings, Stack } from './support/stack.js';
import type { KinesisOptions } from './support/kinesis-server.js';

const SYMBOLS = ['TEST', 'BTCUSD', 'A', 'B'];

let stack: Stack;
let engine: Engine | undefined;

afterEach(async () => {
  await engine?.stop();
  engine = undefined;
  await stack.stop();
});

async function start(kinesis: KinesisOptions, changes: Partial<typeof settings> = {}): Promise<StartAt[]> {
  stack = await Stack.start({ orderShards: 2, kinesis });
  const ports = stack.ports();
  const starts: StartAt[] = [];
  engine = createEngine(watching(ports, starts), { ...settings, ...changes });
  await engine.start();
  return starts;
}

/** Notes where every iterator begins. */
function watching(ports: EnginePorts, starts: StartAt[]): EnginePorts {
  const kinesis = replacing(ports.kinesis, {
    iterator: (stream, shardId, start) => {
      starts.push(start);
      return ports.kinesis.iterator(stream, shardId, start);
    },
  });
  return { ...ports, kinesis };
}

/** The next reads meet a fault; the client tries each three times before the reader learns of it. */
async function disturb(kind: 'drop' | 'throttle'): Promise<void> {
  const answer = await fetch(`${stack.kinesisServer.endpoint}/_control/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ seed: 1, rules: [{ kind, times: 24, operations: ['GetRecords'] }] }),
  });
  expect(answer.ok).toBe(true);
}

/** Waits until the reader has met some, and ends them. */
async function undisturbed(): Promise<void> {
  await eventually(() => retries() > 3, { timeoutMs: 20_000 });
  await fetch(`${stack.kinesisServer.endpoint}/_control/faults`, { method: 'DELETE' });
}

function retries(): number {
  return [0, 1].reduce((sum, no) => sum + (stack.counts.get(`retries read shardId-00000000000${no}`) ?? 0), 0);
}

async function send(seed: number): Promise<void> {
  const flow = randomFlow(seed, 90, SYMBOLS);
  for (let first = 0; first < flow.length; first += 30) {
    await stack.send(...flow.slice(first, first + 30));
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

async function everyOrderIsMatched(): Promise<void> {
  await stack.published();
  await expectReplayEquality(stack);
}

test('consumer: an expired iterator is replaced by one at the last record read, never by LATEST', async () => {
  // Each iterator has expired by the time of the next read.
  const starts = await start({ tokenMs: 100 }, { pollMs: 250 });
  await send(61);
  await everyOrderIsMatched();
  expect(starts.length).toBeGreaterThan(4);
  expect(new Set(starts.map(({ type }) => type))).toEqual(new Set(['TRIM_HORIZON', 'AT_SEQUENCE_NUMBER']));
});

test('consumer: a throttled reader waits and goes on with the same iterator', async () => {
  const starts = await start({});
  await disturb('throttle');
  await send(62);
  await undisturbed();
  await everyOrderIsMatched();
  expect(starts).toHaveLength(2);
});

test('a shard is read at most five times in any second at the setting’s default', async () => {
  stack = await Stack.start();
  const ports = stack.ports();
  const calls: number[] = [];
  const kinesis = replacing(ports.kinesis, {
    records: (iterator, limit) => {
      calls.push(performance.now());
      return ports.kinesis.records(iterator, limit);
    },
  });
  engine = createEngine({ ...ports, kinesis }, { ...settings, pollMs: 200 });
  await engine.start();
  await send(63);
  await everyOrderIsMatched();
  await eventually(() => calls.length > 12, { timeoutMs: 20_000 });
  // A timer may fire a fraction of a millisecond early.
  calls.slice(5).forEach((at, index) => expect(at - calls[index]!).toBeGreaterThan(990));
});

test('a Kinesis that breaks off answers is read on from the last record', async () => {
  const starts = await start({});
  await send(64);
  await stack.published();
  await disturb('drop');
  await send(65);
  await undisturbed();
  await everyOrderIsMatched();
  expect(starts.slice(2).some(({ type }) => type !== 'TRIM_HORIZON')).toBe(true);
});

test('consumer: records that Kinesis gives again are not applied again', async () => {
  stack = await Stack.start();
  const ports = stack.ports();
  let last: readonly JournalRecord[] = [];
  let repeated = 0;
  const kinesis = replacing(ports.kinesis, {
    records: async (iterator, limit) => {
      const page = await ports.kinesis.records(iterator, limit);
      const again = last;
      repeated += again.length;
      last = page.records.slice(-3);
      return { ...page, records: [...again, ...page.records] };
    },
  });
  engine = createEngine({ ...ports, kinesis }, settings);
  await engine.start();
  await send(66);
  await everyOrderIsMatched();
  expect(repeated).toBeGreaterThan(2);
});
