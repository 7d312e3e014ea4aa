import { STREAMS, TABLES } from '@supernoba/protocol';
import { createHash } from 'node:crypto';
import { auditRun } from './audit/audit-run.js';
import { drawFaults, FAULTS, type FaultKind } from './faults.js';
import { Fleet, type EngineSettings } from './fleet.js';
import { Random } from './random.js';
import { VirtualRouter } from './router.js';
import { Scheduler } from './scheduler.js';
import { drawWorkload } from './workload.js';
import { LuaRunner } from './world/lua.js';
import { VirtualProcess } from './world/process.js';
import { STREAM, VirtualWorld } from './world/virtual-world.js';

/** How many symbols and engines a run has. */
const SYMBOLS = 4;
const ENGINES = 2;
const RUSH_MS = 65_000;
/** Minutes close and the refresh comes round before the run counts as settled. */
const QUIET_MS = 66_000;
/** A fault that found nothing to act on is tried again. */
const RETRY_FAULT_MS = 1_000;
const SETTLE_LIMIT_MS = 900_000;
/** 2026-01-05 00:00 +09:00: a day boundary near which runs begin. */
const MIDNIGHT = Date.UTC(2026, 0, 4, 15);

export interface RunResult {
  seed: number;
  /** What did not hold; empty where everything did. */
  problems: string[];
  /** Figures of the run by metric. */
  counts: Record<string, number>;
  faults: Partial<Record<FaultKind, number>>;
  /** Hash over everything that happened, in order: equal for two runs of one seed. */
  digest: string;
  virtualMs: number;
}

/** Runs one seed from its first order to the audit. */
export async function runSeed(seed: number, trace: (line: string) => void = () => undefined): Promise<RunResult> {
  const random = new Random(seed);
  const scheduler = new Scheduler();
  const hash = createHash('sha256');
  const record = (line: string) => {
    const text = `${scheduler.now.toFixed(3)} ${line}`;
    hash.update(text);
    trace(text);
  };
  const plan = random.fork('plan');
  const isRush = plan.chance(0.2);
  const world = new VirtualWorld({
    scheduler,
    random,
    lua: await LuaRunner.create(),
    epochMs: MIDNIGHT - plan.integer(-600_000, 250_000),
    orderShards: isRush ? 1 : plan.integer(1, 3),
    trace: record,
  });
  const symbols = Array.from({ length: SYMBOLS }, (_, index) => `SIM${index}-${plan.integer(1, 99)}`);
  const durationMs = isRush ? RUSH_MS : plan.integer(60_000, 200_000);
  const workload = drawWorkload(random.fork('workload'), symbols, { durationMs, isRush });
  const planned = drawFaults(random.fork('faults'), workload.endsAt);
  const fleet = new Fleet(world, random.fork('fleet'), drawSettings(plan), ENGINES);
  const router = new VirtualRouter(world, new VirtualProcess('router', scheduler));
  const problems: string[] = [];
  const attempt = (promise: Promise<void>) => void promise.catch((error: unknown) => problems.push(String(error)));

  for (const submission of workload.submissions)
    scheduler.after(submission.at, () => attempt(router.submit(submission)));
  for (const { at, symbol, record: change } of workload.changes) {
    scheduler.after(at, () => attempt(router.administrate(symbol, change)));
  }
  const faults: RunResult['faults'] = {};
  const scene = { world, fleet, random: random.fork('scene'), symbols };
  const inject = (kind: FaultKind) => {
    if (FAULTS[kind](scene)) {
      record(`fault ${kind}`);
      faults[kind] = (faults[kind] ?? 0) + 1;
    } else if (scheduler.now < workload.endsAt) {
      scheduler.after(RETRY_FAULT_MS, () => inject(kind));
    }
  };
  for (const { at, kind } of planned) scheduler.after(at, () => inject(kind));
  fleet.open();
  try {
    await settle(scheduler, world, fleet, router, workload.endsAt);
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
  }
  problems.push(...fleet.problems, ...world.watch.problems);
  const audit = await auditRun(world, router.answers, symbols).catch((error: unknown) => ({
    // What it cannot read, such as an archive with a hole, is a finding.
    problems: [`the audit ended: ${String(error)}`],
    counts: {},
  }));
  // What did not settle differs anyway.
  if (problems.length === 0) problems.push(...audit.problems);
  const orders = workload.submissions.reduce((sum, submission) => sum + submission.orders.length, 0);
  const counts = { ...audit.counts, orders, faults: total(faults), engines: fleet.started };
  problems.push(...missing(counts, Object.keys(faults).length));
  return {
    seed,
    problems,
    counts,
    faults,
    digest: hash.digest('hex'),
    virtualMs: scheduler.now,
  };
}

/** A run in which too little happened shows nothing. */
function missing(counts: Record<string, number>, kinds: number): string[] {
  const floors = {
    orders: 1_000,
    accepted: 900,
    fills: 50,
    statuses: 500,
    depthsCompared: 4,
    snapshotsCompared: 4,
    archivedRecordsCompared: 500,
    faults: 5,
  };
  return Object.entries({ ...floors, kinds: 3 })
    .filter(([metric, least]) => ((metric === 'kinds' ? kinds : counts[metric]) ?? 0) < least)
    .map(([metric, least]) => `${metric === 'kinds' ? kinds : counts[metric]} ${metric} are fewer than ${least}`);
}

function total(faults: RunResult['faults']): number {
  return Object.values(faults).reduce((sum, count) => sum + count, 0);
}

async function settle(
  scheduler: Scheduler,
  world: VirtualWorld,
  fleet: Fleet,
  router: VirtualRouter,
  endsAt: number,
): Promise<void> {
  const limit = endsAt + SETTLE_LIMIT_MS;
  let quietSince = Infinity;
  scheduler.after(endsAt, () => world.network.calm());
  const look = () => {
    const quiet = scheduler.now > endsAt && router.open === 0 && fleet.problems.length === 0 && published(world);
    if (!quiet) quietSince = Infinity;
    else if (quietSince === Infinity) quietSince = scheduler.now;
    scheduler.after(500, look);
  };
  look();
  await scheduler.run(() => scheduler.now - quietSince > QUIET_MS || fleet.problems.length > 0, limit);
  fleet.close();
}

/** Whether the lease of every shard says that all its records are published. */
function published(world: VirtualWorld): boolean {
  const rows = new Map(world.dynamo.rows(world.leasesTable).map((row) => [row['leaseKey'], row]));
  return world.kinesis.shards(STREAM.orders).every(({ shardId, records, closed }) => {
    const checkpoint = rows.get(shardId)?.['checkpoint'];
    if (closed) return checkpoint === 'SHARD_END';
    const last = records.at(-1);
    return last === undefined || checkpoint === last.sequenceNumber;
  });
}

function drawSettings(random: Random): EngineSettings {
  return {
    ordersStream: STREAMS.orders.name,
    fillsStream: STREAMS.fills.name,
    statusStream: STREAMS.orderStatus.name,
    pollMs: 200,
    minRetentionHours: 168,
    leasesTable: TABLES.leases.name,
    deadLettersTable: TABLES.deadLetters.name,
    consumer: 'polling',
    consumerName: 'simulated',
    leaseMs: random.pick([4_000, 10_000]),
    snapshotKeepMs: random.integer(10_000, 60_000),
    archiveIntervalMs: random.integer(100, 2_000),
    snapshotIntervalMs: random.integer(2_000, 30_000),
    checkpointIntervalMs: random.integer(0, 1_000),
    maxBatchesInFlight: random.pick([1, 4, 16]),
    hashTags: false,
  };
}
