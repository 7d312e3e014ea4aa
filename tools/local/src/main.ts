import { fileURLToPath } from 'node:url';
import { ForeignFolderError } from './exchange/data-folder.js';
import { parseOptions, USAGE, UsageError } from './exchange/options.js';
import { PortTakenError } from './exchange/ports.js';
import type { ReadyMessage } from './exchange/ready-message.js';
import { runExchange, StartRefused } from './exchange/run.js';
import { PartError } from './supervisor/part-runner.js';

const WORKSPACE = fileURLToPath(new URL('../../..', import.meta.url));

/** Errors that say by themselves what happened and what to do. */
const TOLD_AS_THEY_ARE = [UsageError, StartRefused, PortTakenError, ForeignFolderError, PartError];

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(USAGE);
    return;
  }
  for (const stream of [process.stdout, process.stderr]) stream.on('error', onOutputError);
  const ending = new AbortController();
  const end = () => ending.abort();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);
  // Started by another program: it does not outlive that one, which may even be gone already.
  if (process.connected === false) return;
  if (process.channel) {
    process.once('disconnect', end);
    process.channel.unref();
  }
  await runExchange({
    ...options,
    root: WORKSPACE,
    env: process.env,
    say: (message) => process.stdout.write(`${message}\n`),
    signal: ending.signal,
    onReady: () => {
      if (process.connected) process.send?.({ kind: 'ready' } satisfies ReadyMessage);
    },
  });
}

/** Whoever read the output may be gone; the exchange goes on. */
function onOutputError(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    const told = TOLD_AS_THEY_ARE.some((known) => error instanceof known);
    process.stderr.write(`${told ? (error as Error).message : error instanceof Error ? error.stack : String(error)}\n`);
    if (error instanceof UsageError) process.stderr.write(`\n${USAGE}`);
    process.exit(error instanceof UsageError ? 2 : 1);
  },
);
