import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { openValkey, type Valkey } from '@supernoba/edge';
import { startDynamo, type TestDynamo } from '@supernoba/edge/testing';
import { startS3Server } from '@supernoba/local/s3';
import { CandleTable, MarketArchive, TradeTable, type CandleBackupDeps } from '@supernoba/market-history';
import { TABLES } from '@supernoba/protocol';
import { startValkey, tempDir } from '@supernoba/testing';
import { createKeys } from '@supernoba/valkey-keys';

const BUCKET = 'supernoba';

/** The three stores of market data, as real servers. */
export interface Room {
  /** Host and port of the depth cache. */
  cache: { host: string; port: number };
  valkey: Valkey;
  dynamo: TestDynamo;
  stores: CandleBackupDeps;
  /** The stores as a process sees them that dies at its n-th write, once the server has done it or before. */
  dyingAt(write: number, isDone: boolean): CandleBackupDeps;
  /** Bytes of an object. */
  object(key: string): Promise<Buffer>;
  putObject(key: string, body: string): Promise<void>;
  stop(): Promise<void>;
}

export async function openRoom(): Promise<Room> {
  const [server, dynamo, s3Server] = await Promise.all([
    startValkey(),
    startDynamo(TABLES.candleHistory, TABLES.tradeHistory),
    startS3Server({ dir: tempDir('candles-s3-') }),
  ]);
  const s3 = new S3Client({
    endpoint: s3Server.endpoint,
    region: 'ap-northeast-2',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  const at = { VALKEY_HOST: server.host, VALKEY_PORT: server.port, VALKEY_TLS: false, VALKEY_PASSWORD: undefined };
  const valkey = openValkey(at, 'test');
  const storesOf = (cache: Valkey, table: DynamoDBClient, objects: S3Client): CandleBackupDeps => ({
    valkey: cache,
    keys: createKeys(),
    candles: new CandleTable(table, TABLES.candleHistory.name),
    trades: new TradeTable(table, TABLES.tradeHistory.name),
    archive: new MarketArchive(objects, BUCKET),
  });
  return {
    cache: { host: server.host, port: server.port },
    valkey,
    dynamo,
    stores: storesOf(valkey, dynamo.client, s3),
    dyingAt(write, isDone) {
      const dying = dyingRun(write, isDone);
      return storesOf(
        mortal(valkey, 'evalsha', dying),
        mortal(dynamo.client, 'send', dying),
        mortal(s3, 'send', dying),
      );
    },
    async object(Key) {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
      return Buffer.from((await Body?.transformToByteArray()) ?? []);
    },
    async putObject(Key, Body) {
      await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body }));
    },
    async stop() {
      valkey.disconnect();
      s3.destroy();
      await Promise.all([server.stop(), dynamo.stop(), s3Server.close()]);
    },
  };
}

type Around = (run: () => Promise<unknown>, isWrite: boolean) => Promise<unknown>;

function dyingRun(write: number, isDone: boolean): Around {
  let left = write;
  return async (run, isWrite) => {
    if (left > 0 && isWrite) left -= 1;
    else if (left > 0) return run();
    if (left > 0) return run();
    if (isDone && isWrite) {
      isDone = false;
      await run();
    }
    throw new Error(`the process died at write ${write}`);
  };
}

const READS = new Set(['QueryCommand', 'GetItemCommand', 'GetObjectCommand']);

/** A client one of whose methods goes through `around`. */
function mortal<T extends object>(client: T, method: string, around: Around): T {
  return new Proxy(client, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      const bound = (value as (...args: unknown[]) => Promise<unknown>).bind(target);
      if (name !== method) return bound;
      return (...args: unknown[]) => {
        const isWrite = !READS.has((args[0] as object).constructor.name);
        return around(() => bound(...args), isWrite);
      };
    },
  });
}
