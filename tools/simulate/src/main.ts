import { CommandFailure, runCommand, type ResultRow, type RunContext } from '@supernoba/command';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorker } from './bundle.js';
import { PLANTED_BUGS } from './planted-bugs.js';
import { runSeeds } from './pool.js';
import type { RunResult } from './run.js';

interface Options {
  seeds?: string;
  first?: string;
  seed?: string;
  trace?: boolean;
  planted?: boolean;
}

const USAGE = `usage: npm run simulate -- [--seeds 20] [--first 1] [--json]
       npm run simulate -- --seed S [--trace]
       npm run simulate -- --planted [--seeds 300] [--first 1]

Runs the engine's own code on virtual streams, tables, caches, objects and clocks. One seed is one run: at least 1,000
orders and five faults, then the audit. Prints the seeds that fail.

  --seeds    how many seeds
  --first    the first of them
  --seed     this one alone
  --trace    every call, fault and log line of that run on stderr
  --planted  put known bugs into the engine, one after the other, and count the seeds until each is found
  --json     end with one line of results`;

const root = fileURLToPath(new URL('../../..', import.meta.url));

await runCommand<Options>({
  name: 'simulate',
  usage: USAGE,
  options: {
    seeds: { type: 'string' },
    first: { type: 'string' },
    seed: { type: 'string' },
    trace: { type: 'boolean' },
    planted: { type: 'boolean' },
  },
  floors: { seeds: 1, orders: 1_000, fills: 100, faults: 5, faultKinds: 3 },
  timeLimitMs: 3_600_000,
  async run(context) {
    const { seed, trace = false, planted = false } = context.options;
    if (context.positionals.length > 0) throw new CommandFailure(`no argument is wanted\n${USAGE}`);
    if (trace && seed === undefined) throw new CommandFailure('--trace wants one --seed');
    const isRange = context.options.seeds !== undefined || context.options.first !== undefined;
    if (seed !== undefined && (planted || isRange)) throw new CommandFailure('--seed stands alone, or with --trace');
    const folder = mkdtempSync(join(root, 'tools', 'simulate', 'dist', 'run-'));
    context.onEnd(() => rmSync(folder, { recursive: true, force: true }));
    if (planted) return hunt(context, folder);
    const first = integer('--seed', seed) ?? integer('--first', context.options.first) ?? 1;
    const count = seed === undefined ? (integer('--seeds', context.options.seeds) ?? 20) : 1;
    return sweep(context, folder, first, count);
  },
});

/** Runs the engine as it is: every seed must hold. */
async function sweep(context: RunContext<Options>, folder: string, first: number, count: number): Promise<ResultRow[]> {
  const { say, signal, options } = context;
  const worker = join(folder, 'worker.mjs');
  await bundleWorker(root, worker);
  const results: RunResult[] = [];
  await runSeeds({
    worker,
    seeds: range(first, count),
    signal,
    ...(options.trace === true ? { trace: say, processes: 1 } : {}),
    onResult(result) {
      results.push(result);
      for (const problem of result.problems.slice(0, 5)) say(`seed ${result.seed}: ${problem}`);
      if (results.length % 25 === 0) say(`${results.length} of ${count} seeds`);
    },
  });
  const failing = results.filter(({ problems }) => problems.length > 0).map(({ seed }) => seed);
  const rows = figures(`seeds ${first} to ${first + count - 1}`, results);
  if (failing.length > 0) {
    failing.sort((a, b) => a - b);
    throw new CommandFailure(
      `${failing.length} of ${results.length} seeds fail: ${failing.join(', ')}\nsee one: npm run simulate -- --seed ${failing[0]} --trace`,
    );
  }
  return rows;
}

/** Runs the engine with each planted bug until a seed finds it. */
async function hunt(context: RunContext<Options>, folder: string): Promise<ResultRow[]> {
  const { say, signal, options } = context;
  const first = integer('--first', options.first) ?? 1;
  const count = integer('--seeds', options.seeds) ?? 300;
  const all: RunResult[] = [];
  const rows: ResultRow[] = [];
  const missed: string[] = [];
  for (const [index, { name, edits }] of PLANTED_BUGS.entries()) {
    const worker = join(folder, `planted-${index}.mjs`);
    await bundleWorker(root, worker, edits);
    const runs: RunResult[] = [];
    await runSeeds({
      worker,
      seeds: range(first, count),
      signal,
      onResult(result) {
        runs.push(result);
        return result.problems.length > 0;
      },
    });
    all.push(...runs);
    const found = runs.filter(({ problems }) => problems.length > 0).sort((a, b) => a.seed - b.seed)[0];
    say(found === undefined ? `not found: ${name}` : `found by seed ${found.seed}: ${name}: ${found.problems[0]}`);
    if (found === undefined) missed.push(name);
    else rows.push({ workload: 'planted', subject: name, metric: 'foundBySeed', value: found.seed, unit: 'seed' });
  }
  rows.push({
    workload: 'planted',
    subject: 'simulator',
    metric: 'plantedBugs',
    value: PLANTED_BUGS.length,
    unit: 'bugs',
  });
  if (missed.length > 0) throw new CommandFailure(`${missed.length} planted bugs were not found: ${missed.join('; ')}`);
  return [...rows, ...figures('planted', all)];
}

function figures(workload: string, results: readonly RunResult[]): ResultRow[] {
  const row = (metric: string, value: number, unit: string): ResultRow => ({
    workload,
    subject: 'simulator',
    metric,
    value,
    unit,
  });
  const sums = new Map<string, number>();
  const kinds = new Map<string, number>();
  for (const { counts, faults } of results) {
    for (const [metric, value] of Object.entries(counts)) sums.set(metric, (sums.get(metric) ?? 0) + value);
    for (const [kind, times] of Object.entries(faults)) kinds.set(kind, (kinds.get(kind) ?? 0) + times);
  }
  return [
    row('seeds', results.length, 'runs'),
    ...[...sums].map(([metric, value]) => row(metric, value, metric)),
    row('faultKinds', kinds.size, 'kinds'),
    ...[...kinds].sort().map(([kind, times]) => row(`fault:${kind}`, times, 'faults')),
  ];
}

function range(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}

function integer(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text)) throw new CommandFailure(`${option} wants a whole number, not ${text}`);
  return Number(text);
}
