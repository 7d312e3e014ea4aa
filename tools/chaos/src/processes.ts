import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** Pid of a part of the exchange, as its supervisor knows it. */
export function partPid(dataDir: string, part: string): number | undefined {
  return (JSON.parse(readFileSync(join(dataDir, 'pids.json'), 'utf8')) as Record<string, number>)[part];
}

/** Sends a signal; a process that is gone is left alone. Returns whether it was there. */
export function signalTo(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

/** Asks again and again. @throws Error once `limitMs` is over */
export async function until(
  what: string,
  limitMs: number,
  signal: AbortSignal,
  holds: () => boolean | Promise<boolean>,
): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`${what}: not within ${limitMs / 1000} s`);
    await pause(50, undefined, { signal });
  }
}
