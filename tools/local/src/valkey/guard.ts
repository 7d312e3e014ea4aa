import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identify, isAlive, type ProcessIdentity } from '../supervisor/process-identity.js';

interface GuardOptions {
  /** Path of a valkey-server. */
  binary: string;
  port: number;
  /** Folder of the append-only file. */
  dir: string;
}

interface GuardedValkey {
  pid: number;
  /** Resolves, never rejects, to a word on how the server ended. */
  ended: Promise<string>;
  /** Lets the server write what it has and end. */
  stop(): Promise<void>;
  /** Ends the server at once; its append-only file holds every answered write. */
  kill(): void;
}

const STALE_TIMEOUT_MS = 3_000;

/**
 * Starts a Valkey server on the loopback that keeps its data in an append-only file and refuses writes rather than
 * evict. A server that an earlier guard left behind in the same folder is ended first.
 */
export async function startGuardedValkey({ binary, port, dir }: GuardOptions): Promise<GuardedValkey> {
  mkdirSync(dir, { recursive: true });
  const pidFile = join(dir, 'valkey.pid.json');
  await endStale(pidFile);
  const [command = binary, ...args] = [...withoutInterrupts(), binary, ...valkeyArguments(port, dir)];
  const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
    child.on('error', (error) => {
      if (child.pid === undefined) resolve(error.message);
    });
  });
  void ended.then(() => rmSync(pidFile, { force: true }));
  const pid = await pidOf(child, ended);
  const identity = identify(pid);
  if (identity) writeFileSync(pidFile, JSON.stringify(identity));
  return {
    pid,
    ended,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
    kill: () => child.kill('SIGKILL'),
  };
}

function valkeyArguments(port: number, dir: string): string[] {
  const settings = {
    port,
    bind: '127.0.0.1',
    'protected-mode': 'yes',
    dir,
    appendonly: 'yes',
    appendfsync: 'everysec',
    save: '',
    'maxmemory-policy': 'noeviction',
    daemonize: 'no',
    loglevel: 'notice',
  };
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
}

// Ctrl-C reaches every process of the group, and Valkey would end before the apps have written their last. GNU env can
// block the signal; elsewhere Valkey ends early then, which loses nothing that was answered.
function withoutInterrupts(): string[] {
  const works = spawnSync('env', ['--block-signal=INT', 'true'], { stdio: 'ignore' }).status === 0;
  return works ? ['env', '--block-signal=INT'] : [];
}

async function pidOf(child: ChildProcess, ended: Promise<string>): Promise<number> {
  if (child.pid !== undefined) return child.pid;
  throw new Error(`valkey-server cannot be started: ${await ended}`);
}

/** A guard that was killed could not end its server. */
async function endStale(pidFile: string): Promise<void> {
  const stale = readIdentity(pidFile);
  if (stale === undefined) return;
  const deadline = performance.now() + STALE_TIMEOUT_MS;
  while (isAlive(stale)) {
    if (performance.now() > deadline) throw new Error(`process ${stale.pid}, an old valkey-server, does not end`);
    process.kill(stale.pid, 'SIGKILL');
    await sleep(20);
  }
}

function readIdentity(pidFile: string): ProcessIdentity | undefined {
  let text: string;
  try {
    text = readFileSync(pidFile, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { pid, processStart } = JSON.parse(text) as Partial<ProcessIdentity>;
    return typeof pid === 'number' && typeof processStart === 'string' ? { pid, processStart } : undefined;
  } catch (error) {
    // Cut short by a crash while it was written: nothing can be said of any process.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
