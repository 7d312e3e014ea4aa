import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';

/** An HTTP request as the event builders need it. */
export interface GatewayRequest {
  method: string;
  /** As sent, escapes and all. */
  path: string;
  /** As sent, without the `?`. */
  query: string;
  /** Name and value of every header line as sent; hop-by-hop ones are gone, the proxy's own added. */
  headers: readonly (readonly [string, string])[];
  body: Buffer;
  protocol: string;
  sourceIp: string;
  userAgent: string;
  /** Without a port. */
  domainName: string;
  /** Epoch ms. */
  receivedAt: number;
}

export interface Target {
  path: string;
  query: string;
}

/** Path and query of a request line; undefined where it is no path. */
export function parseTarget(url: string): Target | undefined {
  if (!url.startsWith('/')) return undefined;
  const at = url.indexOf('?');
  return at === -1 ? { path: url, query: '' } : { path: url.slice(0, at), query: url.slice(at + 1) };
}

const HOP_BY_HOP = new Set([
  'connection',
  'expect',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** What a client may not set: the gateway says it (and goes on with the list of `x-forwarded-for`). */
const ADDED = new Set(['x-forwarded-for', 'x-forwarded-port', 'x-forwarded-proto', 'x-amzn-trace-id']);

export function isHopByHop(lowerCaseName: string): boolean {
  return HOP_BY_HOP.has(lowerCaseName);
}

export function peerAddress(request: IncomingMessage): string {
  const address = request.socket.remoteAddress ?? '';
  return address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address;
}

export function describeRequest(request: IncomingMessage, target: Target, body: Buffer): GatewayRequest {
  return {
    method: request.method ?? 'GET',
    ...target,
    headers: forwardedHeaders(request),
    body,
    protocol: `HTTP/${request.httpVersion}`,
    sourceIp: peerAddress(request),
    userAgent: request.headers['user-agent'] ?? '',
    domainName: hostName(request),
    receivedAt: Date.now(),
  };
}

/** The header lines for whatever stands behind the gateway: without hop-by-hop ones, with the forwarding ones. */
export function forwardedHeaders(request: IncomingMessage): [string, string][] {
  const kept = endToEndHeaders(request.rawHeaders).filter(([name]) => !ADDED.has(name.toLowerCase()));
  const chain = [request.headers['x-forwarded-for'] ?? [], peerAddress(request)].flat().join(', ');
  return [
    ...kept,
    ['X-Forwarded-For', chain],
    ['X-Forwarded-Port', String(request.socket.localPort ?? 0)],
    ['X-Forwarded-Proto', 'http'],
    ['X-Amzn-Trace-Id', traceId(Date.now())],
  ];
}

/** Header lines out of `rawHeaders`, without those that concern one connection only. */
export function endToEndHeaders(raw: readonly string[]): [string, string][] {
  const headers: [string, string][] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? '';
    if (!isHopByHop(name.toLowerCase())) headers.push([name, raw[i + 1] ?? '']);
  }
  return headers;
}

function hostName(request: IncomingMessage): string {
  return (request.headers.host ?? 'localhost').replace(/:\d+$/, '');
}

/** Header values by lower-case name, in the order sent. */
export function groupHeaders(headers: GatewayRequest['headers']): Map<string, string[]> {
  const grouped = new Map<string, string[]>();
  for (const [name, value] of headers) {
    const lower = name.toLowerCase();
    const values = grouped.get(lower);
    if (values === undefined) grouped.set(lower, [value]);
    else values.push(value);
  }
  return grouped;
}

/** Decoded query values by name, in the order sent. */
export function groupQuery(query: string): Map<string, string[]> {
  const grouped = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(query)) {
    const values = grouped.get(name);
    if (values === undefined) grouped.set(name, [value]);
    else values.push(value);
  }
  return grouped;
}

/** Reads a whole body; undefined, with the rest dropped, where it is larger than `maxBytes`. */
export function readBody(stream: Readable, maxBytes: number): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBytes) return chunks.push(chunk);
      chunks.length = 0;
      return resolve(undefined);
    });
    stream.on('end', () => resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)));
    stream.on('error', reject);
    stream.on('close', () => {
      if (!stream.readableEnded) reject(new Error('the request ended before its body'));
    });
  });
}

const ID_BYTES = 11;
/** Random bytes for ids, fetched from the system for many at once: every callback call has an id. */
let entropy: Buffer = Buffer.alloc(0);

/** An id in the style of API Gateway's own: 16 characters, URL-safe but for the `=` at its end. */
export function gatewayId(): string {
  if (entropy.length < ID_BYTES) entropy = randomBytes(ID_BYTES * 512);
  const id = entropy.toString('base64url', 0, ID_BYTES);
  entropy = entropy.subarray(ID_BYTES);
  return `${id}=`;
}

function traceId(now: number): string {
  const seconds = Math.floor(now / 1000).toString(16);
  return `Root=1-${seconds}-${randomBytes(12).toString('hex')}`;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

/** `09/Apr/2015:12:34:56 +0000`, as `requestContext` carries it. */
export function clfTime(epochMs: number): string {
  const iso = new Date(epochMs).toISOString();
  const month = MONTHS[Number(iso.slice(5, 7)) - 1] ?? '';
  return `${iso.slice(8, 10)}/${month}/${iso.slice(0, 4)}:${iso.slice(11, 19)} +0000`;
}
