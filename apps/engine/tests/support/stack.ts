import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateTableCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import {
  CreateStreamCommand,
  IncreaseStreamRetentionPeriodCommand,
  MergeShardsCommand,
  PutRecordsCommand,
  SplitShardCommand,
  type KinesisClient,
} from '@aws-sdk/client-kinesis';
import type { S3Client } from '@aws-sdk/client-s3';
import { DynamoDBDocumentClient, paginateScan } from '@aws-sdk/lib-dynamodb';
import { decodeEvents, TABLES, type ExchangeEvent, type JournalEntry, type TableShape } from '@supernoba/protocol';
import {
  createDynamoClient,
  createKinesisClient,
  createKinesisPushClient,
  createS3Client,
  createValkey,
  type Valkey,
} from '@supernoba/runtime';
import { eventually, startValkey, tempDir, type TestValkey } from '@supernoba/testing';
import dynalite from 'dynalite';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import S3rver from 's3rver';
import { DynamoAdapter } from '../../src/adapters/dynamodb.js';
import { KinesisAdapter } from '../../src/adapters/kinesis.js';
import { S3Adapter } from '../../src/adapters/s3.js';
import { systemClock, systemRandom, systemTimers } from '../../src/adapters/system.js';
import { ValkeyAdapter } from '../../src/adapters/valkey.js';
import type { EngineLogger, EnginePorts, JournalRecord, KinesisPort, ObjectStore, Shard } from '../../src/ports.js';
import type { EngineSettings } from '../../src/settings.js';
import { startKinesis, type KinesisOptions, type KinesisServer } from './kinesis-server.js';

const REGION = 'ap-northeast-2';
export const ORDERS = 'supernoba-orders';
export const FILLS = 'supernoba-fills';
export const STATUSES = 'supernoba-order-status';

export const settings: EngineSettings = {
  ordersStream: ORDERS,
  fillsStream: FILLS,
  statusStream: STATUSES,
  pollMs: 5,
  minRetentionHours: 168,
  leasesTable: TABLES.leases.name,
  deadLettersTable: TABLES.deadLetters.name,
  consumer: 'polling',
  consumerName: 'supernoba-engine',
  leaseMs: 5_000,
  snapshotIntervalMs: 60_000,
  snapshotKeepMs: 60_000,
  checkpointIntervalMs: 20,
  archiveIntervalMs: 10,
  maxBatchesInFlight: 8,
  hashTags: false,
};

/** What the engine logged: tests read it, nobody sees it. */
export class LogBook implements EngineLogger {
  readonly lines: { level: string; fields: object; message: string }[] = [];
  debug = (fields: object, message: string) => void this.lines.push({ level: 'debug', fields, message });
  info = (fields: object, message: string) => void this.lines.push({ level: 'info', fields, message });
  warn = (fields: object, message: string) => void this.lines.push({ level: 'warn', fields, message });
  error = (fields: object, message: string) => void this.lines.push({ level: 'error', fields, message });
}

/** The real servers that an engine runs on: Valkey, the local stack's Kinesis, dynalite, s3rver. */
export class Stack {
  readonly log = new LogBook();
  readonly counts = new Map<string, number>();
  readonly kinesis: KinesisPort;
  readonly objects: ObjectStore;
  readonly #pushClient: KinesisClient;
  readonly #adapters: ValkeyAdapter[] = [];

