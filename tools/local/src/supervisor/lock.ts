import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { identifySelf, isAlive, type ProcessIdentity } from './process-identity.js';

/** What the lock file holds. */
interface LockHolder extends ProcessIdentity {
  /** ISO 8601. */
  startedAt: string;
}

const LOCK_FILE = 'lock';
const MAX_TRIES = 10;

/** Another process runs this exchange. */
export class LockedError extends Error {
  constructor(
    readonly path: string,
    readonly holder: LockHolder,
  ) {
    super(`${path} is held by process ${holder.pid}, started ${holder.startedAt}`);
    this.name = 'LockedError';
  }
}

export interface Lock {
  /** Whether a lock was found whose process is gone. */
  clearedStale: boolean;
  release(): void;
}

/**
 * Takes the lock of a data folder: a file that names its process. One whose process is gone is cleared.
 *
 * @throws LockedError when its process lives
 */
export function takeLock(folder: string): Lock {
  const path = join(folder, LOCK_FILE);
  const own = JSON.stringify({ ...identifySelf(), startedAt: new Date().toISOString() } satisfies LockHolder);
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, own);
  let clearedStale = false;
  try {
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      if (place(draft, path)) return { clearedStale, release: () => release(path, own) };
      const text = read(path);
      if (text === undefined) continue;
      const holder = parse(text);
      if (holder && isAlive(holder)) throw new LockedError(path, holder);
      clearStale(path, text);
      clearedStale = true;
    }
  } finally {
    rmSync(draft, { force: true });
  }
  throw new Error(`${path} changes hands all the time`);
}

/** Who holds the lock of a data folder, alive or not; undefined when nobody does. */
export function readLockHolder(folder: string): LockHolder | undefined {
  const text = read(join(folder, LOCK_FILE));
  return text === undefined ? undefined : parse(text);
}

/** The file appears with its content, or not at all. */
function place(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Takes a stale lock away. Should another start have replaced it meanwhile, that one is put back. */
function clearStale(path: string, stale: string): void {
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (read(aside) !== stale) place(aside, path);
  rmSync(aside, { force: true });
}

function release(path: string, own: string): void {
  if (read(path) === own) rmSync(path, { force: true });
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function parse(text: string): LockHolder | undefined {
  try {
    const { pid, processStart, startedAt } = JSON.parse(text) as Partial<LockHolder>;
    if (typeof pid !== 'number' || typeof processStart !== 'string' || typeof startedAt !== 'string') return undefined;
    return { pid, processStart, startedAt };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
