import { validateHeaderName, validateHeaderValue } from 'node:http';
import { MalformedAnswer } from './errors.js';
import { isHopByHop } from './request.js';

export interface HttpAnswer {
  status: number;
  /** By lower-case name. */
  headers: Map<string, string | string[]>;
  body: Buffer;
}

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The answer of a function behind an HTTP API, format 2.0. A result without `statusCode` is the body of a 200 itself.
 *
 * @throws MalformedAnswer
 */
export function httpApiAnswer(result: unknown): HttpAnswer {
  if (!isFields(result) || !('statusCode' in result)) {
    const body = typeof result === 'string' ? result : JSON.stringify(result);
    return { status: 200, headers: new Map([['content-type', 'application/json']]), body: Buffer.from(body) };
  }
  const headers = readHeaders(result['headers']);
  const cookies = result['cookies'] ?? [];
  if (!Array.isArray(cookies)) throw new MalformedAnswer('cookies is no list');
  if (cookies.length > 0)
    headers.set(
      'set-cookie',
      cookies.map((cookie) => headerText('set-cookie', cookie)),
    );
  if (!headers.has('content-type')) headers.set('content-type', 'text/plain; charset=utf-8');
  return { status: readStatus(result), headers, body: readBody(result) };
}

/**
 * The answer of a function behind a REST API, format 1.0. `multiValueHeaders` wins over `headers` of the same name.
 *
 * @throws MalformedAnswer
 */
export function restApiAnswer(result: unknown): HttpAnswer {
  if (!isFields(result)) throw new MalformedAnswer('no object');
  const headers = readHeaders(result['headers']);
  const multiple = result['multiValueHeaders'] ?? {};
  if (!isFields(multiple)) throw new MalformedAnswer('multiValueHeaders is no object');
  for (const [name, values] of Object.entries(multiple)) {
    if (!Array.isArray(values)) throw new MalformedAnswer(`multiValueHeaders.${name} is no list`);
    const lower = headerName(name);
    headers.set(
      lower,
      values.map((value) => headerText(lower, value)),
    );
  }
  if (!headers.has('content-type')) headers.set('content-type', 'application/json');
  return { status: readStatus(result), headers, body: readBody(result) };
}

function readStatus({ statusCode }: Fields): number {
  if (typeof statusCode === 'number' && Number.isInteger(statusCode) && statusCode >= 200 && statusCode <= 599)
    return statusCode;
  throw new MalformedAnswer('statusCode is no whole number from 200 to 599');
}

function readBody({ body = '', isBase64Encoded = false }: Fields): Buffer {
  if (typeof isBase64Encoded !== 'boolean') throw new MalformedAnswer('isBase64Encoded is no boolean');
  if (body === null) return Buffer.alloc(0);
  if (typeof body !== 'string') throw new MalformedAnswer('body is no string');
  return Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
}

function readHeaders(given: unknown): HttpAnswer['headers'] {
  const headers: HttpAnswer['headers'] = new Map();
  if (given === undefined || given === null) return headers;
  if (!isFields(given)) throw new MalformedAnswer('headers is no object');
  for (const [name, value] of Object.entries(given)) {
    const lower = headerName(name);
    // The gateway frames the body itself.
    if (isHopByHop(lower) || lower === 'content-length') continue;
    headers.set(lower, headerText(lower, value));
  }
  return headers;
}

function headerName(name: string): string {
  try {
    validateHeaderName(name);
  } catch (cause) {
    throw new MalformedAnswer(`"${name}" is no header name`, { cause });
  }
  return name.toLowerCase();
}

function headerText(name: string, value: unknown): string {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
    throw new MalformedAnswer(`the header ${name} is no text`);
  }
  const text = String(value);
  try {
    validateHeaderValue(name, text);
  } catch (cause) {
    throw new MalformedAnswer(`the header ${name} holds a forbidden character`, { cause });
  }
  return text;
}
