import { eventually } from '@supernoba/testing';
import { createEngine, type Engine } from '../src/engine.js';
import type { EnginePorts, JournalRecord, StartAt } from '../src/ports.js';
import { expectReplayEquality } from './support/expectations.js';
import { buy, randomFlow } from './support/orders.js';
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

/** A Kinesis that begins every page with the last records of the page before. */
function repeating(ports: EnginePorts): { ports: EnginePorts; repeated: () => number } {
  let last: readonly JournalRecord[] = [];
  let repeated = 0;
  const kinesis = replacing(ports.kinesis, {
    records: async (iterator, limit) => {
      const page = await ports.kinesis.records(iterator, limit);
      const again = last;
      repeated += again.length;
      last = page.records.length > 0 ? page.records.slice(-3) : last;
      return { ...page, records: [...again, ...page.records] };
    },
  });
  return { ports: { ...ports, kinesis }, repeated: () => repeated };
}

test('consumer: records that Kinesis gives again are not applied again', async () => {
  stack = await Stack.start();
  const again = repeating(stack.ports());
  engine = createEngine(again.ports, settings);
  await engine.start();
  await send(66);
  await everyOrderIsMatched();
  expect(again.repeated()).toBeGreaterThan(2);
});

test('consumer: records given again before the one to go on from are no gap', async () => {
  // Each iterator has expired by the time of the next read: every page is checked for the record to go on from.
  stack = await Stack.start({ kinesis: { tokenMs: 100 } });
  const again = repeating(stack.ports());
  const starts: StartAt[] = [];
  engine = createEngine(watching(again.ports, starts), { ...settings, pollMs: 250 });
  await engine.start();
  await send(67);
  await everyOrderIsMatched();
  expect(again.repeated()).toBeGreaterThan(2);
  expect(starts.some(({ type }) => type === 'AT_SEQUENCE_NUMBER')).toBe(true);
});

/** A journal that can forget what was read of it, and a wall clock of the engine that can be set forward. */
function forgetful(ports: EnginePorts) {
  const state = { aheadMs: 0, isForgotten: false, reads: 0 };
  const seen = new Set<string>();
  const kinesis = replacing(ports.kinesis, {
    records: async (iterator, limit) => {
      const page = await ports.kinesis.records(iterator, limit);
      state.reads++;
      if (!state.isForgotten) for (const { sequenceNumber } of page.records) seen.add(sequenceNumber);
      const records = page.records.filter(({ sequenceNumber }) => !state.isForgotten || !seen.has(sequenceNumber));
      return { ...page, records };
    },
  });
  const clock = { monotonic: () => ports.clock.monotonic(), now: () => ports.clock.now() + state.aheadMs };
  return { ports: { ...ports, clock, kinesis }, state };
}

async function idle(state: { reads: number }): Promise<void> {
  const enough = state.reads + 3;
  await eventually(() => state.reads >= enough, { timeoutMs: 20_000 });
}

/** Every read checks anew that the journal has the record to go on from. */
async function startForgetful(): Promise<ReturnType<typeof forgetful>['state']> {
  stack = await Stack.start({ kinesis: { tokenMs: 100 } });
  const { ports, state } = forgetful(stack.ports());
  engine = createEngine(ports, { ...settings, pollMs: 250 });
  await engine.start();
  await stack.send(buy('TEST', 'b1', 90, 1));
  await stack.published();
  await idle(state);
  return state;
}

test('a shard that was idle for longer than the retention is read on, though its last record is gone', async () => {
  const state = await startForgetful();
  state.aheadMs = 8 * 86_400_000;
  await idle(state);
  state.isForgotten = true;
  await idle(state);
  await stack.send(buy('TEST', 'b2', 90, 1));
  await everyOrderIsMatched();
  expect(engine!.health().state).toBe('running');
});

test('a last record that is gone before its time ends the engine with JOURNAL_GAP', async () => {
  const state = await startForgetful();
  state.isForgotten = true;
  await expect(engine!.ended).rejects.toMatchObject({ code: 'JOURNAL_GAP' });
  engine = undefined;
});
