import { decodeEvents, EventFormatError, type ExchangeEvent } from '@supernoba/protocol';
import { gunzipSync } from 'node:zlib';
import type { ErrorLog } from './error.js';

/** What is read of a Kinesis batch. */
export interface KinesisEvent {
  Records: readonly { kinesis: { sequenceNumber: string; data: string } }[];
}

/** The records from the first one named on come again. */
export interface BatchAnswer {
  batchItemFailures: { itemIdentifier: string }[];
}

/** The events of one record of an event stream, base64 as Lambda gets it. A record that is none is logged and left out. */
export function readEvents(data: string, log: ErrorLog): ExchangeEvent[] {
  try {
    return decodeEvents(Buffer.from(data, 'base64'), (bytes, maxOutputLength) =>
      gunzipSync(bytes, { maxOutputLength }),
    );
  } catch (error) {
    if (!(error instanceof EventFormatError)) throw error;
    // It will never be readable: going on without it is all there is.
    log('a record is no event', error);
    return [];
  }
}

/** Records from place `first` on are to come again; undefined: all are done. */
export function batchAnswer({ Records }: KinesisEvent, first: number | undefined): BatchAnswer {
  const failed = first === undefined ? [] : Records.slice(first, first + 1);
  return { batchItemFailures: failed.map(({ kinesis }) => ({ itemIdentifier: kinesis.sequenceNumber })) };
}
