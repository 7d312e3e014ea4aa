import {
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  ListShardsCommand,
  PutRecordsCommand,
  type KinesisClient,
  type ListShardsCommandOutput,
} from '@aws-sdk/client-kinesis';
import type { JournalPage, KinesisPort, Shard, StartAt, StreamRecord } from '../ports.js';
import { callAws } from './port-errors.js';

/** Kinesis Data Streams through the AWS SDK. */
export class KinesisAdapter implements KinesisPort {
  constructor(private readonly client: KinesisClient) {}

  async retentionHours(stream: string): Promise<number> {
    const answer = await callAws(() => this.client.send(new DescribeStreamSummaryCommand({ StreamName: stream })));
    return answer.StreamDescriptionSummary?.RetentionPeriodHours ?? 0;
  }

  async listShards(stream: string): Promise<Shard[]> {
    const shards: Shard[] = [];
    let next: string | undefined;
    do {
      const query = next === undefined ? { StreamName: stream } : { NextToken: next };
      const answer: ListShardsCommandOutput = await callAws(() => this.client.send(new ListShardsCommand(query)));
      for (const shard of answer.Shards ?? []) {
        shards.push({
          shardId: shard.ShardId!,
          parents: [shard.ParentShardId, shard.AdjacentParentShardId].filter((id) => id !== undefined),
          startingHashKey: shard.HashKeyRange!.StartingHashKey!,
          endingHashKey: shard.HashKeyRange!.EndingHashKey!,
        });
      }
      next = answer.NextToken;
    } while (next !== undefined);
    return shards;
  }

  async iterator(stream: string, shardId: string, start: StartAt): Promise<string> {
    const command = new GetShardIteratorCommand({
      StreamName: stream,
      ShardId: shardId,
      ShardIteratorType: start.type,
      ...(start.type === 'TRIM_HORIZON' ? {} : { StartingSequenceNumber: start.sequenceNumber }),
    });
    const answer = await callAws(() => this.client.send(command), { InvalidArgumentException: 'BAD_POSITION' });
    return answer.ShardIterator!;
  }

  async records(iterator: string, limit: number): Promise<JournalPage> {
    const command = new GetRecordsCommand({ ShardIterator: iterator, Limit: limit });
    // A server that was started anew may not know its old iterators.
    const answer = await callAws(() => this.client.send(command), { InvalidArgumentException: 'EXPIRED_ITERATOR' });
    return {
      records: (answer.Records ?? []).map((record) => ({
        sequenceNumber: record.SequenceNumber!,
        arrivalMs: record.ApproximateArrivalTimestamp!.getTime(),
        partitionKey: record.PartitionKey!,
        data: record.Data!,
      })),
      next: answer.NextShardIterator || undefined,
      behindMs: answer.MillisBehindLatest ?? 0,
    };
  }

  async putRecords(stream: string, records: readonly StreamRecord[]): Promise<(string | undefined)[]> {
    const command = new PutRecordsCommand({
      StreamName: stream,
      Records: records.map(({ partitionKey, explicitHashKey, data }) => ({
        PartitionKey: partitionKey,
        Data: data,
        ...(explicitHashKey === undefined ? {} : { ExplicitHashKey: explicitHashKey }),
      })),
    });
    const answer = await callAws(() => this.client.send(command));
    return (answer.Records ?? []).map(({ ErrorCode }) => ErrorCode);
  }
}
