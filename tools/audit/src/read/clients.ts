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
  s3: S3Client;
  depthCache: Valkey;
  close(): void;
}

/** Endpoints and credentials come from the AWS SDK's own variables. */
export async function connectStores(settings: AuditSettings, say: (message: string) => void): Promise<StoreClients> {
  const aws = { region: settings.AWS_REGION, maxAttempts: MAX_ATTEMPTS };
  const kinesis = createKinesisClient(aws);
  const dynamo = createDynamoClient(aws);
  const s3 = createS3Client(aws);
  const password = settings.DEPTH_CACHE_PASSWORD;
  const depthCache = createValkey({
    host: settings.DEPTH_CACHE_HOST,
    port: settings.DEPTH_CACHE_PORT,
    tls: settings.DEPTH_CACHE_TLS,
    name: 'audit',
    ...(password === undefined ? {} : { password }),
  });
  depthCache.on('error', (error: Error) => say(`depth cache: ${error.message}`));
  const close = () => {
    for (const client of [kinesis, dynamo, s3]) client.destroy();
    depthCache.disconnect();
  };
  try {
    await depthCache.connect();
  } catch (error) {
    close();
    throw error;
  }
  return {
    kinesis,
    dynamo: DynamoDBDocumentClient.from(dynamo, { unmarshallOptions: { wrapNumbers: exactNumber } }),
    s3,
    depthCache,
    close,
  };
}

/** Volumes may pass what a double holds exactly. */
function exactNumber(digits: string): number | bigint {
  const value = Number(digits);
  return Number.isSafeInteger(value) || !/^-?\d+$/.test(digits) ? value : BigInt(digits);
}
