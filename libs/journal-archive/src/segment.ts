import { comparePositions } from '@supernoba/protocol';
import { gunzipSync, gzipSync } from 'node:zlib';
import { ArchiveError } from './error.js';
import type { ArchivedRecord } from './record.js';
import { segmentKey } from './segment-key.js';

/** More than a segment ever unpacks to: a page of Kinesis (10 MiB) as base64 after a full segment. */
const MAX_UNPACKED_BYTES = 64 * 1024 * 1024;
/**
 * How JSON that repeats what came just before is packed: tables that fit the nearest cache pack a quarter faster. Segments
 * become 5 % smaller by it, records of events 2 % larger.
 */
export const PACKING = { level: 1, windowBits: 12, memLevel: 7 };
const FIRST_BUFFER_BYTES = 64 * 1024;
const NEWLINE = 0x0a;
/** Byte of the gzip header that names the operating system: 255 is "unknown", the same everywhere. */
const OS_BYTE = 9;
const DATA = Buffer.from(',"data":');
const BASE64 = Buffer.from(',"base64":"');

export interface Segment {
  shard: string;
  /** The record before the first one; '' at the beginning of the shard. */
  after: string;
  /** At least one, ascending. */
  records: ArchivedRecord[];
}

/** Collects records in their order and makes a segment of them. */
export class SegmentBuilder {
  #buffer = Buffer.allocUnsafe(FIRST_BUFFER_BYTES);
  #bytes = 0;
  #records = 0;
  #first = '';
  #last: string;

  /** @param after the record before the first one; '' at the beginning of the shard */
  constructor(
    private readonly shardId: string,
    after: string,
  ) {
    this.#last = after;
    this.#write(`${JSON.stringify({ shard: shardId, after })}\n`);
  }

  get records(): number {
    return this.#records;
  }

  /** Size before packing. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Last record added. */
  get last(): string {
    return this.#last;
  }

  /**
   * @param isJson whether the data is known to be JSON: one line of it is kept readable, anything else as base64
   * @throws RangeError for a record that does not come after the last one
   */
  add({ sequenceNumber, arrivalMs, partitionKey, data }: ArchivedRecord, isJson: boolean): void {
    if (comparePositions(sequenceNumber, this.#last) <= 0) {
      throw new RangeError(`${this.shardId}: record ${sequenceNumber} after ${this.#last}`);
    }
    const head = `{"sequence_number":"${sequenceNumber}","arrival":${arrivalMs},"partition_key":${JSON.stringify(partitionKey)}`;
    if (isJson && isOneLine(data)) {
      this.#write(`${head},"data":`);
      this.#reserve(data.byteLength);
      this.#buffer.set(data, this.#bytes);
      this.#bytes += data.byteLength;
      this.#write('}\n');
    } else {
      const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
      this.#write(`${head},"base64":"${bytes.toString('base64')}"}\n`);
    }
    if (this.#records === 0) this.#first = sequenceNumber;
    this.#last = sequenceNumber;
    this.#records++;
  }

  /** Key and bytes of the object. The same records give the same object. */
  seal(): { key: string; bytes: Uint8Array } {
    const bytes = gzipSync(this.#buffer.subarray(0, this.#bytes), PACKING);
    bytes[OS_BYTE] = 255;
    return { key: segmentKey(this.shardId, { first: this.#first, last: this.#last }), bytes };
  }

  #write(text: string): void {
    // Three bytes are the most that UTF-8 takes for one unit of a string.
    this.#reserve(text.length * 3);
    this.#bytes += this.#buffer.write(text, this.#bytes);
  }

  #reserve(bytes: number): void {
    const needed = this.#bytes + bytes;
    if (needed <= this.#buffer.byteLength) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#buffer.byteLength));
    larger.set(this.#buffer.subarray(0, this.#bytes));
    this.#buffer = larger;
  }
}

/** An object or an array that stands on one line as it is. */
function isOneLine(data: Uint8Array): boolean {
  const first = data[0];
  return (first === 0x7b || first === 0x5b) && !data.includes(NEWLINE);
}

/** @throws ArchiveError `BAD_SEGMENT` */
export function decodeSegment(packed: Uint8Array, name: string): Segment {
  try {
    const bytes = gunzipSync(packed, { maxOutputLength: MAX_UNPACKED_BYTES });
    const lines = splitLines(bytes);
    const { shard, after } = JSON.parse(lines.next().value?.toString() ?? '') as Record<string, unknown>;
    if (typeof shard !== 'string' || typeof after !== 'string') throw new SyntaxError('it has no header');
    const records = [...lines].map(decodeLine);
    if (records.length === 0) throw new SyntaxError('it holds no record');
    return { shard, after, records };
  } catch (cause) {
    throw new ArchiveError('BAD_SEGMENT', `${name} is no segment of the journal: ${String(cause)}`, { cause });
  }
}

function* splitLines(bytes: Buffer): Generator<Buffer, undefined> {
  for (let start = 0; start < bytes.byteLength;) {
    const end = bytes.indexOf(NEWLINE, start);
    if (end < 0) throw new SyntaxError('its last line is cut short');
    yield bytes.subarray(start, end);
    start = end + 1;
  }
}

/** Names stand in a fixed order, and a quote inside a JSON text is escaped: the first `,"data":` is the one. */
function decodeLine(line: Buffer): ArchivedRecord {
  const plain = line.indexOf(DATA);
  const coded = line.indexOf(BASE64);
  const isPlain = plain >= 0 && (coded < 0 || plain < coded);
  const headEnd = isPlain ? plain : coded;
  if (headEnd < 0) throw new SyntaxError('a record without data');
  const head = JSON.parse(`${line.toString('utf8', 0, headEnd)}}`) as Record<string, unknown>;
  const { sequence_number: sequenceNumber, arrival: arrivalMs, partition_key: partitionKey } = head;
  if (typeof sequenceNumber !== 'string' || typeof arrivalMs !== 'number' || typeof partitionKey !== 'string') {
    throw new SyntaxError('a record without its place in the journal');
  }
  const data = isPlain
    ? line.subarray(plain + DATA.byteLength, -1)
    : Buffer.from(line.toString('latin1', coded + BASE64.byteLength, line.byteLength - 2), 'base64');
  return { sequenceNumber, arrivalMs, partitionKey, data };
}
