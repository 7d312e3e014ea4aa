import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import type { S3Client } from '@aws-sdk/client-s3';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { createDynamoClient, createKinesisClient, createS3Client, createValkey, type Valkey } from '@supernoba/runtime';
import type { AuditSettings } from '../settings.js';

/** A reader may wait: throttled calls go again many times. */
const MAX_ATTEMPTS = 10;

/** What reads the stores of one exchange. */
export interface StoreClients {
  kinesis: KinesisClient;
  dynamo: DynamoDBDocumentClient;
  /** The client below `dynamo`. */
  table: DynamoDBClient;
  s3: S3Client;
  depthCache: Valkey;
  /** Undefined where no REDIS_HOST is set. */
  backupCache: Valkey | undefined;
  close(): void;
}

/** Endpoints and credentials come from the AWS SDK's own variables. */
export async function connectStores(settings: AuditSettings, say: (message: string) => void): Promise<StoreClients> {
  const aws = { region: settings.AWS_REGION, maxAttempts: MAX_ATTEMPTS };
  const kinesis = createKinesisClient(aws);
  const dynamo = createDynamoClient(aws);
  const s3 = createS3Client(aws);
  const openCache = (what: string, host: string, port: number, tls: boolean, password: string | undefined) => {
    const cache = createValkey({ host, port, tls, name: 'audit', ...(password === undefined ? {} : { password }) });
    cache.on('error', (error: Error) => say(`${what}: ${error.message}`));
    return cache;
  };
  const { DEPTH_CACHE_HOST, DEPTH_CACHE_PORT, DEPTH_CACHE_TLS, DEPTH_CACHE_PASSWORD } = settings;
  const depthCache = openCache(
    'depth cache',
    DEPTH_CACHE_HOST,
    DEPTH_CACHE_PORT,
    DEPTH_CACHE_TLS,
    DEPTH_CACHE_PASSWORD,
  );
  const { REDIS_HOST, REDIS_PORT, REDIS_TLS, REDIS_PASSWORD } = settings;
  const backupCache =
    REDIS_HOST === undefined ? undefined : openCache('backup cache', REDIS_HOST, REDIS_PORT, REDIS_TLS, REDIS_PASSWORD);
  const close = () => {
    for (const client of [kinesis, dynamo, s3]) client.destroy();
    depthCache.disconnect();
    backupCache?.disconnect();
  };
  try {
    await Promise.all([depthCache.connect(), backupCache?.connect()]);
  } catch (error) {
    close();
    throw error;
  }
  return {
    kinesis,
    dynamo: DynamoDBDocumentClient.from(dynamo, { unmarshallOptions: { wrapNumbers: exactNumber } }),
    table: dynamo,
    s3,
    depthCache,
    backupCache,
    close,
  };
}

/** Volumes may pass what a double holds exactly. */
function exactNumber(digits: string): number | bigint {
  const value = Number(digits);
  return Number.isSafeInteger(value) || !/^-?\d+$/.test(digits) ? value : BigInt(digits);
}
