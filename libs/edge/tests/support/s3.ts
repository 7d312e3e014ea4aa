import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { tempDir } from '@supernoba/testing';
import { createRequire } from 'node:module';

/** CommonJS without types. */
interface Server {
  run(): Promise<{ port: number }>;
  close(): Promise<void>;
}
const S3rver = (createRequire(__filename) as (name: string) => new (options: object) => Server)('s3rver');

export interface TestS3 {
  client: S3Client;
  stop(): Promise<void>;
}

/** A real S3 stand-in (s3rver) with one bucket. It ignores the conditions of writes. */
export async function startS3(bucket: string): Promise<TestS3> {
  const server = new S3rver({ address: '127.0.0.1', port: 0, silent: true, directory: tempDir('s3-') });
  const { port } = await server.run();
  const client = new S3Client({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'ap-northeast-2',
    credentials: { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' },
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  return {
    client,
    async stop() {
      client.destroy();
      await server.close();
    },
  };
}
