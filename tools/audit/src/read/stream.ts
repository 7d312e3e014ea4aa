import {
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  ListShardsCommand,
  ProvisionedThroughputExceededException,
  type GetRecordsCommandOutput,
  type KinesisClient,
  type ListShardsCommandOutput,
  type Shard,
} from '@aws-sdk/client-kinesis';
import type { ArchivedRecord } from '@supernoba/journal-archive';
import { decodeEvents } from '@supernoba/protocol';
import { setTimeout as pause } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import type { HeldEvent, HeldStream } from '../held.js';

const RECORDS_A_READ = 10_000;
const THROTTLED_PAUSE_MS = 250;
const HOUR_MS = 3_600_000;

export async function listShards(kinesis: KinesisClient, StreamName: string): Promise<Shard[]> {
  const shards: Shard[] = [];
  let NextToken: string | undefined;
  do {
    const query = NextToken === undefined ? { StreamName } : { NextToken };
    const answer: ListShardsCommandOutput = await kinesis.send(new ListShardsCommand(query));
    shards.push(...(answer.Shards ?? []));
    NextToken = answer.NextToken;
  } while (NextToken !== undefined);
  return shards;
}

/** What a stream still has of a shard, from its oldest record to its tip. */
export async function readShard(
  kinesis: KinesisClient,
  StreamName: string,
  ShardId: string,
  signal: AbortSignal,
): Promise<ArchivedRecord[]> {
  const records: ArchivedRecord[] = [];
  const start = new GetShardIteratorCommand({ StreamName, ShardId, ShardIteratorType: 'TRIM_HORIZON' });
  let { ShardIterator: iterator } = await kinesis.send(start);
  for (let isBehind = true; isBehind && iterator !== undefined;) {
    signal.throwIfAborted();
    const page = await getRecords(kinesis, iterator, signal);
    for (const { SequenceNumber, ApproximateArrivalTimestamp, PartitionKey, Data } of page.Records ?? []) {
      records.push({
        sequenceNumber: SequenceNumber!,
        arrivalMs: ApproximateArrivalTimestamp!.getTime(),
        partitionKey: PartitionKey!,
        data: Data!,
      });
    }
    iterator = page.NextShardIterator;
    isBehind = (page.MillisBehindLatest ?? 0) > 0 || (page.Records?.length ?? 0) > 0;
  }
  return records;
}

/** Until Kinesis gives the page; the signal bounds it. */
async function getRecords(
  kinesis: KinesisClient,
  ShardIterator: string,
  signal: AbortSignal,
): Promise<GetRecordsCommandOutput> {
  for (;;) {
    try {
      return await kinesis.send(new GetRecordsCommand({ ShardIterator, Limit: RECORDS_A_READ }));
    } catch (error) {
      if (!(error instanceof ProvisionedThroughputExceededException)) throw error;
      await pause(THROTTLED_PAUSE_MS, undefined, { signal });
    }
  }
}

/** The events of an output stream, shard by shard. */
export async function readEvents(kinesis: KinesisClient, stream: string, signal: AbortSignal): Promise<HeldStream> {
  const shards = await listShards(kinesis, stream);
  return Promise.all(
    shards.map(async ({ ShardId }) => {
      const events: HeldEvent[] = [];
      for (const { data } of await readShard(kinesis, stream, ShardId!, signal)) {
        for (const event of decodeEvents(data, (bytes, maxOutputLength) => gunzipSync(bytes, { maxOutputLength }))) {
          events.push({ symbol: event.symbol, seq: event.seq, text: JSON.stringify(event) });
        }
      }
      return events;
    }),
  );
}

/** What came before may be forgotten by now, epoch ms. */
export async function keptSince(kinesis: KinesisClient, StreamName: string): Promise<number> {
  const answer = await kinesis.send(new DescribeStreamSummaryCommand({ StreamName }));
  return Date.now() - (answer.StreamDescriptionSummary?.RetentionPeriodHours ?? 0) * HOUR_MS;
}
