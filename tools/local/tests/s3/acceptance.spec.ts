import {
  CreateBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { tempDir } from '@supernoba/testing';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { startS3Server } from '../../src/s3/index.js';

/** One suite for two servers: ours is held to an implementation that was written elsewhere, wherever that one has the operation. */
interface Subject {
  name: string;
  start(): Promise<{ port: number; close(): Promise<void> }>;
  /** Names of the tests that this server is known to fail, with what it does instead. */
  lacks: Readonly<Record<string, string>>;
}

const folders = tempDir('supernoba-s3-');
const freshFolder = () => mkdtempSync(join(folders, 'store-'));
const own: Subject = { name: 'own server', start: () => startS3Server({ dir: freshFolder() }), lacks: {} };

interface S3rver {
  run(): Promise<{ port: number }>;
  close(): Promise<void>;
}
const s3rver: Subject = {
  name: 's3rver 3.7.1',
  async start() {
    const Server = createRequire(__filename)('s3rver') as new (options: object) => S3rver;
    const server = new Server({ port: 0, address: '127.0.0.1', silent: true, directory: freshFolder() });
    const { port } = await server.run();
    return { port, close: () => server.close() };
  },
  lacks: {
    'reads the last bytes': 'a suffix range gives the first bytes',
    'pages through a listing': 'a continuation token answers 500',
    'lists folders as common prefixes, page by page': 'MaxKeys does not count common prefixes',
    'holds an object and objects below its name': 'an empty part of a key is refused',
    'keeps what is there when a put asks for a free key': 'If-None-Match of a put is ignored',
    'changes only the version that a put names': 'If-Match of a put is ignored',
    'refuses a body whose checksum differs': 'Content-MD5 and checksum headers are ignored',
    'creates a bucket once': 'a second creation is answered with another code',
  },
};

const BUCKET = 'supernoba';
const opened: (() => unknown)[] = [];

async function open(subject: Subject, checksums: 'WHEN_REQUIRED' | 'WHEN_SUPPORTED' = 'WHEN_REQUIRED') {
  const server = await subject.start();
  const client = new S3Client({
    region: 'ap-northeast-2',
    endpoint: `http://127.0.0.1:${server.port}`,
    credentials: { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' },
    forcePathStyle: true,
    maxAttempts: 1,
    requestChecksumCalculation: checksums,
    responseChecksumValidation: checksums,
  });
  opened.push(
    () => server.close(),
    () => client.destroy(),
  );
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
  const put = (key: string, body: string | Buffer, more = {}) =>
    client.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: body, ...more }));
  const get = async (key: string, more = {}) => {
    const { Body, ...rest } = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key: key, ...more }));
    return { ...rest, bytes: Buffer.from((await Body?.transformToByteArray()) ?? []) };
  };
  const list = (more = {}) => client.send(new ListObjectsV2Command({ Bucket: BUCKET, ...more }));
  return { client, put, get, list };
}

async function refusal(attempt: Promise<unknown>): Promise<{ name: string; status: number | undefined }> {
  try {
    await attempt;
  } catch (error) {
    if (!(error instanceof S3ServiceException)) throw error;
    return { name: error.name, status: error.$metadata.httpStatusCode };
  }
  throw new Error('the call was expected to be refused');
}

afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

