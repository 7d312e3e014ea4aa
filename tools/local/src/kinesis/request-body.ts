import { KinesisError } from './errors.js';
import type { HttpRequest } from './listener.js';

/** 5 MiB of records in base64, their keys and the JSON around them, with room to spare. */
const MAX_BODY_BYTES = 12 * 1024 * 1024;
/** All bodies that are being received at one time. */
const MAX_PENDING_BYTES = 256 * 1024 * 1024;
/** How much of a body that is too large is read before the connection is closed. */
const MAX_DISCARDED_BYTES = 4 * MAX_BODY_BYTES;
let pendingBytes = 0;

const tooLarge = (): KinesisError =>
  new KinesisError('RequestEntityTooLargeException', `The body exceeds ${MAX_BODY_BYTES} bytes.`, 413);

const overloaded = (): KinesisError =>
  new KinesisError('ServiceUnavailable', 'Too many requests are being received at once.', 503);

/** @throws KinesisError when the body, or all bodies under way together, are too large */
export async function readBody(request: HttpRequest): Promise<Buffer> {
  let chunks: Buffer[] = [];
  let bytes = 0;
  let held = 0;
  let refusal: KinesisError | undefined;
  try {
    // A refused body is read to its end all the same, so that the client gets to see the answer; up to a point.
    for await (const chunk of request) {
      bytes += chunk.length;
      if (bytes > MAX_BODY_BYTES) refusal ??= tooLarge();
      else if (pendingBytes + chunk.length > MAX_PENDING_BYTES) refusal ??= overloaded();
      if (bytes > MAX_DISCARDED_BYTES) break;
      if (refusal === undefined) {
        held += chunk.length;
        pendingBytes += chunk.length;
        chunks.push(chunk);
      } else {
        chunks = [];
      }
    }
  } finally {
    pendingBytes -= held;
  }
  if (refusal !== undefined) throw refusal;
  return Buffer.concat(chunks, bytes);
}
