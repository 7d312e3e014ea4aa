import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { noSuchKey, preconditionFailed, S3Error } from './errors.js';
import { listObjects } from './listing.js';
import type { ObjectInfo } from './object-file.js';
import { ObjectStore } from './object-store.js';
import { readUpload } from './upload.js';
import { textsOf, xmlDocument, xmlError } from './xml.js';

const MAX_DELETE_BODY_BYTES = 2 * 1024 * 1024;
const MAX_DELETED_KEYS = 1000;

export interface S3Options {
  /** Folder of the buckets. */
  dir: string;
  /** 0 lets the system choose. */
  port?: number;
  /** Told of what went wrong inside; the client gets InternalError. */
  onError?: (error: unknown) => void;
}

export interface S3Server {
  port: number;
  endpoint: string;
  close(): Promise<void>;
}

/**
 * An S3 server of the loopback for one machine: buckets in path style, objects with conditions, ranges, metadata and
 * checksums, ListObjectsV2. Signatures are not checked. What it lacks (versions, multipart, ACLs …) answers 501.
 */
export async function startS3Server({ dir, port = 0, onError = () => undefined }: S3Options): Promise<S3Server> {
  const store = await ObjectStore.open(dir);
  const server = createServer((request, response) => {
    answer(store, request, response).catch((error: unknown) => {
      if (!(error instanceof S3Error) && !isDisconnect(error)) onError(error);
      sendError(request, response, error);
    });
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  return {
    port: bound,
    endpoint: `http://127.0.0.1:${bound}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Target {
  store: ObjectStore;
  bucket: string;
  key: string;
  query: URLSearchParams;
  request: IncomingMessage;
  response: ServerResponse;
}

async function answer(store: ObjectStore, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = request.url ?? '/';
  const [path = '/', search = ''] = url.split(/\?(.*)/s);
  const [, bucket = '', key = ''] = /^\/([^/]*)\/?(.*)$/s.exec(path) ?? [];
  const query = new URLSearchParams(search);
  refuseUnsupported(request, query);
  const target: Target = { store, bucket: decode(bucket), key: decode(key), query, request, response };
  if (target.bucket === '') throw notImplemented('ListBuckets');
  await (target.key === '' ? answerBucket(target) : answerObject(target));
}

async function answerBucket({ store, bucket, query, request, response }: Target): Promise<void> {
  switch (request.method) {
    case 'PUT':
      if (!(await store.createBucket(bucket))) {
        throw new S3Error(409, 'BucketAlreadyOwnedByYou', `The bucket ${bucket} exists already and is yours.`);
      }
      return send(response, 200, { location: `/${bucket}` });
    case 'HEAD':
      await store.requireBucket(bucket);
      return send(response, 200);
    case 'GET':
      if (query.get('list-type') !== '2') throw notImplemented('ListObjects');
      await store.requireBucket(bucket);
      return sendXml(response, await listObjects(store, bucket, query));
    case 'POST':
      if (!query.has('delete')) throw notImplemented('POST Object');
      return sendXml(response, await deleteObjects(store, bucket, request));
    default:
      throw notImplemented(`${request.method} of a bucket`);
  }
}

async function answerObject({ store, bucket, key, request, response }: Target): Promise<void> {
  switch (request.method) {
    case 'PUT': {
      await store.requireBucket(bucket);
      const { body, options } = readUpload(request);
      const { etag, headers } = await store.put(bucket, key, body, options);
      return send(response, 200, { etag, ...checksumsOf(headers) });
    }
    case 'GET':
    case 'HEAD':
      return sendObject({ store, bucket, key, request, response });
    case 'DELETE':
      await store.remove(bucket, key);
      return send(response, 204);
    default:
      throw notImplemented(`${request.method} of an object`);
  }
}

async function sendObject({ store, bucket, key, request, response }: Omit<Target, 'query'>): Promise<void> {
  const object = await store.read(bucket, key);
  if (object === undefined) throw noSuchKey(key);
  let bodyOwnsHandle = false;
  try {
    const { info } = object;
    const { headers: wanted } = request;
    if (wanted['if-match'] !== undefined && wanted['if-match'] !== info.etag) throw preconditionFailed('If-Match');
    if (wanted['if-none-match'] === info.etag) return send(response, 304, { etag: info.etag });
    const range = readRange(wanted.range, info.size);
    const { first, last } = range ?? { first: 0, last: info.size - 1 };
    response.writeHead(range ? 206 : 200, {
      ...headersOf(info, wanted['x-amz-checksum-mode'] === 'ENABLED' && !range),
      'content-length': last - first + 1,
      ...(range ? { 'content-range': `bytes ${first}-${last}/${info.size}` } : {}),
    });
    if (request.method === 'HEAD' || info.size === 0) {
      response.end();
      return;
    }
    bodyOwnsHandle = true;
    await pipeline(object.body(first, last), response);
  } finally {
    if (!bodyOwnsHandle) await object.close();
  }
}

async function deleteObjects(store: ObjectStore, bucket: string, request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_DELETE_BODY_BYTES) throw new S3Error(400, 'MalformedXML', 'The list of keys is too long.');
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  const declaredMd5 = request.headers['content-md5'];
  if (declaredMd5 !== undefined && declaredMd5 !== createHash('md5').update(body).digest('base64')) {
    throw new S3Error(400, 'BadDigest', 'Content-MD5 does not match the body.');
  }
  const keys = textsOf(body.toString('utf8'), 'Key');
  if (keys.length === 0 || keys.length > MAX_DELETED_KEYS) {
    throw new S3Error(400, 'MalformedXML', `One to ${MAX_DELETED_KEYS} keys can be deleted at once.`);
  }
  for (const key of keys) await store.remove(bucket, key);
  return xmlDocument('DeleteResult', { Deleted: keys.map((key) => ({ Key: key })) });
}

/** @throws S3Error InvalidRange when no byte of the object lies in it */
function readRange(header: string | undefined, size: number): { first: number; last: number } | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return undefined;
  const suffix = match[1] === '';
  const first = suffix ? Math.max(0, size - Number(match[2])) : Number(match[1]);
  const last = suffix || match[2] === '' ? size - 1 : Math.min(Number(match[2]), size - 1);
  if (first > last) throw new S3Error(416, 'InvalidRange', 'The requested range is not satisfiable.');
  return { first, last };
}

/** Operations that are asked for by a query parameter or a header, and that would otherwise be taken for plain ones. */
function refuseUnsupported({ method, headers }: IncomingMessage, query: URLSearchParams): void {
  const known = ['list-type', 'prefix', 'delimiter', 'max-keys', 'continuation-token', 'start-after', 'encoding-type'];
  for (const name of query.keys()) {
    const signs = name === 'x-id' || name.toLowerCase().startsWith('x-amz-');
    if (!signs && name !== 'delete' && name !== 'fetch-owner' && !known.includes(name))
      throw notImplemented(`?${name}`);
  }
  if (headers['x-amz-copy-source'] !== undefined) throw notImplemented('CopyObject');
  const condition = headers['if-none-match'];
  if (method === 'PUT' && condition !== undefined && condition !== '*')
    throw notImplemented('If-None-Match with an ETag');
}

function notImplemented(what: string): S3Error {
  return new S3Error(501, 'NotImplemented', `${what} is not implemented here.`);
}

function headersOf({ etag, lastModified, headers }: ObjectInfo, withChecksums: boolean): Record<string, string> {
  const checksums = checksumsOf(headers);
  const plain = Object.fromEntries(Object.entries(headers).filter(([name]) => !(name in checksums)));
  return {
    'content-type': 'application/octet-stream',
    ...plain,
    ...(withChecksums ? checksums : {}),
    etag,
    'last-modified': new Date(lastModified).toUTCString(),
    'accept-ranges': 'bytes',
    'x-amz-request-id': randomUUID(),
  };
}

function checksumsOf(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('x-amz-checksum-')));
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) throw new S3Error(400, 'InvalidURI', 'The address is not valid UTF-8.');
    throw error;
  }
}

function send(response: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  const length = status === 200 ? { 'content-length': '0' } : {};
  response.writeHead(status, { ...length, 'x-amz-request-id': randomUUID(), ...headers });
  response.end();
}

function sendXml(response: ServerResponse, document: string): void {
  response.writeHead(200, { 'content-type': 'application/xml', 'x-amz-request-id': randomUUID() });
  response.end(document);
}

function sendError(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const failure =
    error instanceof S3Error ? error : new S3Error(500, 'InternalError', 'We encountered an internal error.');
  const requestId = randomUUID();
  const body = xmlError({ Code: failure.code, Message: failure.message, Resource: request.url, RequestId: requestId });
  // What is left of a refused upload is not read: the connection ends with the answer.
  const unread = request.complete ? {} : { connection: 'close' };
  response.writeHead(failure.status, { 'content-type': 'application/xml', 'x-amz-request-id': requestId, ...unread });
  response.end(request.method === 'HEAD' ? undefined : body);
}

function isDisconnect(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'EPIPE';
}
