import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A process, told apart from a later one that was given the same number. */
export interface ProcessIdentity {
  pid: number;
  /** When it started, in whatever the system counts in; compared, never calculated with. */
  processStart: string;
}

export function identifySelf(): ProcessIdentity {
  return { pid: process.pid, processStart: startOf(process.pid) ?? 'unknown' };
}

/** undefined when no such process lives. */
export function identify(pid: number): ProcessIdentity | undefined {
  const processStart = startOf(pid);
  return processStart === undefined ? undefined : { pid, processStart };
}

/** Whether that very process still lives. A zombie, which only waits to be noticed, does not. */
export function isAlive({ pid, processStart }: ProcessIdentity): boolean {
  return Number.isSafeInteger(pid) && pid > 0 && startOf(pid) === processStart;
}

function startOf(pid: number): string | undefined {
  return process.platform === 'linux' ? startFromProc(pid) : startFromPs(pid);
}

function startFromProc(pid: number): string | undefined {
  try {
    // The command name, in parentheses, may hold anything: fields are counted from its end.
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : `${bootId()}:${fields[19]}`;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}

function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
}

function startFromPs(pid: number): string | undefined {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return undefined;
  }
  return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
}