describe.each([own, s3rver])('$name', (subject) => {
  const check = (name: string, run: () => Promise<void>) => {
    const reason = subject.lacks[name];
    if (reason === undefined) test(name, run);
    else test.skip(`${name} (${reason})`, run);
  };

  check('gives back the bytes, the type and the metadata of an object', async () => {
    const { put, get, client } = await open(subject);
    const bytes = randomBytes(300_000);
    const md5 = `"${createHash('md5').update(bytes).digest('hex')}"`;
    const stored = await put('snapshots/TEST/1.bin', bytes, {
      ContentType: 'application/x-book',
      Metadata: { seq: '41' },
    });
    expect(stored.ETag).toBe(md5);
    const read = await get('snapshots/TEST/1.bin');
    expect(read.bytes.equals(bytes)).toBe(true);
    expect(read).toMatchObject({
      ContentType: 'application/x-book',
      ContentLength: 300_000,
      ETag: md5,
      Metadata: { seq: '41' },
    });
    const head = await client.send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'snapshots/TEST/1.bin' }));
    expect(head).toMatchObject({ ContentLength: 300_000, ETag: md5, Metadata: { seq: '41' } });
  });

  check('overwrites an object as a whole', async () => {
    const { put, get } = await open(subject);
    await put('key', 'first, and longer');
    await put('key', 'second');
    expect((await get('key')).bytes.toString()).toBe('second');
  });

  check('holds an empty object', async () => {
    const { put, get } = await open(subject);
    await put('empty', Buffer.alloc(0));
    expect(await get('empty')).toMatchObject({ ContentLength: 0, bytes: Buffer.alloc(0) });
  });

  check('reads ranges', async () => {
    const { put, get } = await open(subject);
    await put('digits', '0123456789');
    const middle = await get('digits', { Range: 'bytes=2-4' });
    expect([middle.bytes.toString(), middle.ContentRange]).toEqual(['234', 'bytes 2-4/10']);
    expect((await get('digits', { Range: 'bytes=7-' })).bytes.toString()).toBe('789');
    expect(await refusal(get('digits', { Range: 'bytes=10-' }))).toEqual({ name: 'InvalidRange', status: 416 });
  });

  check('reads the last bytes', async () => {
    const { put, get } = await open(subject);
    await put('digits', '0123456789');
    expect((await get('digits', { Range: 'bytes=-3' })).bytes.toString()).toBe('789');
    expect((await get('digits', { Range: 'bytes=-30' })).bytes.toString()).toBe('0123456789');
  });

  check('names a missing key and a missing bucket', async () => {
    const { get, client } = await open(subject);
    expect(await refusal(get('nothing'))).toEqual({ name: 'NoSuchKey', status: 404 });
    const elsewhere = client.send(new GetObjectCommand({ Bucket: 'no-such-bucket', Key: 'key' }));
    expect(await refusal(elsewhere)).toEqual({ name: 'NoSuchBucket', status: 404 });
    const head = client.send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'nothing' }));
    expect((await refusal(head)).status).toBe(404);
  });

  check('lists by prefix in the order of keys', async () => {
    const { put, list } = await open(subject);
    for (const key of ['b', 'a/2', 'a/1', 'ab', 'c/x/1']) await put(key, key);
    expect((await list({ Prefix: 'a' })).Contents?.map(({ Key, Size }) => [Key, Size])).toEqual([
      ['a/1', 3],
      ['a/2', 3],
      ['ab', 2],
    ]);
    expect((await list({ StartAfter: 'ab' })).Contents?.map(({ Key }) => Key)).toEqual(['b', 'c/x/1']);
    expect((await list({ Prefix: 'none' })).KeyCount).toBe(0);
  });

  check('lists folders as common prefixes', async () => {
    const { put, list } = await open(subject);
    for (const key of ['a/1', 'a/2', 'b/1', 'top']) await put(key, key);
    const { CommonPrefixes, Contents } = await list({ Delimiter: '/' });
    expect(CommonPrefixes?.map(({ Prefix }) => Prefix)).toEqual(['a/', 'b/']);
    expect(Contents?.map(({ Key }) => Key)).toEqual(['top']);
  });

  check('deletes one object and many, and what is not there', async () => {
    const { put, list, client } = await open(subject);
    for (const key of ['a/1', 'a/2', 'b&<1>', 'c']) await put(key, key);
    await client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'a/1' }));
    await client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'never' }));
    const Objects = [{ Key: 'a/2' }, { Key: 'b&<1>' }];
    const { Deleted } = await client.send(new DeleteObjectsCommand({ Bucket: BUCKET, Delete: { Objects } }));
    expect(Deleted?.map(({ Key }) => Key)).toEqual(['a/2', 'b&<1>']);
    expect((await list()).Contents?.map(({ Key }) => Key)).toEqual(['c']);
  });

  check('holds keys with unusual characters', async () => {
    const { put, get, list } = await open(subject);
    const keys = [
      'a b+c',
      'ä/ß',
      'journal/shardId-000000000000/49590338271490256608559692538361571095921575989136588898.jsonl.gz',
    ];
    for (const key of keys) await put(key, key);
    for (const key of keys) expect((await get(key)).bytes.toString()).toBe(key);
    expect((await list()).Contents?.map(({ Key }) => Key).sort()).toEqual([...keys].sort());
  });

  check('pages through a listing', async () => {
    const { put, list } = await open(subject);
    const keys = Array.from({ length: 25 }, (_, i) => `trades/${String(i).padStart(3, '0')}`);
    await Promise.all(keys.map((key) => put(key, key)));
    const found: (string | undefined)[] = [];
    let token: string | undefined;
    let pages = 0;
    do {
      const page = await list({ Prefix: 'trades/', MaxKeys: 10, ContinuationToken: token });
      found.push(...(page.Contents ?? []).map(({ Key }) => Key));
      token = page.NextContinuationToken;
      expect(page.IsTruncated).toBe(token !== undefined);
      pages += 1;
    } while (token !== undefined);
    expect([found, pages]).toEqual([keys, 3]);
  });

  check('lists folders as common prefixes, page by page', async () => {
    const { put, list } = await open(subject);
    for (const key of ['a/1', 'a/2', 'b/1', 'c', 'd/1']) await put(key, key);
    const first = await list({ Delimiter: '/', MaxKeys: 2 });
    expect(first.CommonPrefixes?.map(({ Prefix }) => Prefix)).toEqual(['a/', 'b/']);
    const second = await list({ Delimiter: '/', MaxKeys: 2, ContinuationToken: first.NextContinuationToken });
    expect(second.Contents?.map(({ Key }) => Key)).toEqual(['c']);
    expect(second.CommonPrefixes?.map(({ Prefix }) => Prefix)).toEqual(['d/']);
    expect(second.IsTruncated).toBe(false);
  });

  check('holds an object and objects below its name', async () => {
    const { put, get, list } = await open(subject);
    const keys = ['a', 'a-b', 'a/', 'a//c', 'a/b', 'a0', '..', '../x', '.hidden'];
    for (const key of keys) await put(key, `<${key}>`);
    for (const key of keys) expect((await get(key)).bytes.toString()).toBe(`<${key}>`);
    const listed = (await list()).Contents?.map(({ Key }) => Key);
    expect(listed).toEqual([...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
  });

  check('keeps what is there when a put asks for a free key', async () => {
    const { put, get } = await open(subject);
    const tries = await Promise.allSettled(
      Array.from({ length: 20 }, (_, i) => put('manifest', `v${i}`, { IfNoneMatch: '*' })),
    );
    const winners = tries.flatMap(({ status }, i) => (status === 'fulfilled' ? [`v${i}`] : []));
    expect(winners).toEqual([(await get('manifest')).bytes.toString()]);
    expect(await refusal(put('manifest', 'late', { IfNoneMatch: '*' }))).toEqual({
      name: 'PreconditionFailed',
      status: 412,
    });
  });

  check('changes only the version that a put names', async () => {
    const { put, get } = await open(subject);
    const { ETag } = await put('key', 'one');
    await put('key', 'two', { IfMatch: ETag });
    expect(await refusal(put('key', 'three', { IfMatch: ETag }))).toEqual({ name: 'PreconditionFailed', status: 412 });
    expect((await get('key')).bytes.toString()).toBe('two');
  });

  check('refuses a body whose checksum differs', async () => {
    const { put, get } = await open(subject);
    const wrongMd5 = createHash('md5').update('other').digest('base64');
    expect(await refusal(put('key', 'body', { ContentMD5: wrongMd5 }))).toEqual({ name: 'BadDigest', status: 400 });
    expect(await refusal(put('key', 'body', { ChecksumCRC32: 'AAAAAA==' }))).toEqual({
      name: 'BadDigest',
      status: 400,
    });
    expect(await refusal(get('key'))).toEqual({ name: 'NoSuchKey', status: 404 });
  });

  check('creates a bucket once', async () => {
    const { client } = await open(subject);
    const again = client.send(new CreateBucketCommand({ Bucket: BUCKET }));
    expect(await refusal(again)).toEqual({ name: 'BucketAlreadyOwnedByYou', status: 409 });
  });
});

