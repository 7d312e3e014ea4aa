import { CreateTableCommand, DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import type { AttributeValue, CreateTableCommandInput, KeySchemaElement } from '@aws-sdk/client-dynamodb';
import {
  CreateStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListShardsCommand,
} from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { KeyAttribute, TableShape } from '@supernoba/protocol';
import { eventually } from '@supernoba/testing';
import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';

/** Both packages are CommonJS without types: a function that makes an HTTP server. */
const load = createRequire(__filename) as (name: string) => (options: object) => Server;
const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };

export interface KinesisRecord {
  partitionKey: string;
  /** The record's bytes as JSON. */
  data: unknown;
}

export interface TestKinesis {
  endpoint: string;
  client: KinesisClient;
  stream: string;
  /** Everything in the stream, shard by shard. */
  records(): Promise<KinesisRecord[]>;
  stop(): Promise<void>;
}

/** A real Kinesis stand-in (kinesalite) with one stream. */
export async function startKinesis(stream = 'supernoba-orders', shards = 2): Promise<TestKinesis> {
  const server = load('kinesalite')({ ssl: false, createStreamMs: 0, deleteStreamMs: 0 });
  const endpoint = await listen(server);
  const requestHandler = new NodeHttpHandler();
  const client = new KinesisClient({ endpoint, region: 'ap-northeast-2', credentials, requestHandler, maxAttempts: 1 });
  await client.send(new CreateStreamCommand({ StreamName: stream, ShardCount: shards }));
  const shardIds = await eventually(async () => {
    const { Shards = [] } = await client.send(new ListShardsCommand({ StreamName: stream }));
    return Shards.length === shards && Shards.map(({ ShardId }) => ShardId ?? '');
  });
  return {
    endpoint,
    client,
    stream,
    async records() {
      const found: KinesisRecord[] = [];
      for (const ShardId of shardIds) {
        const start = { StreamName: stream, ShardId, ShardIteratorType: 'TRIM_HORIZON' } as const;
        const { ShardIterator } = await client.send(new GetShardIteratorCommand(start));
        const { Records = [] } = await client.send(new GetRecordsCommand({ ShardIterator }));
        for (const { PartitionKey = '', Data } of Records) {
          found.push({ partitionKey: PartitionKey, data: JSON.parse(Buffer.from(Data ?? []).toString()) });
        }
      }
      return found;
    },
    async stop() {
      client.destroy();
      await close(server);
    },
  };
}

export interface TestDynamo {
  client: DynamoDBClient;
  rows(table: string): Promise<Record<string, AttributeValue>[]>;
  stop(): Promise<void>;
}

/** A real DynamoDB stand-in (dynalite) with the tables given and their indexes. */
export async function startDynamo(...tables: TableShape[]): Promise<TestDynamo> {
  const server = load('dynalite')({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  const endpoint = await listen(server);
  const requestHandler = new NodeHttpHandler();
  const client = new DynamoDBClient({
    endpoint,
    region: 'ap-northeast-2',
    credentials,
    requestHandler,
    maxAttempts: 1,
  });
  for (const table of tables) await client.send(new CreateTableCommand(describe(table)));
  const rows = async (table: string) => (await client.send(new ScanCommand({ TableName: table }))).Items ?? [];
  await eventually(async () => {
    for (const { name } of tables) await rows(name);
    return true;
  });
  return {
    client,
    rows,
    async stop() {
      client.destroy();
      await close(server);
    },
  };
}

function describe({ name, hash, range, indexes = [] }: TableShape): CreateTableCommandInput {
  const keys = [{ hash, range }, ...indexes].flatMap((index) =>
    index.range ? [index.hash, index.range] : [index.hash],
  );
  const types = new Map(keys.map((key) => [key.name, key.type]));
  const schema = (one: KeyAttribute, two?: KeyAttribute): KeySchemaElement[] => [
    { AttributeName: one.name, KeyType: 'HASH' },
    ...(two ? [{ AttributeName: two.name, KeyType: 'RANGE' as const }] : []),
  ];
  const all = indexes.map((index) => ({
    IndexName: index.name,
    KeySchema: schema(index.hash, index.range),
    Projection: { ProjectionType: 'ALL' as const },
  }));
  return {
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [...types].map(([AttributeName, AttributeType]) => ({ AttributeName, AttributeType })),
    KeySchema: schema(hash, range),
    ...(all.length === 0 ? {} : { GlobalSecondaryIndexes: all }),
  };
}

export async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve, reject) => server.close((error) => (error ? reject(error) : resolve())));
}
