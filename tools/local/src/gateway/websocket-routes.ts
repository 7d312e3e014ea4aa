import { refusalOf, type Refusal } from './errors.js';
import type { Message } from './connection.js';

/** Codes of refusals that `$connect` decides; its own body never reaches the client, as in API Gateway. */
const CODES: Readonly<Record<number, string>> = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  429: 'TOO_MANY_REQUESTS',
  503: 'UNAVAILABLE',
};

function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}

/** The JSON body's `action` where it is a route of its own, else `$default`. Nobody reaches `$connect` by naming it. */
export function selectRoute({ data, isBinary }: Message, has: (routeKey: string) => boolean): string {
  if (isBinary) return '$default';
  let body: unknown;
  try {
    body = JSON.parse(data.toString('utf8'));
  } catch {
    // What is no JSON has no action.
    return '$default';
  }
  const action = fieldOf(body, 'action');
  return typeof action === 'string' && !action.startsWith('$') && has(action) ? action : '$default';
}

/** What a `$connect` result means: undefined for a 2xx, else how the handshake is refused. */
export function refusalOfConnect(result: unknown): Refusal | undefined {
  const status = fieldOf(result, 'statusCode');
  if (typeof status !== 'number' || !Number.isInteger(status) || status < 200 || status > 599)
    return refusalOf(undefined);
  if (status < 300) return undefined;
  return { status, code: CODES[status] ?? 'REFUSED', message: 'The connection was refused.' };
}

/** The subprotocol that a `$connect` result chooses. */
export function subprotocolOf(result: unknown): string | undefined {
  const headers = fieldOf(result, 'headers');
  if (typeof headers !== 'object' || headers === null) return undefined;
  const chosen = Object.entries(headers).find(
    ([name]) => name.toLowerCase() === 'sec-websocket-protocol',
  )?.[1] as unknown;
  return typeof chosen === 'string' && /^[\w!#$%&'*+.^`|~-]+$/.test(chosen) ? chosen : undefined;
}

/** The frame a message's Lambda answers with, if any. */
export function answerFrame(result: unknown): string | undefined {
  const body = fieldOf(result, 'body');
  if (typeof body !== 'string' || body === '') return undefined;
  return fieldOf(result, 'isBase64Encoded') === true ? Buffer.from(body, 'base64').toString('utf8') : body;
}

/** API Gateway's own frame for a message that got no answer. */
export function failureFrame(message: string, connectionId: string, requestId: string): string {
  return JSON.stringify({ message, connectionId, requestId });
}
