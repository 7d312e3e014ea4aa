import { runSeed, type RunResult } from './run.js';

/** What the parent asks of a worker process, one at a time. */
export interface WorkerTask {
  seed: number;
  /** Lines of what happens, as they happen. */
  trace: boolean;
}

export type WorkerMessage = { type: 'trace'; line: string } | { type: 'result'; result: RunResult };

const send = (message: WorkerMessage) => process.send?.(message);
let strays: string[] = [];

// A promise that nobody waits for would end a real engine.
process.on('unhandledRejection', (reason) => {
  strays.push(`unhandled: ${reason instanceof Error ? (reason.stack ?? reason.message) : String(reason)}`);
});

// Nobody takes the result any more.
process.once('disconnect', () => process.exit(1));

process.on('message', ({ seed, trace }: WorkerTask) => {
  strays = [];
  const tell = trace ? (line: string) => void send({ type: 'trace', line }) : undefined;
  runSeed(seed, tell).then(
    (result) => send({ type: 'result', result: { ...result, problems: [...strays, ...result.problems] } }),
    (error: unknown) => {
      // The parent takes a worker that ends for a finding of the seed.
      process.stderr.write(`seed ${seed} could not run: ${error instanceof Error ? error.stack : String(error)}\n`);
      process.exit(1);
    },
  );
});
