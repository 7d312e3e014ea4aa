import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateTableCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import {
  CreateStreamCommand,
  IncreaseStreamRetentionPeriodCommand,
  PutRecordsCommand,
  type KinesisClient,
} from '@aws-sdk/client-kinesis';
import type { S3Client } from '@aws-sdk/client-s3';
import { DynamoDBDocumentClient, paginateScan } from '@aws-sdk/lib-dynamodb';
import { decodeEvents, TABLES, type ExchangeEvent, type JournalEntry, type TableShape } from '@supernoba/protocol';
import { createDynamoClient, createKinesisClient, createS3Client, createValkey, type Valkey } from '@supernoba/runtime';
import { eventually, startValkey, tempDir, type TestValkey } from '@supernoba/testing';
import dynalite from 'dynalite';
import kinesalite from 'kinesalite';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import S3rver from 's3rver';
import { DynamoAdapter } from '../../src/adapters/dynamodb.js';
import { KinesisAdapter } from '../../src/adapters/kinesis.js';
import { S3Adapter } from '../../src/adapters/s3.js';
import { systemClock, systemRandom, systemTimers } from '../../src/adapters/system.js';
import { ValkeyAdapter } from '../../src/adapters/valkey.js';
import type { EngineLogger, EnginePorts, JournalRecord, KinesisPort } from '../../src/ports.js';
import type { EngineSettings } from '../../src/settings.js';

export const ORDERS = 'supernoba-orders';
export const FILLS = 'supernoba-fills';
export const STATUSES = 'supernoba-order-status';

export const settings: EngineSettings = {
  ordersStream: ORDERS,
  fillsStream: FILLS,
  statusStream: STATUSES,
  pollMs: 5,
  minRetentionHours: 168,
  tradeTable: TABLES.tradeHistory.name,
  leasesTable: TABLES.leases.name,
  deadLettersTable: TABLES.deadLetters.name,
  snapshotIntervalMs: 60_000,
  checkpointIntervalMs: 20,
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

/** The real servers that an engine runs on: Valkey, kinesalite, dynalite, s3rver. */
export class Stack {
  readonly log = new LogBook();
  readonly counts = new Map<string, number>();
  readonly kinesis: KinesisPort;
  readonly #adapters: ValkeyAdapter[] = [];

  private constructor(
    readonly kinesisClient: KinesisClient,
    readonly dynamoClient: DynamoDBClient,
    readonly s3Client: S3Client,
    public depthServer: TestValkey,
    readonly backupServer: TestValkey,
    readonly depth: Valkey,
    private readonly servers: { close(done: () => void): unknown }[],
    private readonly s3: S3rver,
  ) {
    this.kinesis = withoutSkips(new KinesisAdapter(kinesisClient));
  }

  static async start({ orderShards = 1 } = {}): Promise<Stack> {
    // Every server of every test watches for the end of the process.
    process.setMaxListeners(50);
    Object.assign(process.env, {
      AWS_ACCESS_KEY_ID: 'S3RVER',
      AWS_SECRET_ACCESS_KEY: 'S3RVER',
      AWS_REQUEST_CHECKSUM_CALCULATION: 'when_required',
      AWS_RESPONSE_CHECKSUM_VALIDATION: 'when_required',
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    });
    const kinesisServer = kinesalite({ createStreamMs: 0, updateStreamMs: 0, shardLimit: 100 });
    const dynamoServer = dynalite({ createTableMs: 0 });
    const s3 = new S3rver({
      address: '127.0.0.1',
      port: 0,
      silent: true,
      directory: tempDir('engine-s3-'),
      configureBuckets: [{ name: 'supernoba' }],
    });
    const [kinesisPort, dynamoPort, s3Address, depthServer, backupServer] = await Promise.all([
      listen(kinesisServer),
      listen(dynamoServer),
      s3.run(),
      startValkey(),
      startValkey(),
    ]);
    process.env['AWS_ENDPOINT_URL_KINESIS'] = `http://127.0.0.1:${kinesisPort}`;
    process.env['AWS_ENDPOINT_URL_DYNAMODB'] = `http://127.0.0.1:${dynamoPort}`;
    process.env['AWS_ENDPOINT_URL_S3'] = `http://127.0.0.1:${s3Address.port}`;
    const region = { region: 'ap-northeast-2' };
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
      [kinesisServer, dynamoServer],
      s3,
    );
    await stack.#createStreams(orderShards);
    for (const table of [TABLES.tradeHistory, TABLES.leases, TABLES.deadLetters]) await stack.#createTable(table);
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
      objects: new S3Adapter(this.s3Client, 'supernoba'),
      depthCache: valkey(this.depthServer.port, 'depth'),
      backupCache: valkey(this.backupServer.port, 'backup'),
      metrics: {
        count: (name, by, label) => {
          for (const key of [name, `${name} ${label}`]) this.counts.set(key, (this.counts.get(key) ?? 0) + by);
        },
        gauge: () => undefined,
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

  /** Every record of a stream, shard by shard. */
  async journal(stream = ORDERS): Promise<Map<string, JournalRecord[]>> {
    const shards = new Map<string, JournalRecord[]>();
    for (const { shardId } of await this.kinesis.listShards(stream)) {
      const records: JournalRecord[] = [];
      let iterator: string | undefined = await this.kinesis.iterator(stream, shardId, { type: 'TRIM_HORIZON' });
      while (iterator !== undefined) {
        const page = await this.kinesis.records(iterator, 10_000);
        records.push(...page.records);
        iterator = page.behindMs === 0 && page.records.length === 0 ? undefined : page.next;
      }
      shards.set(shardId, records);
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
  async published(timeoutMs = 30_000): Promise<void> {
    const journal = await this.journal();
    await eventually(
      async () => {
        for (const [shardId, records] of journal) {
          const last = records.at(-1);
          if (last !== undefined && (await this.lease(shardId))['checkpoint'] !== last.sequenceNumber) return false;
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
    this.dynamoClient.destroy();
    this.s3Client.destroy();
    await Promise.all([
      this.depthServer.stop(),
      this.backupServer.stop(),
      this.s3.close(),
      ...this.servers.map((server) => new Promise<void>((resolve) => server.close(resolve))),
    ]);
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

/**
 * kinesalite sets the iterator after an empty read to the time of the read, and so skips for ever a record that got its
 * number before and is stored a moment later. Reading on from the same iterator does not.
 */
function withoutSkips(kinesis: KinesisAdapter): KinesisPort {
  const records = kinesis.records.bind(kinesis);
  kinesis.records = async (iterator, limit) => {
    const page = await records(iterator, limit);
    return page.records.length === 0 && page.next !== undefined ? { ...page, next: iterator } : page;
  };
  return kinesis;
}

/** The events of one record of either stream. */
export function eventsOf(data: Uint8Array): ExchangeEvent[] {
  return decodeEvents(data, (bytes, max) => gunzipSync(bytes, { maxOutputLength: max }));
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}
