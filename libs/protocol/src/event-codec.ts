import type { ExchangeEvent } from './events.js';
import { MAX_EVENT_RECORD_BYTES } from './limits.js';

/** A record of either event stream that is no event, no array of events, or too large. */
export class EventFormatError extends Error {
  readonly code = 'BAD_EVENT';
  readonly retryable = false;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'EventFormatError';
  }
}

/** Unpacks gzip, and throws when the result would pass `maxBytes`. Node: `(b, max) => gunzipSync(b, { maxOutputLength: max })`. */
export type Inflate = (bytes: Uint8Array, maxBytes: number) => Uint8Array;

/** Writers split at {@link MAX_EVENT_RECORD_BYTES}; a single large event may stand alone above it. */
const MAX_INFLATED_BYTES = 2 * MAX_EVENT_RECORD_BYTES;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * The events of one record of `supernoba-fills` or `supernoba-order-status`, in order: one event or an array, plain JSON
 * or gzip. Events of a kind this version does not know are left out. The fields of an event are not checked one by one:
 * the streams have one writer, `@supernoba/protocol/schemas` has the full check.
 *
 * @throws EventFormatError when the bytes are no events
 */
export function decodeEvents(bytes: Uint8Array, inflate?: Inflate): ExchangeEvent[] {
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(isGzip(bytes) ? unpack(bytes, inflate) : bytes));
  } catch (cause) {
    if (cause instanceof EventFormatError) throw cause;
    throw new EventFormatError('the record holds no JSON', { cause });
  }
  const events: unknown[] = [];
  for (const event of Array.isArray(value) ? (value as unknown[]) : [value]) {
    if (isKnownEvent(event)) events.push(event);
  }
  return events as ExchangeEvent[];
}

function unpack(bytes: Uint8Array, inflate: Inflate | undefined): Uint8Array {
  if (inflate === undefined) throw new EventFormatError('the record is gzip and no inflate function was given');
  const unpacked = inflate(bytes, MAX_INFLATED_BYTES);
  if (unpacked.byteLength > MAX_INFLATED_BYTES) throw new EventFormatError(`over ${MAX_INFLATED_BYTES} bytes unpacked`);
  return unpacked;
}

function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

function isKnownEvent(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) throw new EventFormatError('an event is a JSON object');
  const { event, symbol, seq } = value as Record<string, unknown>;
  if (typeof event !== 'string' || typeof symbol !== 'string' || !Number.isSafeInteger(seq)) {
    throw new EventFormatError('an event has event, symbol and seq');
  }
  return event === 'FILL' || event === 'ORDER_STATUS';
}
