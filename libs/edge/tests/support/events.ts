import type { HttpAnswer, HttpEvent, WebSocketAnswer, WebSocketEvent } from '../../src/index.js';

export interface HttpCall {
  query?: Record<string, string>;
  headers?: Record<string, string>;
  token?: string;
  /** Sent as JSON, a string as it is. */
  body?: unknown;
}

const textOf = (body: unknown) => (body === undefined || typeof body === 'string' ? body : JSON.stringify(body));

/** An event of a REST API. */
export function restEvent(method: string, path: string, { query, headers, token, body }: HttpCall = {}): HttpEvent {
  return {
    httpMethod: method,
    path,
    headers: { ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }), ...headers },
    queryStringParameters: query ?? null,
    body: textOf(body) ?? null,
    isBase64Encoded: false,
    requestContext: { stage: 'v1', requestId: 'r' },
  };
}

/** The same request as an event of an HTTP API: named stage in the path, base64 body, lower-case headers. */
export function httpApiEvent(method: string, path: string, { query, headers, token, body }: HttpCall = {}): HttpEvent {
  const text = textOf(body);
  return {
    version: '2.0',
    rawPath: `/live${path}`,
    rawQueryString: new URLSearchParams(query).toString(),
    headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...headers },
    ...(text === undefined ? {} : { body: Buffer.from(text).toString('base64') }),
    isBase64Encoded: text !== undefined,
    requestContext: { stage: 'live', requestId: 'r', http: { method } },
  };
}

export function socketEvent(connectionId: string, body?: unknown, more: Partial<WebSocketEvent> = {}): WebSocketEvent {
  return {
    requestContext: { connectionId, connectedAt: 1_733_896_438_000 },
    body: textOf(body) ?? null,
    isBase64Encoded: false,
    ...more,
  };
}

/** An HTTP answer as a test compares it. */
export function answerOf({ statusCode, body }: HttpAnswer): { status: number; body: unknown } {
  return { status: statusCode, body: JSON.parse(body) as unknown };
}

/** Status and error code of a refusal. */
export function refusalOf({ statusCode, body }: HttpAnswer): [number, string] {
  return [statusCode, (JSON.parse(body) as { error: { code: string } }).error.code];
}

export function frameOf({ body }: WebSocketAnswer): unknown {
  return JSON.parse(body ?? 'null') as unknown;
}
