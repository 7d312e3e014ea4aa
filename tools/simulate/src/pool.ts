import { fork, type ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import type { RunResult } from './run.js';
import type { WorkerMessage, WorkerTask } from './worker.js';

/** Longest time for one seed, real ms: some two seconds of CPU on a machine that may have much else to do. */
const SEED_LIMIT_MS = 600_000;

export interface PoolOptions {
  /** The bundled worker. */
  worker: string;
  seeds: Iterable<number>;
  trace?: (line: string) => void;
  /** Called with each result, in the order in which they come; true ends the pool early. */
  onResult: (result: RunResult) => boolean | void;
  signal?: AbortSignal;
  processes?: number;
}

/** Runs seeds in processes side by side, one a core. */
export async function runSeeds({ worker, seeds, trace, onResult, signal, processes }: PoolOptions): Promise<void> {
  const left = seeds[Symbol.iterator]();
  let isOver = false;
  const lane = async () => {
    let child = start(worker);
    const end = () => child.kill('SIGKILL');
    signal?.addEventListener('abort', end, { once: true });
    try {
      for (let next = left.next(); !isOver && next.done !== true; next = left.next()) {
        const result = await runOne(child, { seed: next.value, trace: trace !== undefined }, trace);
        if (signal?.aborted === true) return;
        if (child.exitCode !== null || child.signalCode !== null) child = start(worker);
        if (onResult(result) === true) isOver = true;
      }
    } finally {
      signal?.removeEventListener('abort', end);
      end();
    }
  };
  await Promise.all(Array.from({ length: processes ?? availableParallelism() }, lane));
}

function start(worker: string): ChildProcess {
  return fork(worker, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: ['--enable-source-maps'] });
}

/** A seed that ends its process, or does not come to an end, is a finding as any other. */
function runOne(
  child: ChildProcess,
  task: WorkerTask,
  trace: ((line: string) => void) | undefined,
): Promise<RunResult> {
  return new Promise((resolve) => {
    const limit = setTimeout(() => child.kill('SIGKILL'), SEED_LIMIT_MS);
    const finish = (result: RunResult) => {
      clearTimeout(limit);
      child.removeAllListeners();
      resolve(result);
    };
    const broken = (problem: string) =>
      finish({ seed: task.seed, problems: [problem], counts: {}, faults: {}, digest: '', virtualMs: 0 });
    child.once('error', (error) => broken(`its process: ${error.message}`));
    child.once('exit', (code, by) => broken(`its process has ended (${by ?? `code ${code}`})`));
    child.on('message', (message: WorkerMessage) => {
      if (message.type === 'trace') trace?.(message.line);
      if (message.type === 'result') finish(message.result);
    });
    child.send(task);
  });
}
