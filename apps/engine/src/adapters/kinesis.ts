import {
  DescribeStreamConsumerCommand,
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  ListShardsCommand,
  PutRecordsCommand,
  RegisterStreamConsumerCommand,
  ResourceInUseException,
  SubscribeToShardCommand,
  type KinesisClient,
  type ListShardsCommandOutput,
} from '@aws-sdk/client-kinesis';
import {
  PortError,
  type JournalPage,
  type KinesisPort,
  type Shard,
  type ShardSubscription,
  type StartAt,
  type StreamRecord,
} from '../ports.js';
import { callAws } from './port-errors.js';
import { EventStreamSubscription, journalRecord } from './shard-subscription.js';

/** Kinesis Data Streams through the AWS SDK. */
export class KinesisAdapter implements KinesisPort {
  /** @param pushClient for SubscribeToShard, which the service offers over HTTP/2 alone */
  constructor(
    private readonly client: KinesisClient,
    private readonly pushClient: KinesisClient,
  ) {}

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
      records: (answer.Records ?? []).map(journalRecord),
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

  async registerConsumer(stream: string, name: string): Promise<string> {
    const summary = await callAws(() => this.client.send(new DescribeStreamSummaryCommand({ StreamName: stream })));
    const StreamARN = summary.StreamDescriptionSummary!.StreamARN!;
    await callAws(async () => {
      try {
        await this.client.send(new RegisterStreamConsumerCommand({ StreamARN, ConsumerName: name }));
      } catch (error) {
        // It is registered already.
        if (!(error instanceof ResourceInUseException)) throw error;
      }
    });
    const answer = await callAws(() =>
      this.client.send(new DescribeStreamConsumerCommand({ StreamARN, ConsumerName: name })),
    );
    const { ConsumerARN, ConsumerStatus } = answer.ConsumerDescription!;
    if (ConsumerStatus !== 'ACTIVE') throw new PortError('UNAVAILABLE', `consumer ${name} is ${ConsumerStatus}`);
    return ConsumerARN!;
  }

  async subscribe(consumerArn: string, shardId: string, start: StartAt): Promise<ShardSubscription> {
    const ending = new AbortController();
    const command = new SubscribeToShardCommand({
      ConsumerARN: consumerArn,
      ShardId: shardId,
      StartingPosition: {
        Type: start.type,
        ...(start.type === 'TRIM_HORIZON' ? {} : { SequenceNumber: start.sequenceNumber }),
      },
    });
    // Another reader has it, or had it less than five seconds ago.
    const special = { InvalidArgumentException: 'BAD_POSITION', ResourceInUseException: 'UNAVAILABLE' } as const;
    const answer = await callAws(() => this.pushClient.send(command, { abortSignal: ending.signal }), special);
    return new EventStreamSubscription(answer.EventStream!, ending);
  }
}