  private constructor(
    readonly kinesisClient: KinesisClient,
    readonly dynamoClient: DynamoDBClient,
    readonly s3Client: S3Client,
    public depthServer: TestValkey,
    readonly backupServer: TestValkey,
    readonly depth: Valkey,
    readonly kinesisServer: KinesisServer,
    private readonly dynamoServer: { close(done: () => void): unknown },
    private readonly s3: S3rver,
  ) {
    this.#pushClient = createKinesisPushClient({ region: REGION });
    this.kinesis = new KinesisAdapter(kinesisClient, this.#pushClient);
    this.objects = new S3Adapter(s3Client, 'supernoba');
  }

  static async start({
    orderShards = 1,
    kinesis = {},
  }: { orderShards?: number; kinesis?: KinesisOptions } = {}): Promise<Stack> {
    // Every server of every test watches for the end of the process.
    process.setMaxListeners(50);
    Object.assign(process.env, {
      AWS_ACCESS_KEY_ID: 'S3RVER',
      AWS_SECRET_ACCESS_KEY: 'S3RVER',
      AWS_REQUEST_CHECKSUM_CALCULATION: 'when_required',
      AWS_RESPONSE_CHECKSUM_VALIDATION: 'when_required',
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    });
    const dynamoServer = dynalite({ createTableMs: 0 });
    const s3 = new S3rver({
      address: '127.0.0.1',
      port: 0,
      silent: true,
      directory: tempDir('engine-s3-'),
      configureBuckets: [{ name: 'supernoba' }],
    });
    const [kinesisServer, dynamoPort, s3Address, depthServer, backupServer] = await Promise.all([
      startKinesis(kinesis),
      listen(dynamoServer),
      s3.run(),
      startValkey(),
      startValkey(),
    ]);
    process.env['AWS_ENDPOINT_URL_KINESIS'] = kinesisServer.endpoint;
    process.env['AWS_ENDPOINT_URL_DYNAMODB'] = `http://127.0.0.1:${dynamoPort}`;
    process.env['AWS_ENDPOINT_URL_S3'] = `http://127.0.0.1:${s3Address.port}`;
    const region = { region: REGION };
    const depth = createValkey({ host: depthServer.host, port: depthServer.port, name: 'test' });
    depth.on('error', () => undefined);
    await depth.connect();
    const stack = new Stack(
      createKinesisClient(region),
      createDynamoClient(region),
      createS3Client(region),
      depthServer,
      backupServer,
      depth,
      kinesisServer,
      dynamoServer,
      s3,
    );
    await stack.#createStreams(orderShards);
    for (const table of [TABLES.leases, TABLES.deadLetters, TABLES.audit]) await stack.#createTable(table);
    return stack;
  }

  ports(): EnginePorts {
    const { host } = this.depthServer;
    const valkey = (port: number, name: string) => {
      const client = createValkey({ host, port, name: 'engine', commandTimeoutMs: 1_000 });
      const adapter = new ValkeyAdapter(client, name, this.log);
      this.#adapters.push(adapter);
      adapter.connect();
      return adapter;
    };
    return {
      clock: systemClock,
      timers: systemTimers,
      random: systemRandom,
      kinesis: this.kinesis,
      dynamo: new DynamoAdapter(this.dynamoClient),
      objects: this.objects,
      depthCache: valkey(this.depthServer.port, 'depth'),
      backupCache: valkey(this.backupServer.port, 'backup'),
      metrics: {
        count: (name, by, label) => {
          for (const key of [name, `${name} ${label}`]) this.counts.set(key, (this.counts.get(key) ?? 0) + by);
        },
        gauge: () => undefined,
        observe: () => undefined,
      },
      logger: this.log,
    };
  }

  /** Puts records in order, one array or object each, under the symbol of its first entry. */
  async send(...records: (JournalEntry | JournalEntry[])[]): Promise<void> {
    await this.sendRaw(
      ...records.map((record) => {
        const [first] = Array.isArray(record) ? record : [record];
        const key = first !== undefined && 'symbol' in first ? first.symbol : 'TICK';
        return { key, data: JSON.stringify(record) };
      }),
    );
  }

  async sendRaw(...records: { key: string; data: string | Uint8Array }[]): Promise<void> {
    for (let first = 0; first < records.length; first += 400) {
      const some = records.slice(first, first + 400);
      await this.kinesisClient.send(
        new PutRecordsCommand({
          StreamName: ORDERS,
          Records: some.map(({ key, data }) => ({ PartitionKey: key, Data: Buffer.from(data) })),
        }),
      );
    }
  }

  /** Splits a shard of the orders stream in the middle of its range. */
  async split(shard: Shard): Promise<void> {
    const middle = (BigInt(shard.startingHashKey) + BigInt(shard.endingHashKey)) / 2n;
    await this.kinesisClient.send(
      new SplitShardCommand({
        StreamName: ORDERS,
        ShardToSplit: shard.shardId,
        NewStartingHashKey: String(middle),
      }),
    );
  }

  async merge(shard: Shard, adjacent: Shard): Promise<void> {
    await this.kinesisClient.send(
      new MergeShardsCommand({
        StreamName: ORDERS,
        ShardToMerge: shard.shardId,
        AdjacentShardToMerge: adjacent.shardId,
      }),
    );
  }

  /** Shards that take records, in the order of their ranges. */
  async openShards(): Promise<Shard[]> {
    const shards = await this.kinesis.listShards(ORDERS);
    const parents = new Set(shards.flatMap((shard) => shard.parents));
    const open = shards.filter(({ shardId }) => !parents.has(shardId));
    return open.sort((a, b) => (BigInt(a.startingHashKey) < BigInt(b.startingHashKey) ? -1 : 1));
  }

  /** Every record of a stream, shard by shard. */
  async journal(stream = ORDERS): Promise<Map<string, JournalRecord[]>> {
    const shards = new Map<string, JournalRecord[]>();
    for (const { shardId } of await this.kinesis.listShards(stream)) {
      // Where iterators are made to live shortly, one may be over before a busy machine has used it.
      shards.set(shardId, await eventually(() => this.#recordsOf(stream, shardId)));
    }
    return shards;
  }

  /** Every event of a stream as it stands there, repeats included. */
  async events<E extends ExchangeEvent>(stream: typeof FILLS | typeof STATUSES): Promise<E[]> {
    const events: ExchangeEvent[] = [];
    for (const records of (await this.journal(stream)).values()) {
      for (const { data } of records) {
        events.push(...eventsOf(data));
      }
    }
    return events as E[];
  }

  async rows(table: string): Promise<Record<string, unknown>[]> {
    const client = DynamoDBDocumentClient.from(this.dynamoClient);
    const rows: Record<string, unknown>[] = [];
    for await (const page of paginateScan({ client }, { TableName: table })) rows.push(...(page.Items ?? []));
    return rows;
  }

  async lease(shardId: string): Promise<Record<string, unknown>> {
    const rows = await this.rows(TABLES.leases.name);
    return rows.find(({ leaseKey }) => leaseKey === shardId) ?? {};
  }

  /** Waits until the lease of every shard that has records says that all of them are published. */
  async published(timeoutMs = 60_000): Promise<void> {
    const journal = await this.journal();
    await eventually(
      async () => {
        for (const [shardId, records] of journal) {
          const last = records.at(-1);
          if (last === undefined) continue;
          const { checkpoint } = await this.lease(shardId);
          if (checkpoint !== last.sequenceNumber && checkpoint !== 'SHARD_END') return false;
        }
        return true;
      },
      { timeoutMs },
    );
  }

  async stop(): Promise<void> {
    for (const adapter of this.#adapters) adapter.disconnect();
    this.depth.disconnect();
    this.kinesisClient.destroy();
    this.#pushClient.destroy();
    this.dynamoClient.destroy();
    this.s3Client.destroy();
    await Promise.all([
      this.depthServer.stop(),
      this.backupServer.stop(),
      this.s3.close(),
      this.kinesisServer.stop(),
      new Promise<void>((resolve) => this.dynamoServer.close(resolve)),
    ]);
  }

  async #recordsOf(stream: string, shardId: string): Promise<JournalRecord[]> {
    const records: JournalRecord[] = [];
    let iterator: string | undefined = await this.kinesis.iterator(stream, shardId, { type: 'TRIM_HORIZON' });
    while (iterator !== undefined) {
      const page = await this.kinesis.records(iterator, 10_000);
      records.push(...page.records);
      iterator = page.behindMs === 0 && page.records.length === 0 ? undefined : page.next;
    }
    return records;
  }

  async #createStreams(orderShards: number): Promise<void> {
    for (const [name, shards] of [
      [ORDERS, orderShards],
      [FILLS, 2],
      [STATUSES, 2],
    ] as const) {
      await this.kinesisClient.send(new CreateStreamCommand({ StreamName: name, ShardCount: shards }));
      await eventually(async () => (await this.kinesis.listShards(name)).length === shards);
    }
    await eventually(() =>
      this.kinesisClient
        .send(new IncreaseStreamRetentionPeriodCommand({ StreamName: ORDERS, RetentionPeriodHours: 168 }))
        .then(() => true),
    );
  }

  async #createTable(shape: TableShape): Promise<void> {
    const attributes = new Map([[shape.hash.name, shape.hash.type]]);
    if (shape.range) attributes.set(shape.range.name, shape.range.type);
    await this.dynamoClient.send(
      new CreateTableCommand({
        TableName: shape.name,
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: [
          { AttributeName: shape.hash.name, KeyType: 'HASH' },
          ...(shape.range ? [{ AttributeName: shape.range.name, KeyType: 'RANGE' as const }] : []),
        ],
        AttributeDefinitions: [...attributes].map(([AttributeName, AttributeType]) => ({
          AttributeName,
          AttributeType,
        })),
      }),
    );
    await eventually(() =>
      this.dynamoClient.send(new ScanCommand({ TableName: shape.name, Limit: 1 })).then(() => true),
    );
  }
}

/** The events of one record of either stream. */
export function eventsOf(data: Uint8Array): ExchangeEvent[] {
  return decodeEvents(data, (bytes, max) => gunzipSync(bytes, { maxOutputLength: max }));
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}