describe('own server, with checksums on every request and answer', () => {
  test('takes and gives buffers and streams of unknown framing', async () => {
    const { client, put, get } = await open(own, 'WHEN_SUPPORTED');
    const bytes = randomBytes(2_500_000);
    const { ChecksumCRC32 } = await put('buffer', bytes);
    expect((await get('buffer')).bytes.equals(bytes)).toBe(true);
    const parts = [bytes.subarray(0, 7), bytes.subarray(7, 1_000_000), bytes.subarray(1_000_000)];
    const Body = Readable.from(parts);
    await client.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'stream', Body, ContentLength: bytes.length }));
    const read = await get('stream');
    expect(read.bytes.equals(bytes)).toBe(true);
    expect([read.ChecksumCRC32, read.ContentEncoding]).toEqual([ChecksumCRC32, undefined]);
  });

  test('keeps the encoding that the writer named', async () => {
    const { get, client } = await open(own, 'WHEN_SUPPORTED');
    const Body = Readable.from([Buffer.from('zipped')]);
    const more = { ContentLength: 6, ContentEncoding: 'gzip', CacheControl: 'no-store' };
    await client.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'k', Body, ...more }));
    expect(await get('k')).toMatchObject({ ContentEncoding: 'gzip', CacheControl: 'no-store' });
  });
});

