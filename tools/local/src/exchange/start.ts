import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sleepUnlessAborted } from '../supervisor/sleep.js';
import { readEndpoints, type Endpoints } from './endpoints.js';
import { isReadyMessage } from './ready-message.js';

export interface StartExchangeOptions {
  /** Where its data lies and stays; unless given, a temporary folder that `stop` removes. */
  dataDir?: string;
  /** The public port; 0, the default, takes a free one. */
  port?: number;
  /** Starts the market-making bot too. */
  demo?: boolean;
  /** Variables for the parts, besides this process's own: `LOG_LEVEL`, `SNAPSHOT_INTERVAL_MS` … */
  env?: Readonly<Record<string, string>>;
  /** Ends the exchange, ready or not. */
  signal?: AbortSignal;
  /** Longest time until all is ready; default 120,000. */
  timeoutMs?: number;
}

export interface RunningExchange {
  endpoints: Endpoints;
  dataDir: string;
  /** The supervisor's process. */
  pid: number;
  /** Ends every process of it; resolves when they are gone. */
  stop(): Promise<void>;
}

/** An exchange that did not come up; the message holds what its supervisor said. */
export class ExchangeStartError extends Error {
  constructor(reason: string, output: string) {
    super(`the exchange did not start: ${reason}\n${output.trim()}`);
    this.name = 'ExchangeStartError';
  }
}

const STOP_TIMEOUT_MS = 6_000;
const MAX_OUTPUT = 16_384;

/**
 * Starts a whole exchange as processes of its own, from what is built in the workspace, and waits until it is ready. It
 * ends with `stop`, and with this process.
 *
 * @throws ExchangeStartError, or the signal's reason
 */
export async function startExchange(options: StartExchangeOptions = {}): Promise<RunningExchange> {
  const { port = 0, demo = false, env = {}, signal, timeoutMs = 120_000 } = options;
  signal?.throwIfAborted();
  const temporary = options.dataDir === undefined;
  const dataDir = options.dataDir === undefined ? mkdtempSync(join(tmpdir(), 'supernoba-')) : resolve(options.dataDir);
  const args = [supervisorScript(), '--data', dataDir, '--port', String(port), ...(demo ? ['--demo'] : [])];
  const child = spawn(process.execPath, ['--enable-source-maps', ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  const output = collectOutput(child);
  const stop = async () => {
    signal?.removeEventListener('abort', onAbort);
    await end(child, ended);
    if (temporary) rmSync(dataDir, { recursive: true, force: true });
  };
  const onAbort = () => void child.kill('SIGTERM');
  signal?.addEventListener('abort', onAbort);
  try {
    const failure = await untilReady(child, ended, timeoutMs);
    signal?.throwIfAborted();
    if (failure !== undefined) throw new ExchangeStartError(failure, output());
    return { endpoints: readEndpoints(dataDir), dataDir, pid: child.pid ?? 0, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The supervisor says `ready` over the channel once everything is. */
async function untilReady(child: ChildProcess, ended: Promise<void>, timeoutMs: number): Promise<string | undefined> {
  const timer = new AbortController();
  const ready = new Promise<undefined>((resolve) => {
    child.on('message', (message) => {
      if (isReadyMessage(message)) resolve(undefined);
    });
  });
  const over = ended.then(() => `it ended with ${child.signalCode ?? `code ${child.exitCode}`}`);
  const late = sleepUnlessAborted(timeoutMs, timer.signal).then(() => `it was not ready within ${timeoutMs / 1000} s`);
  const failure = await Promise.race([ready, over, late]);
  timer.abort();
  return failure;
}

async function end(child: ChildProcess, ended: Promise<void>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(timer);
}

/** Keeps the newest of what the process prints, and keeps its pipes from filling up. */
function collectOutput(child: ChildProcess): () => string {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8');
    stream?.on('data', (chunk: string) => {
      text = (text + chunk).slice(-MAX_OUTPUT);
    });
  }
  return () => text;
}

/** The built supervisor of the workspace that this file, or the bundle that holds it, stands in. */
function supervisorScript(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const script = join(folder, 'tools', 'local', 'dist', 'main.mjs');
    if (existsSync(join(folder, 'nx.json'))) {
      if (existsSync(script)) return script;
      throw new ExchangeStartError('it is not built', 'run: npx nx build local (npm start builds everything)');
    }
    if (folder === dirname(folder))
      throw new ExchangeStartError('this is no workspace', fileURLToPath(import.meta.url));
  }
}
