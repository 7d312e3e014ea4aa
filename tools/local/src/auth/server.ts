import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Accounts, type AccountsOptions, type Fields } from './accounts.js';
import { AuthError } from './errors.js';

const BASE = '/auth/v1';
const API_VERSION = '2024-01-01';
const MAX_BODY_BYTES = 16 * 1024;
const MAX_AGE_S = 600;

const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, POST, OPTIONS',
  'access-control-allow-headers': 'apikey, authorization, content-type, x-client-info, x-supabase-api-version',
  'access-control-expose-headers': 'x-supabase-api-version, retry-after',
  'access-control-max-age': '600',
};

export interface AuthServerOptions extends AccountsOptions {
  /** 0 lets the system choose. */
  port?: number;
  /** Told of what went wrong inside; the client gets `unexpected_failure`. */
  onError?: (error: unknown) => void;
}

export interface AuthServer {
  port: number;
  close(): Promise<void>;
}

interface Call {
  accounts: Accounts;
  request: IncomingMessage;
  query: URLSearchParams;
}
interface Answer {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

/** `METHOD path` below `/auth/v1` → what answers it. */
const ROUTES: Readonly<Record<string, (call: Call) => Promise<Answer>>> = {
  'POST /signup': async ({ accounts, request }) => ok(await accounts.signUp(await readFields(request))),
  'POST /token': async ({ accounts, request, query }) => {
    const grant = query.get('grant_type');
    const fields = await readFields(request);
    if (grant === 'password') return ok(await accounts.signInWithPassword(fields));
    if (grant === 'refresh_token') return ok(await accounts.refresh(fields));
    throw new AuthError(400, 'invalid_grant', 'unsupported_grant_type');
  },
  'GET /user': async ({ accounts, request }) => ok(await accounts.user(bearerOf(request))),
  'POST /logout': async ({ accounts, request, query }) => {
    await accounts.signOut(bearerOf(request), query.get('scope') ?? 'global');
    return { status: 204 };
  },
  'GET /.well-known/jwks.json': ({ accounts }) =>
    Promise.resolve({ ...ok(accounts.jwks()), headers: { 'cache-control': `public, max-age=${MAX_AGE_S}` } }),
};

/**
 * A stand-in for Supabase's auth server on the loopback: e-mail and password, refresh, sign-out, ES256 tokens and their
 * public key. Addresses need no confirmation and no message is ever sent; the `apikey` header is not looked at.
 */
export async function startAuthServer({
  port = 0,
  onError = () => undefined,
  ...options
}: AuthServerOptions): Promise<AuthServer> {
  const accounts = await Accounts.open(options);
  const server = createServer((request, response) => {
    answer(accounts, request).then(
      (result) => send(response, result),
      (error: unknown) => {
        if (!(error instanceof AuthError)) onError(error);
        send(response, describeFailure(error));
      },
    );
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(accounts: Accounts, request: IncomingMessage): Promise<Answer> {
  const [path = '', search = ''] = (request.url ?? '/').split(/\?(.*)/s);
  const route = path.startsWith(`${BASE}/`) ? path.slice(BASE.length) : '';
  if (request.method === 'OPTIONS') return { status: 204 };
  const handle = ROUTES[`${request.method} ${route}`];
  if (handle) return handle({ accounts, request, query: new URLSearchParams(search) });
  const otherMethod = Object.keys(ROUTES).some((known) => known.endsWith(` ${route}`));
  throw otherMethod
    ? new AuthError(405, 'bad_method', `${request.method} is not allowed here`)
    : new AuthError(404, 'not_found', `${path} is not a route of this stand-in`);
}

async function readFields(request: IncomingMessage): Promise<Fields> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES)
      throw new AuthError(413, 'request_too_large', `A body has at most ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  let fields: unknown;
  try {
    fields = JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) {
    throw new AuthError(400, 'bad_json', 'Could not parse request body as JSON');
  }
  return fields as Fields;
}

function bearerOf({ headers }: IncomingMessage): string {
  const token = /^Bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1];
  if (token === undefined) throw new AuthError(401, 'no_authorization', 'This endpoint requires a valid Bearer token');
  return token;
}

function ok(body: unknown): Answer {
  return { status: 200, body };
}

function describeFailure(error: unknown): Answer {
  const failure = error instanceof AuthError ? error : new AuthError(500, 'unexpected_failure', 'Unexpected failure');
  return {
    status: failure.status,
    body: { code: failure.code, message: failure.message, ...failure.details },
    headers: failure.status === 429 ? { 'retry-after': '1' } : failure.status === 413 ? { connection: 'close' } : {},
  };
}

function send(response: ServerResponse, { status, body, headers = {} }: Answer): void {
  const text = body === undefined ? undefined : JSON.stringify(body);
  response.writeHead(status, {
    ...CORS,
    'x-supabase-api-version': API_VERSION,
    ...(text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
    ...headers,
  });
  response.end(text);
}
