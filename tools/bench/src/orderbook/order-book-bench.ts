import { CommandFailure, type ResultRow, type RunContext } from '@supernoba/command';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeWorkload } from '../workload/format.js';
import { compareBooks, OWN, type MeasuredFlow } from './comparison.js';
import { measureFeatures, measureGrowth } from './costs.js';
import { EngineProcesses } from './engine-process.js';
import { ID_LENGTHS } from './order-ids.js';
import { bundleWithoutAsserts } from './without-asserts.js';
import { workloadFile, type WorkloadSeed } from './workload-cache.js';

export const ORDER_BOOK_USAGE = `usage: npm run bench -- orderbook [--rounds 3] [--only PART] [--file F] [--soak] [--json]

  Our order book and the npm peer nodejs-order-book on the same order flows, each in a process of its own. Fails when
  a book's trades or its final depth are not those of the flow's header; speed alone never makes it fail.

  --rounds  rounds of each measurement, 1 to 20; the figures are medians
  --only    one part: normal, deep, growth (cost by resting orders), features (cost of each)
  --file    compare on this order-flow file instead
  --soak    100 million commands on one book, and whether its memory stays bounded; nothing else
  --json    end with one line of results`;

export const ORDER_BOOK_OPTIONS = {
  rounds: { type: 'string' },
  only: { type: 'string' },
  file: { type: 'string' },
  soak: { type: 'boolean' },
} as const;

export interface OrderBookBenchOptions {
  rounds?: string;
  only?: string;
  file?: string;
  soak?: boolean;
}

/** Where the program of a book's own process is: its bundle, and its source for a bundle without asserts. */
export interface EngineProgram {
  bundle: string;
  source: string;
}

const PARTS = ['normal', 'deep', 'growth', 'features'] as const;
type Part = (typeof PARTS)[number];

const NORMAL: WorkloadSeed = { preload: 0, mix: 2_000_000, seed: 42 };
const DEEP: WorkloadSeed = { preload: 1_000_000, mix: 2_000_000, seed: 42 };
const GROWTH_SIZES = [1_000, 10_000, 100_000, 1_000_000];
const GROWTH_MIX = 1_000_000;

/** What the options ask for. */
export interface Plan {
  rounds: number;
  parts: readonly Part[];
  file?: string;
  soak: boolean;
}

/** @throws CommandFailure for options that say nothing that can be run */
export function planOf(options: OrderBookBenchOptions): Plan {
  const rounds = Number(options.rounds ?? 3);
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 20) throw new CommandFailure('--rounds takes 1 to 20');
  const only = PARTS.find((part) => part === options.only);
  if (options.only !== undefined && only === undefined)
    throw new CommandFailure(`--only takes one of ${PARTS.join(', ')}`);
  const whole = [options.file !== undefined, options.only !== undefined, options.soak === true].filter(Boolean);
  if (whole.length > 1) throw new CommandFailure('--file, --only and --soak exclude each other');
  return {
    rounds,
    parts: options.file !== undefined || options.soak === true ? [] : only ? [only] : PARTS,
    soak: options.soak === true,
    ...(options.file !== undefined && { file: options.file }),
  };
}

/** Measures what the options ask for. The last row says how often an outcome was held to a header. */
export async function measureOrderBook(
  context: RunContext<OrderBookBenchOptions>,
  program: EngineProgram,
): Promise<ResultRow[]> {
  const { rounds, parts, file, soak } = planOf(context.options);
  const engines = new EngineProcesses(context);
  const rows: ResultRow[] = [];
  if (soak) rows.push(...(await soakRows(program, engines)));
  if (file !== undefined) rows.push(...(await compareBooks(program.bundle, givenFlow(file), rounds, engines)));
  for (const part of parts) rows.push(...(await measurePart(part, program, rounds, engines)));
  const compared = engines.outcomesCompared;
  return [...rows, { workload: 'all', subject: 'all', metric: 'outcomesCompared', value: compared, unit: 'outcomes' }];
}

async function measurePart(
  part: Part,
  program: EngineProgram,
  rounds: number,
  engines: EngineProcesses,
): Promise<ResultRow[]> {
  const fileOf = (seed: WorkloadSeed) => workloadFile(seed, (message) => engines.say(message));
  switch (part) {
    case 'normal':
    case 'deep': {
      const seed = part === 'normal' ? NORMAL : DEEP;
      const flow = { workload: part, file: fileOf(seed), preload: seed.preload };
      return compareBooks(program.bundle, flow, rounds, engines);
    }
    case 'growth': {
      const file = (preload: number) => fileOf({ preload, mix: GROWTH_MIX, seed: NORMAL.seed });
      const files = new Map(GROWTH_SIZES.map((resting) => [resting, file(resting)]));
      return measureGrowth(program.bundle, files, rounds, engines);
    }
    case 'features':
      return featureRows(program, fileOf(NORMAL), rounds, engines);
  }
}

async function featureRows(
  program: EngineProgram,
  file: string,
  rounds: number,
  engines: EngineProcesses,
): Promise<ResultRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'supernoba-bench-'));
  try {
    const bundle = join(folder, 'engine-without-asserts.mjs');
    const leftOut = await bundleWithoutAsserts(program.source, bundle);
    const rows = await measureFeatures(program.bundle, bundle, file, rounds, engines);
    const subject = `${OWN} (without asserts)`;
    return [...rows, { workload: 'features', subject, metric: 'assertsLeftOut', value: leftOut, unit: 'asserts' }];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @throws CommandFailure for a file that cannot be read or is no order flow */
function givenFlow(file: string): MeasuredFlow {
  try {
    const { header } = decodeWorkload(readFileSync(file));
    return { workload: 'file', file, preload: header.preload };
  } catch (error) {
    throw new CommandFailure(`${file}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

async function soakRows(program: EngineProgram, engines: EngineProcesses): Promise<ResultRow[]> {
  const file = workloadFile(NORMAL, (message) => engines.say(message));
  const { soak } = await engines.run(program.bundle, {
    engine: 'own',
    file,
    idLength: ID_LENGTHS.short,
    own: { requestIds: true },
    passes: ['soak'],
  });
  const row = (metric: string, value: number, unit: string) => ({
    workload: 'soak',
    subject: OWN,
    metric,
    value,
    unit,
  });
  return [
    row('commands', soak!.commands, 'commands'),
    row('steadyBytes', soak!.steadyBytes, 'bytes'),
    row('endBytes', soak!.endBytes, 'bytes'),
    row('boundBytes', soak!.boundBytes, 'bytes'),
  ];
}
