import { PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import {
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  ListShardsCommand,
  UpdateShardCountCommand,
} from '@aws-sdk/client-kinesis';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { toSymbolItem } from '@supernoba/edge';
import { decodeRecord, STREAMS, TABLES } from '@supernoba/protocol';
import { createDynamoClient, createKinesisClient, createS3Client, createValkey, type Valkey } from '@supernoba/runtime';
import { startValkey, tempDir, type TestValkey } from '@supernoba/testing';
import { createKeys } from '@supernoba/valkey-keys';
import { join } from 'node:path';
import { startDynamoDbServer } from '../../src/dynamodb/index.js';
import { awsEnvironment } from '../../src/index.js';
import { startKinesisServer } from '../../src/kinesis/index.js';
import { startS3Server } from '../../src/s3/index.js';
import { createBucket, createStreams, createTables, registerSymbols } from '../../src/set-up/index.js';

const dir = tempDir('supernoba-set-up-');
const keys = createKeys();
const closing: (() => unknown)[] = [];
const before = { ...process.env };

let server: TestValkey;
let valkey: Valkey;
let clients: {
  dynamo: ReturnType<typeof createDynamoClient>;
  kinesis: ReturnType<typeof createKinesisClient>;
  s3: ReturnType<typeof createS3Client>;
};

beforeAll(async () => {
  const [kinesis, dynamo, s3] = await Promise.all([
    startKinesisServer({ dataDir: join(dir, 'kinesis') }),
    startDynamoDbServer({ dir: join(dir, 'dynamodb') }),
    startS3Server({ dir: join(dir, 's3') }),
  ]);
  closing.push(
    () => kinesis.close(),
    () => dynamo.close(),
    () => s3.close(),
  );
  const endpoints = { kinesis: `http://127.0.0.1:${kinesis.port}`, dynamodb: dynamo.endpoint, s3: s3.endpoint };
  Object.assign(process.env, awsEnvironment(endpoints));
  const region = 'ap-northeast-2';
  clients = {
    dynamo: createDynamoClient({ region }),
    kinesis: createKinesisClient({ region }),
    s3: createS3Client({ region }),
  };
  closing.push(() => Object.values(clients).forEach((client) => client.destroy()));
  server = await startValkey();
  closing.push(() => server.stop());
  valkey = createValkey({ host: server.host, port: server.port, name: 'test' });
  await valkey.connect();
  closing.push(() => valkey.disconnect());
});

afterAll(async () => {
  for (const close of closing.reverse()) await close();
  process.env = before;
});

const stores = () => ({ ...clients, table: TABLES.symbols.name, stream: STREAMS.orders.name, valkey, keys });

test('streams have their shards and a week of retention; one that exists keeps its shards', async () => {
  const streams = Object.values(STREAMS);
  const summary = async () =>
    Promise.all(
      streams.map(async ({ name }) => {
        const { StreamDescriptionSummary: found } = await clients.kinesis.send(
          new DescribeStreamSummaryCommand({ StreamName: name }),
        );
        return [name, found?.OpenShardCount, found?.RetentionPeriodHours, found?.StreamStatus];
      }),
    );
  await createStreams(clients.kinesis, streams);
  const created = streams.map(({ name, shards }) => [name, shards, 168, 'ACTIVE']);
  expect(await summary()).toEqual(created);
  const resize = { StreamName: STREAMS.fills.name, TargetShardCount: 4, ScalingType: 'UNIFORM_SCALING' as const };
  await clients.kinesis.send(new UpdateShardCountCommand(resize));
  await createStreams(clients.kinesis, streams);
  expect(await summary()).toEqual(
    created.map((row) => (row[0] === STREAMS.fills.name ? [row[0], 4, 168, 'ACTIVE'] : row)),
  );
});

test('the bucket is made once', async () => {
  await createBucket(clients.s3, 'supernoba');
  await createBucket(clients.s3, 'supernoba');
  expect((await clients.s3.send(new ListObjectsV2Command({ Bucket: 'supernoba' }))).KeyCount).toBe(0);
});

test('symbols are registered as open, those of an earlier run stay as they are, and the cache shows the table', async () => {
  await createTables(clients.dynamo, Object.values(TABLES));
  await registerSymbols(stores(), ['TEST', 'BTCUSD']);
  const { Items = [] } = await clients.dynamo.send(new ScanCommand({ TableName: TABLES.symbols.name }));
  expect(Items.sort((a, b) => ((a['symbol']?.S ?? '') < (b['symbol']?.S ?? '') ? -1 : 1))).toEqual(
    ['BTCUSD', 'TEST'].map((symbol) => ({
      symbol: { S: symbol },
      state: { S: 'open' },
      config: { M: {} },
      updated_at: { N: expect.stringMatching(/^\d{13}$/) },
      updated_by: { S: 'local' },
    })),
  );
  expect((await valkey.smembers(keys.activeSymbols)).sort()).toEqual(['BTCUSD', 'TEST']);

  const halted = { symbol: 'TEST', state: 'halted' as const, config: {}, updated_at: 1, updated_by: 'admin' };
  await clients.dynamo.send(new PutItemCommand({ TableName: TABLES.symbols.name, Item: toSymbolItem(halted) }));
  await valkey.flushall();
  await registerSymbols(stores(), ['TEST', 'BTCUSD']);
  expect(await valkey.hgetall(keys.symbolStates)).toEqual({ TEST: 'halted', BTCUSD: 'open' });
});

test('the journal is told once of every symbol, so that each has a book', async () => {
  const { Shards = [] } = await clients.kinesis.send(new ListShardsCommand({ StreamName: STREAMS.orders.name }));
  const records = await Promise.all(
    Shards.map(async ({ ShardId }) => {
      const start = { StreamName: STREAMS.orders.name, ShardId, ShardIteratorType: 'TRIM_HORIZON' } as const;
      const { ShardIterator } = await clients.kinesis.send(new GetShardIteratorCommand(start));
      return (await clients.kinesis.send(new GetRecordsCommand({ ShardIterator }))).Records ?? [];
    }),
  );
  const entries = records.flat().flatMap(({ Data, PartitionKey }) => decodeRecord(Data!, PartitionKey!));
  expect(entries.map((element) => element.ok && element.entry).sort(bySymbol)).toEqual(
    ['BTCUSD', 'TEST'].map((symbol) => ({
      action: 'SYMBOL',
      op: 'CONFIG',
      symbol,
      request_id: `register-${symbol}`,
      actor: 'local',
      config: {},
    })),
  );
});

const bySymbol = (a: unknown, b: unknown) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
