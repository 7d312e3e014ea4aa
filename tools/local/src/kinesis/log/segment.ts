import { closeSync, fsyncSync, ftruncateSync, openSync, readFileSync, readSync, rmSync, writeSync } from 'node:fs';
import { KinesisDataError } from '../errors.js';
import {
  arrivedAt,
  bodyLength,
  counterAt,
  decodeFrame,
  encodeFrames,
  FRAME_HEAD,
  isFrame,
  MAX_BODY,
  scanFrames,
  type LogRecord,
} from './frame.js';

const MAGIC = Buffer.from('snkin01\n', 'latin1');
/** One index entry per this many bytes of log: what a search has to read at most before it meets its record. */
const INDEX_EVERY_BYTES = 4096;
const FIRST_READ_BYTES = 64 * 1024;
const NEXT_READ_BYTES = 1024 * 1024;

/** A frame in the buffer that a reader is walking; valid until the next step. */
interface FrameView {
  readonly counter: number;
  readonly arrivedMs: number;
  record(): LogRecord;
}

/** What a start found behind the last good frame and cut off. */
export interface TornTail {
  readonly file: string;
  readonly keptBytes: number;
  readonly cutBytes: number;
}

/**
 * One file of a shard's log. Records are only appended; a sparse index (counter, time, offset) is all that stays in
 * memory. The name of the file is the first counter it may hold.
 */
export class Segment {
  readonly #indexCounters: number[] = [];
  readonly #indexTimes: number[] = [];
  readonly #indexOffsets: number[] = [];
  #size = MAGIC.length;
  #fd: number | undefined;
  #firstArrivedMs: number | undefined;
  #lastArrivedMs = 0;
  #lastCounter: number;

  private constructor(
    readonly file: string,
    readonly base: number,
  ) {
    this.#lastCounter = base - 1;
  }

