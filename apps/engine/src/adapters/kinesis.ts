import {
  DescribeStreamConsumerCommand,
  DescribeStreamSummaryCommand,
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
import { JsonCalls } from './json-calls.js';
import { callAws } from './port-errors.js';
import { EventStreamSubscription } from './shard-subscription.js';

interface GetRecordsAnswer {
  Records?: { SequenceNumber: string; ApproximateArrivalTimestamp: number; PartitionKey: string; Data: string }[];
  NextShardIterator?: string | null;
  MillisBehindLatest?: number;
}

interface PutRecordsAnswer {
  Records?: { ErrorCode?: string | null }[];
}

/** Kinesis Data Streams through the AWS SDK; records, of which there are many, in JSON made and read here. */
export class KinesisAdapter implements KinesisPort {
  readonly #calls: JsonCalls;

  /** @param pushClient for SubscribeToShard, which the service offers over HTTP/2 alone */
  constructor(
    private readonly client: KinesisClient,
    private readonly pushClient: KinesisClient,
  ) {
    this.#calls = new JsonCalls(client, {
      name: 'kinesis',
      target: 'Kinesis_20131202',
      contentType: 'application/x-amz-json-1.1',
      // Any stream's: without an ARN or a stream id the endpoint is that of the region.
      endpointOf: { command: PutRecordsCommand, input: {} },
    });
  }

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
    const body = Buffer.from(JSON.stringify({ ShardIterator: iterator, Limit: limit }));
    // A server that was started anew may not know its old iterators.
    const special = { InvalidArgumentException: 'EXPIRED_ITERATOR' } as const;
    return callAws(async () => {
      const answer = JSON.parse((await this.#calls.call('GetRecords', body)).toString('utf8')) as GetRecordsAnswer;
      return {
        records: (answer.Records ?? []).map((record) => ({
          sequenceNumber: record.SequenceNumber,
          // Seconds on the wire.
          arrivalMs: Math.round(record.ApproximateArrivalTimestamp * 1000),
          partitionKey: record.PartitionKey,
          data: Buffer.from(record.Data, 'base64'),
        })),
        next: answer.NextShardIterator ?? undefined,
        behindMs: answer.MillisBehindLatest ?? 0,
      };
    }, special);
  }

  async putRecords(stream: string, records: readonly StreamRecord[]): Promise<(string | undefined)[]> {
    const body = putRecordsBody(stream, records);
    return callAws(async () => {
      const answer = JSON.parse((await this.#calls.call('PutRecords', body)).toString('utf8')) as PutRecordsAnswer;
      const codes = (answer.Records ?? []).map(({ ErrorCode }) => ErrorCode ?? undefined);
      // What has no answer must not count as stored.
      if (codes.length !== records.length) {
        throw new PortError('UNAVAILABLE', `${codes.length} answers to ${records.length} records`);
      }
      return codes;
    });
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

/** Record by record: one string of all of them would be among the largest things that the collector has to look after. */
function putRecordsBody(stream: string, records: readonly StreamRecord[]): Buffer {
  const parts = [`{"StreamName":${JSON.stringify(stream)},"Records":[`];
  for (const { partitionKey, explicitHashKey, data } of records) {
    const place = explicitHashKey === undefined ? '' : `,"ExplicitHashKey":"${explicitHashKey}"`;
    const separator = parts.length === 1 ? '' : ',';
    parts.push(`${separator}{"PartitionKey":${JSON.stringify(partitionKey)}${place},"Data":"`);
    parts.push(Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64'), '"}');
  }
  parts.push(']}');
  const body = Buffer.allocUnsafe(parts.reduce((bytes, part) => bytes + Buffer.byteLength(part), 0));
  let at = 0;
  for (const part of parts) at += body.write(part, at);
  return body;
}
