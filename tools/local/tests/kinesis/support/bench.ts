import {
  CreateStreamCommand,
  DescribeStreamCommand,
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  PutRecordCommand,
  type GetShardIteratorCommandInput,
  type KinesisClient,
  type Shard,
  type _Record,
} from '@aws-sdk/client-kinesis';
import { eventually } from '@supernoba/testing';

/** Asks seldom enough to leave a slow server time for its work. */
export const PATIENCE = { timeoutMs: 15_000, everyMs: 40 };

/** A client with the few steps that most cases begin with. */
export class Bench {
  #streams = 0;

  constructor(
    readonly client: KinesisClient,
    readonly endpoint: string,
  ) {}

  /** A name that no other case uses. */
  name(): string {
    return `case-${process.pid}-${Date.now().toString(36)}-${++this.#streams}`;
  }

  async stream(shardCount = 1): Promise<string> {
    const StreamName = this.name();
    await this.client.send(new CreateStreamCommand({ StreamName, ShardCount: shardCount }));
    await this.active(StreamName);
    return StreamName;
  }

  async active(StreamName: string): Promise<void> {
    await eventually(async () => {
      const { StreamDescriptionSummary: summary } = await this.client.send(
        new DescribeStreamSummaryCommand({ StreamName }),
      );
      return summary?.StreamStatus === 'ACTIVE';
    }, PATIENCE);
  }

  async shards(StreamName: string): Promise<Shard[]> {
    const { StreamDescription } = await this.client.send(new DescribeStreamCommand({ StreamName }));
    return StreamDescription?.Shards ?? [];
  }

  async iterator(input: Omit<GetShardIteratorCommandInput, 'ShardId'> & { ShardId?: string }): Promise<string> {
    const { ShardIterator } = await this.client.send(
      new GetShardIteratorCommand({ ShardId: 'shardId-000000000000', ...input }),
    );
    return ShardIterator ?? '';
  }

  put(StreamName: string, PartitionKey: string, text: string, ExplicitHashKey?: string) {
    return this.client.send(
      new PutRecordCommand({
        StreamName,
        PartitionKey,
        Data: Buffer.from(text),
        ...(ExplicitHashKey !== undefined && { ExplicitHashKey }),
      }),
    );
  }

  /** Everything from the start of a shard to its end or tip. */
  async readAll(StreamName: string, ShardId = 'shardId-000000000000'): Promise<_Record[]> {
    const records: _Record[] = [];
    let next: string | undefined = await this.iterator({ StreamName, ShardId, ShardIteratorType: 'TRIM_HORIZON' });
    for (let empty = false; next && !empty;) {
      const answer: { Records: _Record[] | undefined; NextShardIterator?: string | undefined } = await this.client.send(
        new GetRecordsCommand({ ShardIterator: next }),
      );
      records.push(...(answer.Records ?? []));
      empty = answer.Records?.length === 0;
      next = answer.NextShardIterator;
    }
    return records;
  }
}

export const texts = (records: readonly _Record[]): string[] =>
  records.map((record) => Buffer.from(record.Data ?? []).toString());

/** The name of the error that `promise` fails with; the case fails where it does not. */
export async function errorOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    return error instanceof Error ? error.name : String(error);
  }
  return 'no error';
}

export const MAX_HASH = (1n << 128n) - 1n;
