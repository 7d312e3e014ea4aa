import { crc32 } from 'node:zlib';

/** A record as the log holds it. The counter is its place in the shard: unique and growing. */
export interface LogRecord {
  readonly counter: number;
  readonly arrivedMs: number;
  readonly partitionKey: string;
  readonly data: Buffer;
}

/*
 * A frame: length of the body and its CRC-32 (4 bytes each), then the body: counter (high and low 4 bytes), arrival
 * (6 bytes, epoch ms), length of the key (2 bytes), key (UTF-8), data. Little-endian throughout.
 */
export const FRAME_HEAD = 8;
const BODY_HEAD = 16;
const LOW = 2 ** 32;
/** 1 MiB of key and data, a key's other encoding, and the fixed part; anything longer is no frame. */
export const MAX_BODY = 1024 * 1024 + 4096;

const frameLength = (keyBytes: number, dataBytes: number): number => FRAME_HEAD + BODY_HEAD + keyBytes + dataBytes;

/** All records as one buffer, so that one write appends them; `ends[i]` is where frame i stops. */
export function encodeFrames(records: readonly LogRecord[]): { readonly bytes: Buffer; readonly ends: number[] } {
  const keyLengths = records.map((record) => Buffer.byteLength(record.partitionKey));
  const ends: number[] = [];
  let total = 0;
  records.forEach((record, index) => {
    total += frameLength(keyLengths[index] ?? 0, record.data.length);
    ends.push(total);
  });
  const bytes = Buffer.allocUnsafe(total);
  let offset = 0;
  records.forEach((record, index) => {
    const end = ends[index] ?? 0;
    const body = offset + FRAME_HEAD;
    const keyLength = keyLengths[index] ?? 0;
    bytes.writeUInt32LE(Math.floor(record.counter / LOW), body);
    bytes.writeUInt32LE(record.counter % LOW, body + 4);
    bytes.writeUIntLE(record.arrivedMs, body + 8, 6);
    bytes.writeUInt16LE(keyLength, body + 14);
    bytes.write(record.partitionKey, body + BODY_HEAD, 'utf8');
    record.data.copy(bytes, body + BODY_HEAD + keyLength);
    bytes.writeUInt32LE(end - body, offset);
    bytes.writeUInt32LE(crc32(bytes.subarray(body, end)), offset + 4);
    offset = end;
  });
  return { bytes, ends };
}

/** Length of the body of the frame at `offset`; undefined where those bytes cannot begin a frame. */
export function bodyLength(bytes: Buffer, offset: number): number | undefined {
  if (offset + FRAME_HEAD > bytes.length) return undefined;
  const length = bytes.readUInt32LE(offset);
  return length < BODY_HEAD || length > MAX_BODY ? undefined : length;
}

/** True where a whole frame stands at `offset` and its checksum is right. */
export function isFrame(bytes: Buffer, offset: number): boolean {
  const length = bodyLength(bytes, offset);
  if (length === undefined || offset + FRAME_HEAD + length > bytes.length) return false;
  const body = offset + FRAME_HEAD;
  return crc32(bytes.subarray(body, body + length)) === bytes.readUInt32LE(offset + 4);
}

export const counterAt = (bytes: Buffer, offset: number): number =>
  bytes.readUInt32LE(offset + FRAME_HEAD) * LOW + bytes.readUInt32LE(offset + FRAME_HEAD + 4);

export const arrivedAt = (bytes: Buffer, offset: number): number => bytes.readUIntLE(offset + FRAME_HEAD + 8, 6);

/** The record of a frame that {@link isFrame} accepted. Its data is a copy: the buffer may be reused. */
export function decodeFrame(bytes: Buffer, offset: number): LogRecord {
  const body = offset + FRAME_HEAD;
  const keyStart = body + BODY_HEAD;
  const keyEnd = keyStart + bytes.readUInt16LE(body + 14);
  return {
    counter: counterAt(bytes, offset),
    arrivedMs: arrivedAt(bytes, offset),
    partitionKey: bytes.toString('utf8', keyStart, keyEnd),
    data: Buffer.from(bytes.subarray(keyEnd, body + bytes.readUInt32LE(offset))),
  };
}

interface Scan {
  /** Where the last good frame stops. */
  readonly end: number;
  /** `torn`: what follows `end` holds no frame, a write that was cut off; `damaged`: good frames follow. */
  readonly verdict: 'clean' | 'torn' | 'damaged';
}

/** Walks the frames from `start` on and judges what comes after the last good one. */
export function scanFrames(bytes: Buffer, start: number, onFrame: (offset: number, end: number) => void): Scan {
  let offset = start;
  while (offset < bytes.length) {
    if (!isFrame(bytes, offset)) return { end: offset, verdict: hasFrameAfter(bytes, offset) ? 'damaged' : 'torn' };
    const end = offset + FRAME_HEAD + bytes.readUInt32LE(offset);
    onFrame(offset, end);
    offset = end;
  }
  return { end: offset, verdict: 'clean' };
}

function hasFrameAfter(bytes: Buffer, offset: number): boolean {
  for (let at = offset + 1; at + FRAME_HEAD + BODY_HEAD <= bytes.length; at++) if (isFrame(bytes, at)) return true;
  return false;
}
