import { closeSync, fdatasync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { nextCounter } from '../sequence.js';
import type { LogRecord } from './frame.js';
import { RecentRecords } from './recent-records.js';
import { Segment, type TornTail } from './segment.js';

const flush = promisify(fdatasync);

export interface LogOptions {
  /** Waits for the disk before {@link ShardLog.synced} resolves. */
  readonly fsync: boolean;
  /** A new file is begun once the current one holds this much. */
  readonly segmentBytes: number;
  /** A new file is begun once the current one's first record is this old, so that retention can let go of it. */
  readonly segmentMs: number;
  /** Bound of the newest records kept in memory, a shard. */
  readonly recentBytes: number;
}

export interface NewRecord {
  readonly partitionKey: string;
  readonly data: Buffer;
}

export interface ReadResult {
  readonly records: LogRecord[];
  /** Arrival of the first record that was not returned; undefined at the tip. */
  readonly nextArrivedMs: number | undefined;
}

/** The records of one shard, in files of a folder. Every append is with the operating system before it returns. */
export class ShardLog {
  readonly #segments: Segment[];
  readonly #recent: RecentRecords;
  readonly #listeners = new Set<() => void>();
  #broken: Error | undefined;
  #flushing: Promise<void> | undefined;
  #queued: Promise<void> | undefined;

  private constructor(
    private readonly dir: string,
    private readonly options: LogOptions,
    segments: Segment[],
  ) {
    this.#segments = segments;
    this.#recent = new RecentRecords(options.recentBytes, this.lastCounter + 1);
  }

  /** @throws KinesisDataError when a file is damaged otherwise than by a write that was cut off */
  static open(dir: string, options: LogOptions, onTorn: (tail: TornTail) => void): ShardLog {
    mkdirSync(dir, { recursive: true });
    const names = readdirSync(dir)
      .filter((name) => /^\d{16}\.log$/.test(name))
      .sort();
    const segments = names.map((name, index) => {
      const writable = index === names.length - 1;
      const { segment, torn } = Segment.load(join(dir, name), Number(name.slice(0, 16)), writable);
      if (torn) onTorn(torn);
      return segment;
    });
    if (segments.length === 0) segments.push(Segment.create(join(dir, fileName(1)), 1));
    return new ShardLog(dir, options, segments);
  }

  /** 0 while the shard never held a record. */
  get lastCounter(): number {
    return this.#active.lastCounter;
  }

  get #active(): Segment {
    const active = this.#segments.at(-1);
    if (active === undefined) throw new Error(`${this.dir} has no segment`);
    return active;
  }

  /**
   * Appends in the given order, by one write.
   * @returns the stored records; their arrival times never step back
   * @throws when the file system refuses, with nothing appended
   */
  append(batch: readonly NewRecord[], nowMs: number): LogRecord[] {
    if (this.#broken) throw this.#broken;
    this.#rollWhenFull(nowMs);
    const arrivedMs = Math.max(nowMs, this.#lastArrivedMs());
    let counter = this.lastCounter;
    const records = batch.map(({ partitionKey, data }): LogRecord => {
      counter = nextCounter(counter, nowMs);
      return { counter, arrivedMs, partitionKey, data };
    });
    this.#active.append(records);
    for (const record of records) this.#recent.add(record);
    for (const listener of this.#listeners) listener();
    return records;
  }

  /** Resolves once everything appended so far is on the disk; at once where `fsync` is off. Callers share a flush. */
  synced(): Promise<void> {
    if (!this.options.fsync) return Promise.resolve();
    this.#queued ??= (this.#flushing ?? Promise.resolve()).then(() => {
      this.#queued = undefined;
      if (this.#broken) throw this.#broken;
      const { fd } = this.#active;
      const run = fd === undefined ? Promise.resolve() : flush(fd);
      this.#flushing = run.catch((error: unknown) => {
        // What the disk holds is unknown after a failed flush: nothing may be appended behind it.
        this.#broken = new Error(`${this.dir}: flush failed, restart needed`, { cause: error });
      });
      return run;
    });
    return this.#queued;
  }

  /** The records from counter `from` on, at most `maxRecords` and `maxBytes` of data and keys, at least one. */
  read(from: number, maxRecords: number, maxBytes: number): ReadResult {
    const records: LogRecord[] = [];
    let bytes = 0;
    for (const frame of this.#framesFrom(from)) {
      if (records.length >= maxRecords) return { records, nextArrivedMs: frame.arrivedMs };
      const record = frame.record();
      bytes += recordBytes(record);
      if (records.length > 0 && bytes > maxBytes) return { records, nextArrivedMs: frame.arrivedMs };
      records.push(record);
    }
    return { records, nextArrivedMs: undefined };
  }

  /** Counter of the oldest record that arrived at `timeMs` or later, else the one the next record will exceed. */
  counterAtTime(timeMs: number): number {
    const segment = this.#segments.find((candidate) => candidate.lastArrivedMs >= timeMs);
    return segment?.counterAtTime(timeMs) ?? this.lastCounter + 1;
  }

  /** Removes the files whose newest record arrived before `cutoffMs`. */
  trim(cutoffMs: number, nowMs: number): number {
    const { firstArrivedMs, lastArrivedMs } = this.#active;
    if (firstArrivedMs !== undefined && lastArrivedMs < cutoffMs) this.#roll(nowMs);
    let removed = 0;
    while (this.#segments.length > 1 && (this.#segments[0]?.lastArrivedMs ?? cutoffMs) < cutoffMs) {
      this.#segments.shift()?.remove();
      removed++;
    }
    if (removed > 0) this.#recent.forgetBelow(this.#segments[0]?.base ?? 0);
    return removed;
  }

  /** Calls `listener` after every append. */
  onAppend(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Closes the files (after a flush where `fsync` is on); the log cannot be used afterwards. */
  async close(): Promise<void> {
    await this.#flushing;
    const fd = this.#active.seal(this.options.fsync);
    if (fd !== undefined) closeSync(fd);
  }

  *#framesFrom(from: number): Generator<{ readonly arrivedMs: number; record(): LogRecord }> {
    const recent = this.#recent.from(from);
    if (recent !== undefined) {
      for (const record of recent) yield { arrivedMs: record.arrivedMs, record: () => record };
      return;
    }
    for (const segment of this.#segments) if (segment.lastCounter >= from) yield* segment.framesFrom(from);
  }

  #lastArrivedMs(): number {
    return this.#segments.reduce((newest, segment) => Math.max(newest, segment.lastArrivedMs), 0);
  }

  #rollWhenFull(nowMs: number): void {
    const { firstArrivedMs, size } = this.#active;
    const old = firstArrivedMs !== undefined && nowMs - firstArrivedMs >= this.options.segmentMs;
    if (size >= this.options.segmentBytes || old) this.#roll(nowMs);
  }

  #roll(nowMs: number): void {
    const previous = this.#active;
    const base = nextCounter(previous.lastCounter, nowMs);
    const next = Segment.create(join(this.dir, fileName(base)), base);
    const fd = previous.seal(this.options.fsync);
    this.#segments.push(next);
    if (fd === undefined) return;
    // A flush that is under way still uses the descriptor.
    if (this.#flushing) void this.#flushing.finally(() => closeSync(fd));
    else closeSync(fd);
  }
}

/** What a record counts against the limits: its data and its key. */
export const recordBytes = (record: NewRecord): number => record.data.length + Buffer.byteLength(record.partitionKey);

const fileName = (base: number): string => `${String(base).padStart(16, '0')}.log`;