describe('own server, bad requests', () => {
  const raw = async (path: string, init: RequestInit = {}) => {
    const server = await startS3Server({ dir: freshFolder() });
    opened.push(() => server.close());
    await fetch(`${server.endpoint}/${BUCKET}`, { method: 'PUT' });
    const answer = await fetch(server.endpoint + path, init);
    return [answer.status, /<Code>(\w+)/.exec(await answer.text())?.[1]];
  };
  const chunked = { 'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER' };

  test.each<[string, string, RequestInit, number, string]>([
    ['a copy', `/${BUCKET}/a`, { method: 'PUT', headers: { 'x-amz-copy-source': '/x/y' } }, 501, 'NotImplemented'],
    ['an upload in parts', `/${BUCKET}/a?uploads`, { method: 'POST' }, 501, 'NotImplemented'],
    ['an ACL', `/${BUCKET}/a?acl`, { method: 'GET' }, 501, 'NotImplemented'],
    ['the first listing operation', `/${BUCKET}`, { method: 'GET' }, 501, 'NotImplemented'],
    ['the list of buckets', '/', { method: 'GET' }, 501, 'NotImplemented'],
    ['a bucket name that leaves the folder', '/..%2f..', { method: 'PUT' }, 400, 'InvalidBucketName'],
    ['a key with NUL', `/${BUCKET}/a%00b`, { method: 'PUT', body: 'x' }, 400, 'InvalidArgument'],
    ['a key that is no UTF-8', `/${BUCKET}/%ff`, { method: 'PUT', body: 'x' }, 400, 'InvalidURI'],
    ['a key of 1,025 bytes', `/${BUCKET}/${'a/'.repeat(512)}b`, { method: 'PUT', body: 'x' }, 400, 'KeyTooLongError'],
    ['a listing of minus one', `/${BUCKET}?list-type=2&max-keys=-1`, {}, 400, 'InvalidArgument'],
    ['a foreign token', `/${BUCKET}?list-type=2&continuation-token=xyz`, {}, 400, 'InvalidArgument'],
    [
      'a broken chunk',
      `/${BUCKET}/a`,
      { method: 'PUT', body: 'zz\r\nabc\r\n0\r\n\r\n', headers: chunked },
      400,
      'IncompleteBody',
    ],
    [
      'a chunk that ends early',
      `/${BUCKET}/a`,
      { method: 'PUT', body: '5\r\nab', headers: chunked },
      400,
      'IncompleteBody',
    ],
    [
      'bytes after the last chunk',
      `/${BUCKET}/a`,
      { method: 'PUT', body: '0\r\n\r\nmore', headers: chunked },
      400,
      'IncompleteBody',
    ],
    ['an empty list of deletions', `/${BUCKET}?delete`, { method: 'POST', body: '<Delete/>' }, 400, 'MalformedXML'],
    [
      'an unknown checksum',
      `/${BUCKET}/a`,
      { method: 'PUT', body: 'x', headers: { 'x-amz-checksum-crc64nvme': 'AA==' } },
      501,
      'NotImplemented',
    ],
  ])('answers %s with its own code', async (_what, path, init, status, code) => {
    expect(await raw(path, init)).toEqual([status, code]);
  });
});
