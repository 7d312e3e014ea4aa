import type { ClientRequest } from '@supernoba/protocol';
import { ClientErrorCode, SupernobaError } from './errors.js';

/** One event of a frame before its kind is known. */
export type RawEvent = Readonly<Record<string, unknown>>;

export function encodeRequest(request: ClientRequest): string {
  return JSON.stringify(request);
}

/**
 * The events of one received frame: an event object or an array of them.
 *
 * @throws SupernobaError `BAD_ANSWER` on anything else.
 */
export function decodeFrame(data: unknown): RawEvent[] {
  if (typeof data !== 'string') throw badFrame('a frame that is no text');
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch (cause) {
    throw badFrame(`a frame that is not JSON: ${data.slice(0, 80)}`, cause);
  }
  const events: unknown[] = Array.isArray(value) ? value : [value];
  if (!events.every(isRawEvent)) throw badFrame(`a frame without event objects: ${data.slice(0, 80)}`);
  return events;
}

export function isRawEvent(value: unknown): value is RawEvent {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function badFrame(message: string, cause?: unknown): SupernobaError {
  return new SupernobaError(ClientErrorCode.BadAnswer, message, cause === undefined ? {} : { cause });
}
