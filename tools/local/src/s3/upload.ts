import { createHash, type Hash } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { crc32 } from 'node:zlib';
import { decodeAwsChunked } from './aws-chunked.js';
import { S3Error } from './errors.js';
import type { PutOptions } from './object-store.js';

/** Headers that are kept with an object and given back with it. */
const KEPT_HEADERS = ['content-type', 'content-language', 'content-disposition', 'cache-control', 'expires'];
/** Longest JSON of the kept headers, in bytes. */
const MAX_KEPT_BYTES = 8192;

/** Checksums that can be computed here; others are refused rather than believed. */
const CHECKSUMS: Record<string, () => Digest> = {
  'x-amz-checksum-crc32': () => new Crc32(),
  'x-amz-checksum-sha1': () => new HashDigest('sha1'),
  'x-amz-checksum-sha256': () => new HashDigest('sha256'),
};

/** An upload: its bytes without framing, and what must hold of them before they are stored. */
export function readUpload(request: IncomingMessage): { body: AsyncIterable<Buffer>; options: PutOptions } {
  const { headers } = request;
  const trailers = new Map<string, string>();
  const raw = request as AsyncIterable<Buffer>;
  const plain = isAwsChunked(headers) ? decodeAwsChunked(raw, trailers) : raw;
  const digests = digestsOf(headers);
  const kept = keptHeaders(headers);
  const check: PutOptions['check'] = ({ size, md5 }) => {
    checkLength(request, size);
    const declaredMd5 = headers['content-md5'];
    if (declaredMd5 !== undefined && declaredMd5 !== md5.toString('base64')) throw badDigest('Content-MD5');
    for (const [name, digest] of digests) {
      const declared = trailers.get(name) ?? single(headers[name]);
      const computed = digest.finish();
      if (name === 'x-amz-content-sha256') {
        if (declared !== computed.toString('hex')) throw badDigest(name);
      } else if (declared !== computed.toString('base64')) throw badDigest(name);
      else kept[name] = declared;
    }
  };
  const ifMatch = headers['if-match'];
  const options: PutOptions = {
    headers: kept,
    check,
    ifAbsent: headers['if-none-match'] === '*',
    ...(ifMatch === undefined ? {} : { ifMatch }),
  };
  return { body: digested(plain, digests), options };
}

function isAwsChunked(headers: IncomingHttpHeaders): boolean {
  return (single(headers['x-amz-content-sha256']) ?? '').startsWith('STREAMING-');
}

function digestsOf(headers: IncomingHttpHeaders): Map<string, Digest> {
  const digests = new Map<string, Digest>();
  const named = (single(headers['x-amz-trailer']) ?? '').split(',').map((name) => name.trim().toLowerCase());
  for (const name of [...Object.keys(headers), ...named]) {
    if (!name.startsWith('x-amz-checksum-') || name === 'x-amz-checksum-algorithm' || name === 'x-amz-checksum-type')
      continue;
    const create = CHECKSUMS[name];
    if (create === undefined) throw new S3Error(501, 'NotImplemented', `${name} cannot be checked here.`);
    digests.set(name, create());
  }
  if (/^[0-9a-f]{64}$/.test(single(headers['x-amz-content-sha256']) ?? '')) {
    digests.set('x-amz-content-sha256', new HashDigest('sha256'));
  }
  return digests;
}

async function* digested(body: AsyncIterable<Buffer>, digests: ReadonlyMap<string, Digest>): AsyncGenerator<Buffer> {
  for await (const chunk of body) {
    for (const digest of digests.values()) digest.add(chunk);
    yield chunk;
  }
}

function checkLength({ headers, complete }: IncomingMessage, size: number): void {
  const declared =
    single(headers['x-amz-decoded-content-length']) ?? (isAwsChunked(headers) ? undefined : headers['content-length']);
  if (!complete || (declared !== undefined && Number(declared) !== size)) {
    throw new S3Error(400, 'IncompleteBody', 'The body does not have the length that was declared.');
  }
}

function keptHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (KEPT_HEADERS.includes(name) || name.startsWith('x-amz-meta-')) kept[name] = single(value) ?? '';
  }
  const encodings = (headers['content-encoding'] ?? '').split(',').map((encoding) => encoding.trim());
  const encoding = encodings.filter((name) => name !== '' && name !== 'aws-chunked').join(',');
  if (encoding !== '') kept['content-encoding'] = encoding;
  if (Buffer.byteLength(JSON.stringify(kept)) > MAX_KEPT_BYTES) {
    throw new S3Error(400, 'MetadataTooLarge', `Headers kept with an object take at most ${MAX_KEPT_BYTES} bytes.`);
  }
  return kept;
}

function badDigest(name: string): S3Error {
  return new S3Error(400, 'BadDigest', `${name} does not match the body.`);
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(',') : value;
}

interface Digest {
  add(chunk: Buffer): void;
  finish(): Buffer;
}

class HashDigest implements Digest {
  private readonly hash: Hash;

  constructor(algorithm: 'sha1' | 'sha256') {
    this.hash = createHash(algorithm);
  }

  add(chunk: Buffer): void {
    this.hash.update(chunk);
  }

  finish(): Buffer {
    return this.hash.digest();
  }
}

class Crc32 implements Digest {
  private value = 0;

  add(chunk: Buffer): void {
    this.value = crc32(chunk, this.value);
  }

  finish(): Buffer {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(this.value);
    return bytes;
  }
}
