import { EdgeError, toEdgeError } from './error.js';
import type { ErrorLog } from './error.js';
import { toHttpRequest } from './http-request.js';
import type { HttpEvent, HttpRequest } from './http-request.js';

/** What a Lambda returns to API Gateway: the same for REST and HTTP APIs. */
export interface HttpAnswer {
  statusCode: number;
  headers: Record<string, string>;
  body: string;
}

/** What a route answers: a status, something JSON can carry, headers of its own. */
export interface RouteAnswer {
  status: number;
  /** undefined: none, as 304 wants it. */
  body: unknown;
  headers?: Record<string, string>;
}

export type Route = (request: HttpRequest) => Promise<RouteAnswer>;

export interface HttpOptions {
  /** Origins that browsers may call from; `*` means any. None: no CORS header is sent. */
  corsOrigins: readonly string[];
  log: ErrorLog;
}

/** A handler of API Gateway events around a route: reads the event, answers errors in the contract's form, adds CORS. */
export function httpHandler(
  route: Route,
  { corsOrigins, log }: HttpOptions,
): (event: HttpEvent) => Promise<HttpAnswer> {
  return async (event) => {
    const origin = originOf(event);
    const cors = corsHeaders(origin, corsOrigins);
    try {
      const request = toHttpRequest(event);
      if (request.method === 'OPTIONS') return { statusCode: 204, headers: { ...cors, ...preflight(cors) }, body: '' };
      const { status, body, headers } = await route(request);
      const text = body === undefined ? '' : JSON.stringify(body);
      return { statusCode: status, headers: { ...JSON_HEADERS, ...cors, ...headers }, body: text };
    } catch (error) {
      const answer = toEdgeError(error, log);
      const retry: Record<string, string> =
        answer.retryAfterS === undefined ? {} : { 'retry-after': String(answer.retryAfterS) };
      return {
        statusCode: answer.status,
        headers: { ...JSON_HEADERS, ...cors, ...retry },
        body: JSON.stringify(answer.body),
      };
    }
  };
}

/** For a path or method that no route takes. */
export function notFound({ method, segments }: HttpRequest): EdgeError {
  return new EdgeError('NOT_FOUND', `there is no ${method.slice(0, 10)} /${segments.join('/').slice(0, 200)}`);
}

const JSON_HEADERS = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' };

function originOf({ headers }: HttpEvent): string | undefined {
  for (const [name, value] of Object.entries(headers ?? {})) if (name.toLowerCase() === 'origin') return value;
  return undefined;
}

function corsHeaders(origin: string | undefined, allowed: readonly string[]): Record<string, string> {
  if (allowed.length === 0) return {};
  const isAllowed = origin !== undefined && (allowed.includes(origin) || allowed.includes('*'));
  return { vary: 'Origin', ...(isAllowed ? { 'access-control-allow-origin': origin } : {}) };
}

function preflight(cors: Record<string, string>): Record<string, string> {
  if (cors['access-control-allow-origin'] === undefined) return {};
  return {
    'access-control-allow-methods': 'GET, POST, PUT, DELETE',
    'access-control-allow-headers': 'authorization, content-type',
    'access-control-expose-headers': 'retry-after',
    'access-control-max-age': '600',
  };
}
