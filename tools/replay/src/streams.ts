import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  ListShardsCommand,
  type KinesisClient,
} from '@aws-sdk/client-kinesis';
import { decodeEvents, type ExchangeEvent } from '@supernoba/protocol';
import { setTimeout as pause } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';

// Kinesis takes five reads a second of a shard.
const POLL_MS = 200;
const RECORDS_A_READ = 5_000;

/**
 * Collects the events of one symbol from event streams, from now on, each `seq` once.
 *
 * @throws Error when two copies of one `seq` differ
 */
export class EventCollector {
  private readonly bySeq = new Map<number, { event: ExchangeEvent; text: string }>();
  private readonly readers: Promise<void>[] = [];
  private readonly stop = new AbortController();
  private readonly answers = new Set<string>();
  private failure: unknown;
  /** Repeats that were dropped by their `seq`. */
  repeats = 0;

  private constructor(
    private readonly kinesis: KinesisClient,
    private readonly symbol: string,
  ) {}

  static async start(kinesis: KinesisClient, streams: readonly string[], symbol: string): Promise<EventCollector> {
    const collector = new EventCollector(kinesis, symbol);
    for (const StreamName of streams) {
      const { Shards = [] } = await kinesis.send(new ListShardsCommand({ StreamName }));
      if (Shards.length === 0) throw new Error(`the stream ${StreamName} has no shards`);
      for (const { ShardId } of Shards) {
        const { ShardIterator } = await kinesis.send(
          new GetShardIteratorCommand({ StreamName, ShardId, ShardIteratorType: 'LATEST' }),
        );
        collector.readers.push(collector.read(ShardIterator));
      }
    }
    return collector;
  }

  /** Number of different events so far. @throws what a reader failed with */
  get size(): number {
    if (this.failure)
      throw this.failure instanceof Error ? this.failure : new Error('reading failed', { cause: this.failure });
    return this.bySeq.size;
  }

  /** Whether a status event that carries this request id has arrived. */
  hasAnswer(requestId: string): boolean {
    return this.answers.has(requestId);
  }

  /** Ends reading and gives the events in the order of their `seq`. @throws Error when a number is missing in between */
  async finish(): Promise<ExchangeEvent[]> {
    this.stop.abort();
    await Promise.all(this.readers);
    const events = [...this.bySeq.values()].map(({ event }) => event).sort((a, b) => a.seq - b.seq);
    if (this.size > 0 && events.at(-1)!.seq - events[0]!.seq + 1 !== events.length) {
      const gap = events.findIndex((event, index) => index > 0 && event.seq !== events[index - 1]!.seq + 1);
      throw new Error(`the streams miss the event after seq ${events[gap - 1]!.seq} of ${this.symbol}`);
    }
    return events;
  }

  private async read(iterator: string | undefined): Promise<void> {
    try {
      while (iterator !== undefined && !this.stop.signal.aborted) {
        const { Records = [], NextShardIterator } = await this.kinesis.send(
          new GetRecordsCommand({ ShardIterator: iterator, Limit: RECORDS_A_READ }),
        );
        for (const record of Records) if (record.PartitionKey === this.symbol && record.Data) this.take(record.Data);
        iterator = NextShardIterator;
        if (Records.length < RECORDS_A_READ) await pause(POLL_MS);
      }
    } catch (error) {
      this.failure = error;
    }
  }

  private take(data: Uint8Array): void {
    for (const event of decodeEvents(data, (bytes, maxOutputLength) => gunzipSync(bytes, { maxOutputLength }))) {
      const text = JSON.stringify(event);
      const known = this.bySeq.get(event.seq);
      if (known && known.text !== text) {
        throw new Error(`seq ${event.seq} stands twice with different contents: ${known.text} and ${text}`);
      }
      if (known) this.repeats += 1;
      else this.bySeq.set(event.seq, { event, text });
      if (event.event === 'ORDER_STATUS' && event.request_id !== undefined) this.answers.add(event.request_id);
    }
  }
}
