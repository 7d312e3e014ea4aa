import { CommandFailure, type ResultRow, type RunContext } from '@supernoba/command';
import { freePort } from '@supernoba/testing';
import { setTimeout as sleep } from 'node:timers/promises';
import { compareFrames, type Frames } from './compare.js';
import { PASSWORD, readFrames, startAround, type EngineBenchPrograms } from './engine-bench.js';
import { EngineProcess } from './engine-process.js';
import { expectedOutcome } from './expected.js';
import { benchShards, SHARDS, ShardJournal, SYMBOLS_PER_SHARD, type JournalPlan } from './journal.js';

export const RESTART_USAGE = `usage: npm run bench -- restart [--json]

  CPU-seconds of the built engine from its start until it has replayed 1,000,000 journalled orders, all of them published
  before, and serves: 16 symbols on 4 shards, one order a record, snapshots of the first one alone. Starts what it needs.

  --json     end with one line of results`;

const RECORDS = 1_000_000;
const SEED = 42;
/** The journal ends so long before the engine starts. */
const AGO_MS = 120_000;
/** After its replay an engine writes what it knows of every symbol. */
const FRAMES_MS = 30_000;
const POLL_MS = 100;

/** Measures the replay, and holds the books it led to to those of a replay here. */
export async function measureRestart(context: RunContext<object>, programs: EngineBenchPrograms): Promise<ResultRow[]> {
  const plan: JournalPlan = {
    seed: SEED,
    commandsPerSymbol: RECORDS / (SHARDS * SYMBOLS_PER_SHARD),
    startMs: Date.now() - AGO_MS,
    isPublished: true,
  };
  const { standIn, ready, server, cache } = await startAround(context, programs.standIn, plan);
  context.say(`the engine starts, and replays ${ready.records} records`);
  const begun = performance.now();
  const engine = await EngineProcess.start({
    bundle: programs.engine,
    awsPort: ready.port,
    valkey: { port: server.port, password: PASSWORD },
    metricsPort: await freePort(),
    signal: context.signal,
  });
  context.onEnd(() => engine.kill());
  const { cpuSeconds, residentBytes } = await engine.figures();
  const wallSeconds = (performance.now() - begun) / 1000;
  context.say(`serving after ${cpuSeconds.toFixed(1)} CPU-seconds; the same orders are replayed here`);
  const { served } = await standIn.progress();
  const records = Object.values(served).reduce((sum, count) => sum + count, 0);
  const frames = await Promise.race([allFrames(() => readFrames(cache), context.signal), engine.failure()]);
  await engine.stop();

  const journals = benchShards().map((shard, index) => new ShardJournal(shard, index, plan));
  const expected = await expectedOutcome(journals, served);
  const { compared, differences } = compareFrames(frames, expected.frames);
  if (differences.length > 0) {
    throw new CommandFailure(
      `${differences.length} of ${compared} comparisons failed:\n${differences.slice(0, 8).join('\n')}`,
    );
  }
  const row = (metric: string, value: number, unit: string) => ({
    workload: 'restart',
    subject: 'engine',
    metric,
    value,
    unit,
  });
  return [
    row('replayCpuSeconds', Number(cpuSeconds.toFixed(2)), 's'),
    row('wallSeconds', Number(wallSeconds.toFixed(2)), 's'),
    row('records', records, 'orders'),
    row('residentMiB', Math.round(residentBytes / 1024 / 1024), 'MiB'),
    row('naiveOrders', expected.naiveRecords, 'orders'),
    row('outcomesCompared', compared, 'outcomes'),
  ];
}

/** @throws CommandFailure when a symbol's are not written in time */
async function allFrames(read: () => Promise<Frames>, signal: AbortSignal): Promise<Frames> {
  const deadline = performance.now() + FRAMES_MS;
  for (;;) {
    signal.throwIfAborted();
    const frames = await read();
    const missing = [...frames].filter(([, { depth, ticker }]) => depth === null || ticker === null);
    if (missing.length === 0) return frames;
    if (performance.now() > deadline) {
      throw new CommandFailure(`${missing.length} of ${frames.size} symbols have no depth or ticker after the replay`);
    }
    await sleep(POLL_MS);
  }
}
