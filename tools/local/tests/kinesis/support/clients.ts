import { KinesisClient } from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';

const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };

/** The unmodified SDK; over HTTP/2, as it does by itself, or over HTTP/1.1. */
export function kinesisClient(endpoint: string, protocol: 'http1' | 'http2' = 'http1', maxAttempts = 1): KinesisClient {
  return new KinesisClient({
    endpoint,
    region: 'ap-northeast-2',
    credentials,
    maxAttempts,
    ...(protocol === 'http1' && { requestHandler: new NodeHttpHandler({ requestTimeout: 30_000 }) }),
  });
}
