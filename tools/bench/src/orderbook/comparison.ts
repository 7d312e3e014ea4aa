import type { ResultRow } from '@supernoba/command';
import { quantile } from '../quantiles.js';
import type { EngineProcesses } from './engine-process.js';
import type { EngineResult, EngineTask, Pass } from './engine-task.js';
import { ID_LENGTHS } from './order-ids.js';

export const OWN = '@supernoba/orderbook';
export const PEER = 'nodejs-order-book';

const SUBJECTS: { subject: string; engine: EngineTask['engine']; idLength: EngineTask['idLength'] }[] = [
  { subject: OWN, engine: 'own', idLength: ID_LENGTHS.short },
  { subject: `${OWN} (40-character ids)`, engine: 'own', idLength: ID_LENGTHS.long },
  { subject: PEER, engine: 'peer', idLength: ID_LENGTHS.short },
];

/** Below, the fixed part of a book would be most of what a resting order seems to take. */
const LEAST_RESTING = 100_000;

export interface MeasuredFlow {
  workload: string;
  file: string;
  /** Orders that rest before the mix. */
  preload: number;
}

/**
 * Measures our book and the npm peer on a flow: each in a process of its own, one after the other, round after round.
 *
 * @returns rows of medians over the rounds
 */
export async function compareBooks(
  bundle: string,
  flow: MeasuredFlow,
  rounds: number,
  engines: EngineProcesses,
): Promise<ResultRow[]> {
  const results = new Map<string, EngineResult[]>(SUBJECTS.map(({ subject }) => [subject, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const { subject, engine, idLength } of rotated(SUBJECTS, round)) {
      const passes: Pass[] = ['speed', 'latency'];
      // What an order takes is the same in every round.
      if (round === 0 && flow.preload >= LEAST_RESTING) passes.push('memory');
      const result = await engines.run(bundle, { engine, idLength, file: flow.file, passes });
      results.get(subject)!.push(result);
      engines.say(`${flow.workload}, round ${round + 1} of ${rounds}, ${subject}: ${inWords(result)}`);
    }
  }
  const rows = [...results].flatMap(([subject, ofSubject]) => medians(flow.workload, subject, ofSubject));
  return [...rows, ...timesPeer(flow.workload, rows, engines)];
}

/** Each round begins with another, so that none always runs on what the same one left of the machine. */
function rotated<T>(items: readonly T[], by: number): T[] {
  const start = by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}

function inWords({ speed, latency }: EngineResult): string {
  const { p50Ns, p99Ns, p999Ns, maxCommandMs, maxCommandAt, maxGcMs } = latency!;
  const percentiles = `p50 ${p50Ns}, p99 ${p99Ns}, p99.9 ${p999Ns} ns`;
  const longest = `longest command ${maxCommandMs.toFixed(2)} ms (the ${maxCommandAt + 1}th of the mix)`;
  const { nsPerOp, cpuNsPerOp } = speed!;
  return `${nsPerOp.toFixed(0)} ns/op (${cpuNsPerOp.toFixed(0)} of CPU), ${percentiles}, ${longest}, longest collection ${maxGcMs.toFixed(2)} ms`;
}

function medians(workload: string, subject: string, results: readonly EngineResult[]): ResultRow[] {
  const row = (metric: string, unit: string, pick: (result: EngineResult) => number): ResultRow => ({
    workload,
    subject,
    metric,
    value: quantile(results.map(pick), 0.5),
    unit,
  });
  const rows = [
    row('nsPerOp', 'ns', ({ speed }) => speed!.nsPerOp),
    row('cpuNsPerOp', 'ns', ({ speed }) => speed!.cpuNsPerOp),
    row('opsPerSecond', 'ops/s', ({ speed }) => Math.round(1e9 / speed!.nsPerOp)),
    row('p50Ns', 'ns', ({ latency }) => latency!.p50Ns),
    row('p99Ns', 'ns', ({ latency }) => latency!.p99Ns),
    row('p999Ns', 'ns', ({ latency }) => latency!.p999Ns),
    row('maxPauseMs', 'ms', ({ latency }) => latency!.maxPauseMs),
    row('maxCommandMs', 'ms', ({ latency }) => latency!.maxCommandMs),
    row('timerNs', 'ns', ({ latency }) => latency!.timerNs),
    row('outcomeFieldsCompared', 'fields', ({ speed, latency }) => Math.min(speed!.compared, latency!.compared)),
    { workload, subject, metric: 'rounds', value: results.length, unit: 'rounds' },
  ];
  const bytesPerOrder = results.find((result) => result.bytesPerOrder !== undefined)?.bytesPerOrder;
  if (bytesPerOrder !== undefined) {
    rows.push({ workload, subject, metric: 'bytesPerOrder', value: bytesPerOrder, unit: 'bytes' });
  }
  return rows;
}

function timesPeer(workload: string, rows: readonly ResultRow[], engines: EngineProcesses): ResultRow[] {
  const nsPerOp = (subject: string) => rows.find((row) => row.subject === subject && row.metric === 'nsPerOp')!.value;
  return SUBJECTS.filter(({ engine }) => engine === 'own').map(({ subject }) => {
    const value = nsPerOp(PEER) / nsPerOp(subject);
    engines.say(`${workload}: ${subject} makes ${value.toFixed(1)} times the operations a second of ${PEER}`);
    return { workload, subject, metric: 'timesPeer', value, unit: 'times' };
  });
}
