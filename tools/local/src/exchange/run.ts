import { spawnSync } from 'node:child_process';
import { join, relative, resolve } from 'node:path';
import { LockedError, takeLock, type Lock } from '../supervisor/lock.js';
import { emptyDataFolder, openDataFolder } from './data-folder.js';
import { Exchange } from './exchange.js';
import { layoutOf, missingBundles, type Layout } from './layout.js';
import type { ExchangeOptions } from './options.js';
import { welcome } from './welcome.js';

/** A reason not to start, with what to do about it. */
export class StartRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'StartRefused';
  }
}

interface RunOptions extends Omit<ExchangeOptions, 'help'> {
  /** The workspace. */
  root: string;
  env: NodeJS.ProcessEnv;
  /** Prints to the user. */
  say: (message: string) => void;
  /** Ends the exchange, also while it starts. */
  signal: AbortSignal;
  /** Told once, when all is ready. */
  onReady: () => void;
}

/**
 * Runs an exchange until the signal. What it started has ended when this resolves or rejects.
 *
 * @throws StartRefused, PortTakenError, ForeignFolderError or PartError
 */
export async function runExchange(options: RunOptions): Promise<void> {
  const begun = performance.now();
  const { root, env, say, signal } = options;
  const layout = layoutOf(root);
  refuseWithoutBundles(layout, options);
  const valkeyBinary = findValkey(layout, env);
  const dataDir = options.data === undefined ? join(root, '.local') : resolve(options.data);
  openDataFolder(dataDir, options.data === undefined);
  const lock = lockFolder(dataDir, say);
  try {
    if (options.fresh) emptyDataFolder(dataDir);
    const exchange = await Exchange.prepare({ ...options, layout, dataDir, valkeyBinary });
    try {
      const endpoints = await Promise.race([exchange.start(), aborted(signal)]);
      if (endpoints === undefined) return;
      say(welcome({ endpoints, dataDir: shown(dataDir), startedInMs: performance.now() - begun }));
      options.onReady();
      await aborted(signal);
    } finally {
      await exchange.stop();
    }
  } finally {
    lock.release();
  }
}

function refuseWithoutBundles(layout: Layout, { demo, root }: RunOptions): void {
  const missing = missingBundles(layout, demo).map((path) => `  ${relative(root, path)}`);
  if (missing.length > 0) throw new StartRefused(`Not built yet; "npm start" builds it:\n${missing.join('\n')}`);
}

function findValkey(layout: Layout, env: NodeJS.ProcessEnv): string {
  const given = env['VALKEY_SERVER_BIN'];
  if (given !== undefined && given !== '') return given;
  const found = spawnSync(process.execPath, [layout.valkeyFinder], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const path = found.stdout.trim();
  if (found.status !== 0 || path === '') throw new StartRefused(`There is no Valkey server.\n${found.stderr.trim()}`);
  return path;
}

function lockFolder(dataDir: string, say: (message: string) => void): Lock {
  try {
    const lock = takeLock(dataDir);
    if (lock.clearedStale)
      say('An earlier exchange did not end by itself; its lock is cleared, its data is as it was.');
    return lock;
  } catch (error) {
    if (!(error instanceof LockedError)) throw error;
    const { pid, startedAt } = error.holder;
    throw new StartRefused(
      `An exchange runs already in ${shown(dataDir)}: process ${pid}, started ${startedAt}.\n` +
        `Its addresses:      ${shown(join(dataDir, 'endpoints.json'))}\n` +
        `End it:             Ctrl-C in its terminal, or: kill ${pid}\n` +
        `Start another one:  npm start -- --data OTHER_FOLDER --port OTHER_PORT`,
    );
  }
}

function aborted(signal: AbortSignal): Promise<undefined> {
  if (signal.aborted) return Promise.resolve(undefined);
  return new Promise((done) => signal.addEventListener('abort', () => done(undefined), { once: true }));
}

/** As short as the place the user stands at allows. */
function shown(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere !== '' && !fromHere.startsWith('..') ? fromHere : path;
}
