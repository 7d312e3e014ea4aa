import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';
import { createHash, createHmac } from 'node:crypto';
import { RequestSigner, sha256Hex, type AwsCredentials } from './sigv4.js';

/** The SHA-256 that the SDK's signer wants from its user. */
class Sha256 {
  readonly #hash;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytes(secret));
  }
  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytes(data));
  }
  digest(): Promise<Uint8Array> {
    return Promise.resolve(new Uint8Array(this.#hash.digest()));
  }
  reset(): void {
    throw new Error('a digest is taken once');
  }
}

function bytes(data: string | ArrayBuffer | ArrayBufferView): Buffer {
  if (typeof data === 'string') return Buffer.from(data);
  return ArrayBuffer.isView(data) ? Buffer.from(data.buffer, data.byteOffset, data.byteLength) : Buffer.from(data);
}

interface Case {
  region: string;
  credentials: AwsCredentials;
  host: string;
  path: string;
  target?: string;
  body: string;
  nowMs: number;
}

async function signedBySdk({
  region,
  credentials,
  host,
  path,
  target,
  body,
  nowMs,
}: Case): Promise<Record<string, string>> {
  const signer = new SignatureV4({ service: 'execute-api', region, credentials, sha256: Sha256 });
  const signed = await signer.sign(
    {
      method: 'POST',
      protocol: 'https:',
      hostname: host,
      path,
      headers: { host, 'content-type': 'application/octet-stream', ...(target ? { 'x-amz-target': target } : {}) },
      body,
    },
    { signingDate: new Date(nowMs) },
  );
  return signed.headers;
}

function signedByUs(
  signer: RequestSigner,
  { credentials, host, path, target, body, nowMs }: Case,
): Record<string, string> {
  const request = { method: 'POST', host, path, contentType: 'application/octet-stream', bodySha256: sha256Hex(body) };
  return signer.sign({ ...request, ...(target ? { target } : {}) }, credentials, nowMs);
}

const anyCase: fc.Arbitrary<Case> = fc.record(
  {
    region: fc.constantFrom('ap-northeast-2', 'us-east-1'),
    credentials: fc.record(
      {
        accessKeyId: fc.stringMatching(/^AKIA[A-Z0-9]{16}$/),
        secretAccessKey: fc.stringMatching(/^[A-Za-z0-9/+]{40}$/),
        sessionToken: fc.base64String({ minLength: 20, maxLength: 200 }),
      },
      { requiredKeys: ['accessKeyId', 'secretAccessKey'] },
    ),
    host: fc.constantFrom('abc123.execute-api.ap-northeast-2.amazonaws.com', '127.0.0.1:3900'),
    path: fc
      .tuple(
        fc.constantFrom('', '/production', '/a-stage'),
        fc.constantFrom('/@connections/', '/%40connections/'),
        fc.stringMatching(/^[A-Za-z0-9_=+!'()*~.-]{1,40}$/),
      )
      .map(([stage, prefix, id]) => stage + prefix + encodeURIComponent(id.replace(/^\.+$/, 'dots'))),
    target: fc.constantFrom('DynamoDB_20120810.BatchWriteItem', 'Kinesis_20131202.PutRecords'),
    body: fc.string({ unit: 'binary', maxLength: 200 }),
    nowMs: fc.integer({ min: 0, max: 4_102_444_800_000 }),
  },
  { requiredKeys: ['region', 'credentials', 'host', 'path', 'body', 'nowMs'] },
);

test('signs as the SDK signs, for any credentials, connection, body and time', async () => {
  const signers = new Map(
    ['ap-northeast-2', 'us-east-1'].map((region) => [region, new RequestSigner({ region, service: 'execute-api' })]),
  );
  await fc.assert(
    fc.asyncProperty(anyCase, async (each) => {
      const signer = signers.get(each.region) as RequestSigner;
      expect(signedByUs(signer, each)).toEqual(await signedBySdk(each));
      expect(signedByUs(signer, each)).toEqual(await signedBySdk(each));
    }),
    { numRuns: 300 },
  );
});

test('the kept key follows the day and the secret', async () => {
  const signer = new RequestSigner({ region: 'ap-northeast-2', service: 'execute-api' });
  const first: Case = {
    region: 'ap-northeast-2',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'one' },
    host: 'h',
    path: '/@connections/a%3D',
    body: '{}',
    nowMs: Date.parse('2025-12-14T23:59:59.999Z'),
  };
  const cases: Case[] = [
    first,
    { ...first, nowMs: first.nowMs + 1 },
    { ...first, credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'two' } },
    first,
  ];
  for (const each of cases) expect(signedByUs(signer, each)).toEqual(await signedBySdk(each));
});
