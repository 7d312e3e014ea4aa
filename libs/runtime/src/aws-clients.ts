import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { S3Client } from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';

export interface AwsClientOptions {
  region: string;
  /** Most sockets to one host; default 64. */
  maxSockets?: number;
  /** Longest wait for an answer; default 10,000. */
  requestTimeoutMs?: number;
  /** Tries a call makes before it fails, the first included; default 3. Callers with their own retry set 1. */
  maxAttempts?: number;
}

// `connectionTimeout` stays unset: under load it fires although the connection is there.
function common({ region, maxSockets = 64, requestTimeoutMs = 10_000, maxAttempts = 3 }: AwsClientOptions) {
  return {
    region,
    maxAttempts,
    requestHandler: new NodeHttpHandler({
      requestTimeout: requestTimeoutMs,
      // Without this the handler only warns, and a call may wait for ever.
      throwOnRequestTimeout: true,
      httpAgent: { maxSockets, keepAlive: true },
      httpsAgent: { maxSockets, keepAlive: true },
    }),
  };
}

/** Endpoint and credentials come from the AWS SDK's own variables (`AWS_ENDPOINT_URL_KINESIS` …). HTTP/1.1, kept alive. */
export function createKinesisClient(options: AwsClientOptions): KinesisClient {
  return new KinesisClient(common(options));
}

/** For SubscribeToShard: HTTP/2, without a limit on how long an answer lasts. */
export function createKinesisPushClient({ region, maxAttempts = 3 }: AwsClientOptions): KinesisClient {
  return new KinesisClient({ region, maxAttempts });
}

export function createDynamoClient(options: AwsClientOptions): DynamoDBClient {
  return new DynamoDBClient(common(options));
}

export function createS3Client(options: AwsClientOptions): S3Client {
  return new S3Client(common(options));
}
