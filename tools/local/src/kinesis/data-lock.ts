import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KinesisDataError } from './errors.js';

const RETRY_MS = 50;

/**
 * Keeps a second server off the data folder. A holder that is dead is forgotten; one that is just ending is waited for.
 * @returns what gives the folder free again
 * @throws KinesisDataError when a living process holds it for longer than `waitMs`
 */
export async function lockFolder(dir: string, waitMs: number): Promise<() => void> {
  mkdirSync(dir, { recursive: true });
  const file = join(dir, 'lock');
  const deadline = performance.now() + waitMs;
  for (;;) {
    const holder = take(file);
    if (holder === undefined) return () => rmSync(file, { force: true });
    if (performance.now() >= deadline) {
      throw new KinesisDataError(
        `${dir} is in use by process ${holder}; end it, or remove ${file} if that is no Kinesis server`,
      );
    }
    await sleep(RETRY_MS);
  }
}

/** @returns the pid of a living holder, or undefined once the lock is ours */
function take(file: string): number | undefined {
  // Written aside and linked, so that nobody ever reads a lock without its holder.
  const own = `${file}.${process.pid}`;
  writeFileSync(own, `${process.pid} ${startOf(process.pid) ?? ''}`);
  try {
    linkSync(own, file);
    return undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(own, { force: true });
  }
  const [pid = 0, start = ''] = readHolder(file);
  if (isAlive(Number(pid), start)) return Number(pid);
  rmSync(file, { force: true });
  return take(file);
}

function readHolder(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split(' ');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function isAlive(pid: number, start: string): boolean {
  if (!(pid > 0)) return false;
  const now = startOf(pid);
  if (now !== undefined && start !== '') return now === start;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** When a process began, where the system tells (Linux): a pid alone may have been given to another one since. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
