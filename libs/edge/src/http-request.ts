import { MAX_BODY_BYTES } from '@supernoba/protocol';
import { EdgeError } from './error.js';

type Texts = Readonly<Record<string, string | undefined>>;

/** What is read of an API Gateway event: REST (v1) and HTTP (v2) shapes alike. */
export interface HttpEvent {
  version?: string;
  httpMethod?: string;
  path?: string;
  rawPath?: string;
  rawQueryString?: string;
  headers?: Texts | null;
  queryStringParameters?: Texts | null;
  body?: string | null;
  isBase64Encoded?: boolean;
  requestContext?: { stage?: string; requestId?: string; http?: { method?: string } };
}

/** An HTTP request, whatever event brought it. */
export interface HttpRequest {
  method: string;
  /** Decoded segments of the path, the stage left out. */
  segments: readonly string[];
  /** A query parameter; the last one where it comes twice. */
  query(name: string): string | undefined;
  /** A header, by its name in lower case. */
  header(name: string): string | undefined;
  /** The body as JSON. @throws EdgeError TOO_LARGE above 16 KiB, BAD_JSON */
  json(): unknown;
}

/** @throws EdgeError BAD_REQUEST for a path that is not properly encoded */
export function toHttpRequest(event: HttpEvent): HttpRequest {
  const headers = new Map(Object.entries(event.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
  const query = readQuery(event);
  return {
    method: (event.requestContext?.http?.method ?? event.httpMethod ?? '').toUpperCase(),
    segments: readPath(event),
    query: (name) => query.get(name),
    header: (name) => headers.get(name),
    json: () => parseJson(readBody(event)),
  };
}

/** The text of an event's body, base64 or not. @throws EdgeError TOO_LARGE above 16 KiB, BAD_JSON for bytes that are no UTF-8 */
export function readBody({ body, isBase64Encoded = false }: Pick<HttpEvent, 'body' | 'isBase64Encoded'>): string {
  const given = body ?? '';
  // Four base64 characters carry three bytes: what is far too long is not even decoded.
  if (given.length > MAX_BODY_BYTES * 2) throw tooLarge();
  const bytes = Buffer.from(given, isBase64Encoded ? 'base64' : 'utf8');
  if (bytes.byteLength > MAX_BODY_BYTES) throw tooLarge();
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new EdgeError('BAD_JSON', 'the body is not UTF-8', { cause });
  }
}

/** @throws EdgeError BAD_JSON */
export function parseJson(text: string): unknown {
  if (text.trim() === '') throw new EdgeError('BAD_JSON', 'a JSON body is required');
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new EdgeError('BAD_JSON', 'the body is not JSON', { cause });
  }
}

function readPath(event: HttpEvent): string[] {
  const segments = (event.rawPath ?? event.path ?? '').split('/').filter((segment) => segment !== '');
  // HTTP APIs put the stage into the raw path, unless it is the default one.
  const stage = event.requestContext?.stage;
  if (event.rawPath !== undefined && stage !== undefined && stage !== '$default' && segments[0] === stage)
    segments.shift();
  try {
    return segments.map(decodeURIComponent);
  } catch (cause) {
    throw new EdgeError('BAD_REQUEST', 'the path is not properly encoded', { cause });
  }
}

function readQuery(event: HttpEvent): ReadonlyMap<string, string> {
  if (event.rawQueryString !== undefined) return new Map(new URLSearchParams(event.rawQueryString));
  const given = Object.entries(event.queryStringParameters ?? {});
  return new Map(given.filter((pair): pair is [string, string] => pair[1] !== undefined));
}

function tooLarge(): EdgeError {
  return new EdgeError('TOO_LARGE', `a body holds at most ${MAX_BODY_BYTES} bytes`);
}
