import { fstatSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { KinesisLog } from './context.js';
import { startKinesisServer, type KinesisServerOptions } from './server.js';

/** A flag that is missing or makes no sense. */
export class KinesisUsageError extends Error {
  override readonly name = 'KinesisUsageError';
}

/**
 * Reads the flags of the server's process: `--data DIR` (needed), `--host`, `--port` (0: any free one), `--region`
 * (else AWS_REGION), `--account`, `--limits`, `--fsync`, `--shard-limit N`, `--transition-ms N`.
 * @throws KinesisUsageError
 */
export function readKinesisFlags(argv: readonly string[], env: NodeJS.ProcessEnv): KinesisServerOptions {
  const flags = parse(argv);
  if (flags.data === undefined || flags.data === '') throw new KinesisUsageError('--data DIR is missing');
  const region = flags.region ?? env['AWS_REGION'];
  if (flags.account !== undefined && !/^\d{12}$/.test(flags.account)) {
    throw new KinesisUsageError('--account must have twelve digits');
  }
  return {
    dataDir: flags.data,
    host: flags.host,
    port: integer('--port', flags.port, 0, 65_535),
    shardLimit: integer('--shard-limit', flags['shard-limit'], 1, 10_000),
    transitionMs: integer('--transition-ms', flags['transition-ms'], 0, 600_000),
    limits: flags.limits,
    fsync: flags.fsync,
    ...(region && { region }),
    ...(flags.account !== undefined && { accountId: flags.account }),
  };
}

/**
 * The server as a process of its own. Prints `{"ready":true,"port":N}` on stdout once it takes requests, and messages as
 * JSON lines on stderr. Ends on SIGTERM, and when its parent goes away: when the IPC channel closes where there is one,
 * else when stdin does. With an IPC channel SIGINT is left to the parent, which decides in what order its children end.
 * Exit code 1 where it could not start, 2 for wrong flags.
 */
export async function runKinesis(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  // A parent that was killed reads no more: that a message cannot be told must not keep the logs from being closed.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  try {
    const server = await startKinesisServer({ ...readKinesisFlags(argv, env), log: logToStderr });
    let ending = false;
    whenToEnd((reason) => {
      if (ending) return;
      ending = true;
      logToStderr('info', 'ending', { reason });
      server.close().then(
        () => process.exit(0),
        (error: unknown) => fail(error, 1),
      );
    });
    process.stdout.write(`${JSON.stringify({ ready: true, port: server.port })}\n`);
  } catch (error) {
    fail(error, error instanceof KinesisUsageError ? 2 : 1);
  }
}

function whenToEnd(end: (reason: string) => void): void {
  process.on('SIGTERM', () => end('SIGTERM'));
  if (typeof process.send === 'function') {
    process.on('SIGINT', () => logToStderr('info', 'SIGINT is left to the parent process'));
    process.on('disconnect', () => end('the parent process went away'));
    if (!process.connected) end('the parent process went away');
    return;
  }
  process.on('SIGINT', () => end('SIGINT'));
  const stdin = fstatSync(0);
  // A terminal or /dev/null says nothing about a parent; a pipe ends with the process that holds its other end.
  if (!stdin.isFIFO() && !stdin.isSocket()) return;
  process.stdin.on('end', () => end('stdin was closed'));
  process.stdin.on('error', () => end('stdin failed'));
  process.stdin.resume();
}

const logToStderr: KinesisLog = (level, message, fields = {}) => {
  process.stderr.write(`${JSON.stringify({ level, time: Date.now(), name: 'kinesis', msg: message, ...fields })}\n`);
};

function fail(error: unknown, code: number): void {
  logToStderr('error', error instanceof Error ? error.message : String(error));
  process.exit(code);
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        data: { type: 'string' },
        host: { type: 'string', default: '127.0.0.1' },
        port: { type: 'string', default: '0' },
        region: { type: 'string' },
        account: { type: 'string' },
        limits: { type: 'boolean', default: false },
        fsync: { type: 'boolean', default: false },
        'shard-limit': { type: 'string', default: '500' },
        'transition-ms': { type: 'string', default: '0' },
      },
    }).values;
  } catch (cause) {
    throw new KinesisUsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function integer(flag: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max) {
    throw new KinesisUsageError(`${flag} must be an integer from ${min} to ${max}, not ${text}`);
  }
  return value;
}
