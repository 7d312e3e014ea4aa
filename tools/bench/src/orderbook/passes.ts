import { PerformanceObserver, performance } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { BATCH, type DrivenBook } from './driven-book.js';
import type { Flow } from './flow.js';
import { compareOutcome } from './outcome.js';

export interface Speed {
  /** Of the mix alone, by the clock on the wall. */
  nsPerOp: number;
  /** The same in CPU time of the whole process, its collector's threads included: less on a machine that is shared. */
  cpuNsPerOp: number;
  compared: number;
}

export interface Latency {
  p50Ns: number;
  p99Ns: number;
  p999Ns: number;
  /** The longest command or garbage collection of the mix. */
  maxPauseMs: number;
  /** The longest command, and its place in the mix. */
  maxCommandMs: number;
  maxCommandAt: number;
  /** The longest garbage collection, between commands or within one. */
  maxGcMs: number;
  /** What the timer itself takes; it has been taken off the percentiles. */
  timerNs: number;
  compared: number;
}

/** Runs the mix without a timer inside: the batches are timed from outside. */
export function measureSpeed(driven: DrivenBook, flow: Flow): Speed {
  const { preload, mix } = flow.header;
  runUntimed(driven, 0, preload);
  collectGarbage();
  let elapsedMs = 0;
  let cpuUs = 0;
  for (const [from, to] of batches(preload, preload + mix)) {
    driven.prepare(from, to);
    const cpuBefore = process.cpuUsage();
    const started = performance.now();
    driven.run();
    elapsedMs += performance.now() - started;
    const { user, system } = process.cpuUsage(cpuBefore);
    cpuUs += user + system;
    driven.settle();
  }
  const compared = compareOutcome(flow.header, driven.outcome());
  return { nsPerOp: (elapsedMs * 1e6) / mix, cpuNsPerOp: (cpuUs * 1e3) / mix, compared };
}

/** Runs the mix with a timer around every command. */
export async function measureLatency(driven: DrivenBook, flow: Flow): Promise<Latency> {
  const { preload, mix } = flow.header;
  const timerNs = timerCost();
  const latencies = new Float64Array(mix);
  runUntimed(driven, 0, preload);
  collectGarbage();
  const pauses = await watchGarbageCollection();
  for (const [from, to] of batches(preload, preload + mix)) {
    driven.prepare(from, to);
    driven.runTimed(latencies, from - preload);
    driven.settle();
  }
  const maxGcMs = await pauses.longestMs();
  const compared = compareOutcome(flow.header, driven.outcome());
  let maxCommandAt = 0;
  for (let n = 1; n < mix; n += 1) if (latencies[n]! > latencies[maxCommandAt]!) maxCommandAt = n;
  const maxCommandMs = latencies[maxCommandAt]! / 1e6;
  const sorted = latencies.sort();
  const at = (share: number) => Math.max(0, sorted[Math.ceil(share * mix) - 1]! - timerNs);
  return {
    p50Ns: at(0.5),
    p99Ns: at(0.99),
    p999Ns: at(0.999),
    maxPauseMs: Math.max(maxCommandMs, maxGcMs),
    maxCommandMs,
    maxCommandAt,
    maxGcMs,
    timerNs,
    compared,
  };
}

/** Bytes that a book with the orders of the preload keeps alive, a resting order. */
export async function measureMemory(create: () => DrivenBook, flow: Flow): Promise<number> {
  const { preload } = flow.header;
  if (preload === 0) throw new Error('the memory of resting orders needs a flow with a preload');
  const before = await bytesInUse();
  const driven = create();
  runUntimed(driven, 0, preload);
  // The next batch takes the place of the last one's commands and answers.
  driven.prepare(0, 0);
  const after = await bytesInUse();
  // The book is still needed here: what is measured must not be collected before it was.
  driven.settle();
  return (after - before) / preload;
}

/** Live bytes of the heap and of memory outside it (array buffers are part of that). */
export async function bytesInUse(): Promise<number> {
  for (let round = 0; round < 3; round += 1) {
    collectGarbage();
    await turn();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Runs the records `from` to `to` (exclusive). */
export function runUntimed(driven: DrivenBook, first: number, end: number): void {
  for (const [from, to] of batches(first, end)) {
    driven.prepare(from, to);
    driven.run();
    driven.settle();
  }
}

function* batches(first: number, end: number): IterableIterator<readonly [number, number]> {
  for (let from = first; from < end; from += BATCH) yield [from, Math.min(end, from + BATCH)];
}

function collectGarbage(): void {
  if (globalThis.gc === undefined) throw new Error('run this with node --expose-gc');
  globalThis.gc();
}

const TIMER_SAMPLES = 100_000;

/** Median of what two readings with nothing between them differ by. */
function timerCost(): number {
  const samples = new Float64Array(TIMER_SAMPLES);
  for (let n = 0; n < TIMER_SAMPLES; n += 1) {
    const started = process.hrtime.bigint();
    samples[n] = Number(process.hrtime.bigint() - started);
  }
  return samples.sort()[TIMER_SAMPLES / 2]!;
}

async function watchGarbageCollection() {
  let longest = 0;
  let started = performance.now();
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if (entry.startTime >= started) longest = Math.max(longest, entry.duration);
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  await turn();
  started = performance.now();
  return {
    async longestMs(): Promise<number> {
      for (let round = 0; round < 3; round += 1) await turn();
      observer.disconnect();
      return longest;
    },
  };
}