  /** A new, empty file, open for writing. */
  static create(file: string, base: number): Segment {
    const segment = new Segment(file, base);
    segment.#fd = openSync(file, 'ax+');
    writeAll(segment.#fd, MAGIC);
    return segment;
  }

  /**
   * Reads a file back and indexes it. Where it ends in a write that was cut off, that end is removed.
   * @param writable the newest file of the shard: only there a torn tail is possible
   * @throws KinesisDataError when the file is of another format or damaged before its end
   */
  static load(file: string, base: number, writable: boolean): { segment: Segment; torn?: TornTail } {
    const segment = new Segment(file, base);
    const bytes = readFileSync(file);
    const whole = bytes.subarray(0, MAGIC.length).equals(MAGIC);
    if (!whole && !(writable && MAGIC.subarray(0, bytes.length).equals(bytes))) {
      throw new KinesisDataError(`${file} is not a log of this server (unknown first bytes)`);
    }
    const scan = scanFrames(bytes, MAGIC.length, (offset, end) => {
      segment.#note(counterAt(bytes, offset), arrivedAt(bytes, offset), offset, end);
    });
    if (scan.verdict === 'damaged' || (scan.verdict === 'torn' && !writable)) {
      throw new KinesisDataError(`${file} is damaged at byte ${scan.end} of ${bytes.length}; nothing was changed`);
    }
    if (writable) segment.#openAt(whole ? scan.end : 0);
    if (scan.verdict !== 'torn') return { segment };
    return { segment, torn: { file, keptBytes: scan.end, cutBytes: bytes.length - scan.end } };
  }

  get size(): number {
    return this.#size;
  }

  /** Highest counter in the file, or the one before {@link base} while it is empty. */
  get lastCounter(): number {
    return this.#lastCounter;
  }

  get firstArrivedMs(): number | undefined {
    return this.#firstArrivedMs;
  }

  get lastArrivedMs(): number {
    return this.#lastArrivedMs;
  }

  /** The descriptor of the newest file, for fdatasync. */
  get fd(): number | undefined {
    return this.#fd;
  }

  /** Appends all records with one write; after a failed write the file is as before. */
  append(records: readonly LogRecord[]): void {
    if (this.#fd === undefined) throw new Error(`${this.file} is sealed`);
    const { bytes, ends } = encodeFrames(records);
    try {
      writeAll(this.#fd, bytes);
    } catch (error) {
      ftruncateSync(this.#fd, this.#size);
      throw error;
    }
    const start = this.#size;
    records.forEach((record, index) => {
      const offset = index === 0 ? start : start + (ends[index - 1] ?? 0);
      this.#note(record.counter, record.arrivedMs, offset, start + (ends[index] ?? 0));
    });
  }

  /** The frames from the first counter ≥ `from` on. */
  *framesFrom(from: number): Generator<FrameView> {
    for (const frame of this.#frames(floorOffset(this.#indexCounters, this.#indexOffsets, from))) {
      if (frame.counter >= from) yield frame;
    }
  }

  /** Counter of the first record that arrived at `timeMs` or later. */
  counterAtTime(timeMs: number): number | undefined {
    for (const frame of this.#frames(floorOffset(this.#indexTimes, this.#indexOffsets, timeMs - 1))) {
      if (frame.arrivedMs >= timeMs) return frame.counter;
    }
    return undefined;
  }

  /** Flushes to the disk and hands the descriptor over: the file is only read from now on. */
  seal(sync: boolean): number | undefined {
    const fd = this.#fd;
    if (fd !== undefined && sync) fsyncSync(fd);
    this.#fd = undefined;
    return fd;
  }

  remove(): void {
    rmSync(this.file, { force: true });
  }

  #openAt(size: number): void {
    this.#fd = openSync(this.file, 'a+');
    ftruncateSync(this.#fd, size);
    if (size === 0) writeAll(this.#fd, MAGIC);
  }

  #note(counter: number, arrivedMs: number, offset: number, end: number): void {
    const lastIndexed = this.#indexOffsets.at(-1);
    if (lastIndexed === undefined || offset - lastIndexed >= INDEX_EVERY_BYTES) {
      this.#indexCounters.push(counter);
      this.#indexTimes.push(arrivedMs);
      this.#indexOffsets.push(offset);
    }
    this.#firstArrivedMs ??= arrivedMs;
    this.#lastArrivedMs = arrivedMs;
    this.#lastCounter = counter;
    this.#size = end;
  }

  *#frames(start: number): Generator<FrameView> {
    if (start >= this.#size) return;
    const fd = this.#fd ?? openSync(this.file, 'r');
    try {
      yield* walk(fd, start, this.#size, this.file);
    } finally {
      if (fd !== this.#fd) closeSync(fd);
    }
  }
}

function* walk(fd: number, start: number, size: number, file: string): Generator<FrameView> {
  let at = start;
  let wanted = FIRST_READ_BYTES;
  while (at < size) {
    const bytes = Buffer.allocUnsafe(Math.min(wanted, size - at));
    if (readSync(fd, bytes, 0, bytes.length, at) !== bytes.length) {
      throw new KinesisDataError(`${file} became shorter while it was read`);
    }
    let offset = 0;
    while (offset < bytes.length) {
      const length = bodyLength(bytes, offset);
      if (length === undefined && offset + FRAME_HEAD <= bytes.length) throw damaged(file, at + offset);
      if (length === undefined || offset + FRAME_HEAD + length > bytes.length) break;
      if (!isFrame(bytes, offset)) throw damaged(file, at + offset);
      const here = offset;
      yield {
        counter: counterAt(bytes, here),
        arrivedMs: arrivedAt(bytes, here),
        record: () => decodeFrame(bytes, here),
      };
      offset += FRAME_HEAD + length;
    }
    if (offset === 0 && (bytes.length === size - at || bytes.length > MAX_BODY + FRAME_HEAD)) throw damaged(file, at);
    at += offset;
    wanted = offset === 0 ? MAX_BODY + FRAME_HEAD + 1 : NEXT_READ_BYTES;
  }
}

const damaged = (file: string, offset: number): KinesisDataError =>
  new KinesisDataError(`${file} is damaged at byte ${offset}`);

function writeAll(fd: number, bytes: Buffer): void {
  let done = 0;
  while (done < bytes.length) done += writeSync(fd, bytes, done, bytes.length - done);
}

/** Offset of the last entry whose value is ≤ `value`, else of the first one. */
function floorOffset(values: readonly number[], offsets: readonly number[], value: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((values[middle] ?? 0) <= value) low = middle + 1;
    else high = middle;
  }
  return offsets[Math.max(0, low - 1)] ?? Number.POSITIVE_INFINITY;
}
