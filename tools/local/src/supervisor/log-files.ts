import { closeSync, copyFileSync, fstatSync, ftruncateSync, mkdirSync, openSync, readSync, renameSync } from 'node:fs';
import { join } from 'node:path';

/** A log that grew beyond this many bytes is moved aside; with the one before, a part holds about twice as much. */
const MAX_LOG_BYTES = 8 * 1024 * 1024;
const CHECK_EVERY_MS = 2_000;
const TAIL_BYTES = 4_096;

/**
 * One log file a part, which the part writes to by itself: no byte goes through this process, and none is lost when a
 * process dies. `NAME.log` is the present one, `NAME.log.1` the one before.
 */
export class LogFiles {
  private readonly open = new Map<string, number>();
  private readonly timer: NodeJS.Timeout;

  constructor(private readonly folder: string) {
    mkdirSync(folder, { recursive: true });
    this.timer = setInterval(() => this.limit(), CHECK_EVERY_MS);
    this.timer.unref();
  }

  pathOf(part: string): string {
    return join(this.folder, `${part}.log`);
  }

  /** A file descriptor to append to. The first call of a run puts the log of the last run aside. */
  descriptorOf(part: string): number {
    let descriptor = this.open.get(part);
    if (descriptor === undefined) {
      moveAside(this.pathOf(part));
      descriptor = openSync(this.pathOf(part), 'a+', 0o600);
      this.open.set(part, descriptor);
    }
    return descriptor;
  }

  /** The last lines that a part wrote. */
  tailOf(part: string, lines: number): string {
    const descriptor = this.open.get(part);
    if (descriptor === undefined) return '';
    const { size } = fstatSync(descriptor);
    const bytes = Buffer.alloc(Math.min(size, TAIL_BYTES));
    const read = readSync(descriptor, bytes, 0, bytes.length, size - bytes.length);
    return bytes.toString('utf8', 0, read).trimEnd().split('\n').slice(-lines).join('\n');
  }

  close(): void {
    clearInterval(this.timer);
    for (const descriptor of this.open.values()) closeSync(descriptor);
    this.open.clear();
  }

  // The part goes on writing to the same file: its content is copied away and the file emptied.
  private limit(): void {
    for (const [part, descriptor] of this.open) {
      if (fstatSync(descriptor).size <= MAX_LOG_BYTES) continue;
      copyFileSync(this.pathOf(part), `${this.pathOf(part)}.1`);
      ftruncateSync(descriptor);
    }
  }
}

function moveAside(path: string): void {
  try {
    renameSync(path, `${path}.1`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
