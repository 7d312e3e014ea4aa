import type { _Record, SubscribeToShardEventStream } from '@aws-sdk/client-kinesis';
import type { JournalPage, JournalRecord, ShardSubscription } from '../ports.js';
import { callAws } from './port-errors.js';

/** A SubscribeToShard answer, event by event. */
export class EventStreamSubscription implements ShardSubscription {
  readonly #events: AsyncIterator<SubscribeToShardEventStream>;
  readonly #closed: Promise<undefined>;

  constructor(
    stream: AsyncIterable<SubscribeToShardEventStream>,
    private readonly ending: AbortController,
  ) {
    this.#events = stream[Symbol.asyncIterator]();
    this.#closed = new Promise((resolve) =>
      ending.signal.addEventListener('abort', () => resolve(undefined), { once: true }),
    );
  }

  async page(): Promise<JournalPage | undefined> {
    while (!this.ending.signal.aborted) {
      const waiting = callAws(() => this.#events.next());
      // What a closed connection throws is the end that was asked for.
      waiting.catch(() => undefined);
      const next = await Promise.race([waiting, this.#closed]);
      if (next === undefined || next.done === true) return undefined;
      const event = next.value.SubscribeToShardEvent;
      if (event === undefined) continue;
      return {
        records: (event.Records ?? []).map(journalRecord),
        next: event.ContinuationSequenceNumber || undefined,
        behindMs: event.MillisBehindLatest ?? 0,
      };
    }
    return undefined;
  }

  close(): void {
    this.ending.abort();
  }
}

function journalRecord(record: _Record): JournalRecord {
  return {
    sequenceNumber: record.SequenceNumber!,
    arrivalMs: record.ApproximateArrivalTimestamp!.getTime(),
    partitionKey: record.PartitionKey!,
    data: record.Data!,
  };
}
