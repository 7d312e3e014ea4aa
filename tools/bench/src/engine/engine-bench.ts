import { CommandFailure, type ResultRow, type RunContext } from '@supernoba/command';
import { createValkey, type Valkey } from '@supernoba/runtime';
import { freePort, startValkey, type TestValkey } from '@supernoba/testing';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { compareHeld, type Frames, type Held } from './compare.js';
import { EngineProcess, type EngineFigures } from './engine-process.js';
import { expectedOutcome, type Expected } from './expected.js';
import {
  benchShards,
  sequenceNumber,
  SHARD_RECORDS_PER_SECOND,
  ShardJournal,
  SYMBOLS_PER_SHARD,
  type JournalPlan,
} from './journal.js';
import { StandInProcess } from './stand-in-process.js';
import { readProfile, writeAreas } from './profile.js';
import { storeTrades } from './trade-history.js';

export const ENGINE_USAGE = `usage: npm run bench -- engine [--seconds 30] [--profile FILE] [--json]

  orders a CPU-second of the built engine with everything on, one order a record, 16 symbols on 4 shards, next to a real
  Valkey; Kinesis, DynamoDB and S3 are stand-ins in a process of their own that acknowledge at once. Starts what it needs.

  --seconds  the measured stretch, 30 to 300
  --profile  write the engine's CPU profile to this file, and say where the time went (profiling costs time itself)
  --json     end with one line of results`;

export const ENGINE_OPTIONS = { seconds: { type: 'string' }, profile: { type: 'string' } } as const;

export interface EngineBenchOptions {
  seconds?: string;
  profile?: string;
}

/** The programs that are run: engine and Lambda as they ship, and the stand-ins. */
export interface EngineBenchPrograms {
  engine: string;
  tradeHistory: string;
  standIn: string;
}

const SEED = 42;
/** The engine idles so long first, that a snapshot of every shard (each 60 s) falls into the measured stretch. */
const IDLE_MS = 40_000;
const WARM_UP_MS = 10_000;
/** The flows last this much longer than warm-up and measured stretch at the greatest rate. */
const SPARE_S = 5;
const DRAIN_MS = 120_000;
const POLL_MS = 250;
export const PASSWORD = 'the-bench-cache-password';

/** Measures what the options ask for, and holds all that the engine wrote to a replay of the same orders. */
export async function measureEngine(
  context: RunContext<EngineBenchOptions>,
  programs: EngineBenchPrograms,
): Promise<ResultRow[]> {
  const seconds = secondsOf(context.options);
  const bench = await startAll(context, programs, seconds);
  const { engine, standIn, plan, records } = bench;
  context.say('Kinesis, DynamoDB and S3 are acknowledging stand-ins over HTTP; Valkey is real');

  const measured = await Promise.race([measure(context, bench, seconds), engine.failure()]);
  standIn.close();
  const { before, after } = measured;
  context.say(
    `${after.orders - before.orders} orders in ${(after.cpuSeconds - before.cpuSeconds).toFixed(1)} CPU-seconds`,
  );
  const served = await Promise.race([drained(context, standIn), engine.failure()]);
  const orders = Object.values(served).reduce((sum, count) => sum + count, 0);
  if (orders >= records) throw new CommandFailure(`all ${records} orders were served before the time was over`);
  await engine.stop();
  const cpuSeconds = await storeTrades(programs.tradeHistory, bench.awsPort, await standIn.fills());
  const held: Held = { ...(await standIn.report()), frames: await readFrames(bench.cache) };
  if (held.repeats > 0) context.say(`${held.repeats} writes came more than once`);
  if (context.options.profile !== undefined) {
    const profile = readProfile(bench.folder, programs.engine);
    writeAreas(profile, context.options.profile, context.say);
  }
  standIn.kill();

  context.say(`${orders} orders were served; the same are replayed here, their beginning through the naive book too`);
  const journals = benchShards().map((shard, index) => new ShardJournal(shard, index, plan));
  const expected = await expectedOutcome(journals, served);
  const { compared, differences } = compareHeld(held, expected, orders);
  if (differences.length > 0) {
    throw new CommandFailure(
      `${differences.length} of ${compared} comparisons failed:\n${differences.slice(0, 8).join('\n')}`,
    );
  }
  return [...rowsOf(measured, held, expected, orders, compared), ...consumerRows(held.tradeRows, cpuSeconds)];
}

/** @throws CommandFailure */
function secondsOf({ seconds: given }: EngineBenchOptions): number {
  const seconds = Number(given ?? 30);
  if (!Number.isInteger(seconds) || seconds < 30 || seconds > 300)
    throw new CommandFailure('--seconds takes 30 to 300');
  return seconds;
}

interface Bench {
  engine: EngineProcess;
  standIn: StandInProcess;
  cache: Valkey;
  plan: JournalPlan;
  /** Where the stand-ins listen. */
  awsPort: number;
  /** Orders that there are to serve. */
  records: number;
  /** Temporary. */
  folder: string;
}

async function startAll(
  context: RunContext<EngineBenchOptions>,
  programs: EngineBenchPrograms,
  seconds: number,
): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), 'supernoba-bench-engine-'));
  context.onEnd(() => rmSync(folder, { recursive: true, force: true }));
  const servedSeconds = WARM_UP_MS / 1000 + seconds + SPARE_S;
  const plan: JournalPlan = {
    seed: SEED,
    commandsPerSymbol: (servedSeconds * SHARD_RECORDS_PER_SECOND) / SYMBOLS_PER_SHARD,
    startMs: Date.now() + IDLE_MS,
    isPublished: false,
  };
  const { standIn, ready, server, cache } = await startAround(context, programs.standIn, plan);
  const engine = await EngineProcess.start({
    bundle: programs.engine,
    awsPort: ready.port,
    valkey: { port: server.port, password: PASSWORD },
    metricsPort: await freePort(),
    ...(context.options.profile === undefined ? {} : { profileFolder: folder }),
    signal: context.signal,
  });
  context.onEnd(() => engine.kill());
  return { engine, standIn, cache, plan, awsPort: ready.port, records: ready.records, folder };
}

