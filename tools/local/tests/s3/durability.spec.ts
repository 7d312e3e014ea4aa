import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { createBucket } from '../../src/set-up/index.js';
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { endParts, killed, startPart } from '../support/part-process.js';

const BUCKET = 'supernoba';
let client: S3Client | undefined;

function connect(port: number): S3Client {
  client?.destroy();
  client = new S3Client({
    region: 'ap-northeast-2',
    endpoint: `http://127.0.0.1:${port}`,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    forcePathStyle: true,
    maxAttempts: 1,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  return client;
}

async function readAll(s3: S3Client): Promise<Map<string, Buffer>> {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: BUCKET }));
  const found = new Map<string, Buffer>();
  for (const { Key = '' } of Contents) {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
    found.set(Key, Buffer.from((await Body?.transformToByteArray()) ?? []));
  }
  return found;
}

afterEach(async () => {
  client?.destroy();
  client = undefined;
  await endParts();
});

test('every answered put survives kill -9 in the middle of others, and nothing half-written shows', async () => {
  const first = await startPart('s3');
  let s3 = connect(first.port);
  await createBucket(s3, BUCKET);
  const sent = new Map<string, Buffer>();
  const answered = new Set<string>();
  const put = async (key: string, body: Buffer) => {
    sent.set(key, body);
    await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: body }));
    answered.add(key);
  };
  for (let i = 0; i < 20; i += 1) await put(`snapshots/TEST/${i}.bin`, randomBytes(1 + i * 10_000));
  const underWay = Array.from({ length: 12 }, (_, i) =>
    put(`trades/symbol=TEST/${i}.jsonl.gz`, randomBytes(4_000_000)),
  );
  const outcomes = Promise.allSettled(underWay);
  await pause(60);
  await killed(first);
  await outcomes;

  const second = await startPart('s3', { dir: first.dir });
  s3 = connect(second.port);
  await createBucket(s3, BUCKET);
  const found = await readAll(s3);
  expect([...answered].filter((key) => !found.get(key)?.equals(sent.get(key) ?? Buffer.alloc(0)))).toEqual([]);
  expect([...found].filter(([key, bytes]) => !sent.get(key)?.equals(bytes)).map(([key]) => key)).toEqual([]);
  expect(answered.size).toBeGreaterThanOrEqual(20);
});

test('a restart on request keeps the objects and their descriptions', async () => {
  const first = await startPart('s3');
  await createBucket(connect(first.port), BUCKET);
  await connect(first.port).send(new PutObjectCommand({ Bucket: BUCKET, Key: 'k', Body: 'v', Metadata: { seq: '7' } }));
  first.child.kill('SIGTERM');
  expect(await first.ended).toBe(0);
  const second = await startPart('s3', { dir: first.dir });
  const { Body, Metadata } = await connect(second.port).send(new GetObjectCommand({ Bucket: BUCKET, Key: 'k' }));
  expect([await Body?.transformToString(), Metadata]).toEqual(['v', { seq: '7' }]);
});