/** What an engine needs around it: the stand-ins, and a Valkey with a password. Ends with the command. */
export async function startAround(
  { say, onEnd }: Pick<RunContext<object>, 'say' | 'onEnd'>,
  standInBundle: string,
  plan: JournalPlan,
) {
  say('making the flows');
  const [{ process: standIn, ready }, server] = await Promise.all([
    StandInProcess.start(standInBundle, plan),
    startValkey(),
  ]);
  onEnd(() => standIn.kill());
  onEnd(() => server.stop());
  const cache = await lock(server);
  onEnd(() => cache.disconnect());
  return { standIn, ready, server, cache };
}

/** Gives the server a password, as one in production has. */
async function lock({ host, port }: TestValkey): Promise<Valkey> {
  const open = createValkey({ host, port, name: 'bench' });
  await open.connect();
  await open.config('SET', 'requirepass', PASSWORD);
  open.disconnect();
  const cache = createValkey({ host, port, password: PASSWORD, name: 'bench' });
  await cache.connect();
  return cache;
}

interface Measured {
  before: EngineFigures;
  after: EngineFigures;
  wallSeconds: number;
}

async function measure(
  { say }: { say: (m: string) => void },
  { engine, standIn }: Bench,
  seconds: number,
): Promise<Measured> {
  say(`the engine is ready and idles ${IDLE_MS / 1000} s`);
  await sleep(IDLE_MS);
  standIn.open();
  say(`warming up for ${WARM_UP_MS / 1000} s`);
  await sleep(WARM_UP_MS);
  const before = await engine.figures();
  const begun = performance.now();
  say(`measuring for ${seconds} s`);
  await sleep(seconds * 1000);
  const after = await engine.figures();
  return { before, after, wallSeconds: (performance.now() - begun) / 1000 };
}

/** Waits until every shard's checkpoint is the last record served. @throws CommandFailure when that takes too long */
async function drained(
  { say, signal }: RunContext<EngineBenchOptions>,
  standIn: StandInProcess,
): Promise<Record<string, number>> {
  say('draining');
  const deadline = performance.now() + DRAIN_MS;
  for (;;) {
    signal.throwIfAborted();
    await sleep(POLL_MS);
    const { served, checkpoints } = await standIn.progress();
    const open = Object.entries(served).filter(([shard, count]) => checkpoints[shard] !== sequenceNumber(count - 1));
    if (open.length === 0) return served;
    if (performance.now() > deadline) {
      throw new CommandFailure(
        `${open.map(([shard]) => shard).join(', ')} did not reach the last record in ${DRAIN_MS / 1000} s`,
      );
    }
  }
}

export async function readFrames(cache: Valkey): Promise<Frames> {
  const frames: Frames = new Map();
  for (const symbol of benchShards().flatMap(({ symbols }) => symbols)) {
    const [depth = null, ticker = null] = await cache.mget(`depth:${symbol}`, `ticker:${symbol}`);
    frames.set(symbol, { depth, ticker });
  }
  return frames;
}

function rowsOf(
  { before, after, wallSeconds }: Measured,
  held: Held,
  expected: Expected,
  served: number,
  compared: number,
): ResultRow[] {
  const row = (metric: string, value: number, unit: string) => ({
    workload: 'normal',
    subject: 'engine',
    metric,
    value,
    unit,
  });
  const cpuSeconds = after.cpuSeconds - before.cpuSeconds;
  const orders = after.orders - before.orders;
  return [
    row('ordersPerCpuSecond', Math.round(orders / cpuSeconds), 'orders/s'),
    row('ordersPerSecond', Math.round(orders / wallSeconds), 'orders/s'),
    row('cpuSeconds', Number(cpuSeconds.toFixed(2)), 's'),
    row('wallSeconds', Number(wallSeconds.toFixed(2)), 's'),
    row('orders', orders, 'orders'),
    row('fills', after.fills - before.fills, 'fills'),
    row('statuses', after.statuses - before.statuses, 'statuses'),
    row('snapshots', after.snapshots - before.snapshots, 'manifests'),
    row('checkpoints', after.checkpoints - before.checkpoints, 'writes'),
    row('retries', after.retries - before.retries, 'calls'),
    row('residentMiB', Math.round(after.residentBytes / 1024 / 1024), 'MiB'),
    row('ordersServed', served, 'orders'),
    row('refusals', expected.refusals, 'statuses'),
    row('tradeRows', held.tradeRows, 'rows'),
    row('archiveSegments', held.archiveSegments, 'objects'),
    row('naiveOrders', expected.naiveRecords, 'orders'),
    row('outcomesCompared', compared, 'outcomes'),
  ];
}

/** What the rows of `trade_history` cost beside the engine. */
function consumerRows(rows: number, cpuSeconds: number): ResultRow[] {
  const row = (metric: string, value: number, unit: string) => ({
    workload: 'normal',
    subject: 'trade-history',
    metric,
    value,
    unit,
  });
  return [
    row('rowsPerCpuSecond', Math.round(rows / cpuSeconds), 'rows/s'),
    row('cpuSeconds', Number(cpuSeconds.toFixed(2)), 's'),
  ];
}
