import type { ClientAuth } from './auth.js';
import { ClientErrorCode, SupernobaError } from './errors.js';
import type { WebSocketConstructor } from './websocket.js';

/** The part of `fetch` this client uses. */
export type FetchLike = (
  url: string,
  init: { method: string; headers: Record<string, string>; body?: string; signal: AbortSignal },
) => Promise<{
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  text(): Promise<string>;
}>;

export interface ClientOptions {
  /** Base address of the HTTP routes, e.g. `https://exchange.example/prod`. */
  url: string | URL;
  /** Address of the WebSocket. Default: `url` with the scheme `ws` or `wss` and `/ws` behind its path. */
  wsUrl?: string | URL;
  /** WebSocket class. Default: the runtime's own, else the package `ws`. */
  ws?: WebSocketConstructor;
  /** Default: the runtime's `fetch`. */
  fetch?: FetchLike;
  /** Who acts. Default: nobody (public market data alone). */
  auth?: ClientAuth;
  /** How single orders travel. Default `http`; `websocket` for `{ testUser }`, who has no token. */
  orderTransport?: 'http' | 'websocket';
  /** Longest wait for one answer, ms, 50 to 60,000. Default 10,000. */
  requestTimeoutMs?: number;
  /** Longest wait for a socket to open, and of `connect()`, ms, 50 to 60,000. Default 10,000. */
  connectTimeoutMs?: number;
  /** After this long without a frame the client pings, ms, 50 to 300,000. Default 30,000. */
  pingIntervalMs?: number;
  /** A socket that answers a ping with nothing for this long is dead, ms, 50 to 60,000. Default 10,000. */
  pongTimeoutMs?: number;
  /** A token is renewed this long before it expires, ms, 0 to 600,000. Default 60,000. */
  tokenMarginMs?: number;
  /** Most WebSocket requests that wait for an answer at once, 1 to 10,000. Default 256. */
  maxPending?: number;
  /** Tries of one HTTP call or order: full-jitter waits between them, the same request id in all. */
  retry?: {
    /** 1 to 10. Default 3. */ attempts?: number;
    /** ms. Default 200. */ baseMs?: number;
    /** Also the longest `Retry-After` that is waited for, ms, up to 30,000. Default 5,000. */ maxMs?: number;
  };
  /** Reconnection: full-jitter waits, without end unless `attempts` is given. */
  reconnect?: {
    /** Failed tries in a row after which the client gives up. Default: none. */ attempts?: number;
    /** ms. Default 500. */ baseMs?: number;
    /** ms, up to 300,000. Default 20,000. */ maxMs?: number;
  };
}

export interface Settings {
  readonly http: string;
  readonly ws: string;
  readonly webSocket: WebSocketConstructor | undefined;
  readonly fetch: FetchLike;
  readonly orderTransport: 'http' | 'websocket';
  readonly requestTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly pingIntervalMs: number;
  readonly pongTimeoutMs: number;
  readonly tokenMarginMs: number;
  readonly maxPending: number;
  readonly retry: RetryPolicy;
  readonly reconnect: RetryPolicy;
}

export interface RetryPolicy {
  readonly attempts: number;
  readonly baseMs: number;
  readonly maxMs: number;
}

const KNOWN = new Set([
  'url',
  'wsUrl',
  'ws',
  'fetch',
  'auth',
  'orderTransport',
  'requestTimeoutMs',
  'connectTimeoutMs',
  'pingIntervalMs',
  'pongTimeoutMs',
  'tokenMarginMs',
  'maxPending',
  'retry',
  'reconnect',
]);

/** @throws SupernobaError `INVALID_ARGUMENT` naming the option. */
export function resolveSettings(options: ClientOptions): Settings {
  if (typeof options !== 'object' || options === null) throw invalid('createClient takes an object of options');
  for (const name of Object.keys(options)) if (!KNOWN.has(name)) throw invalid(`unknown option '${name}'`);
  const http = address('url', options.url, ['http:', 'https:']);
  const ws =
    options.wsUrl === undefined
      ? `${http.replace(/^http/, 'ws')}/ws`
      : address('wsUrl', options.wsUrl, ['ws:', 'wss:']);
  const isTestUser = typeof options.auth === 'object' && options.auth !== null && 'testUser' in options.auth;
  const orderTransport = options.orderTransport ?? (isTestUser ? 'websocket' : 'http');
  if (orderTransport !== 'http' && orderTransport !== 'websocket')
    throw invalid("option 'orderTransport' must be 'http' or 'websocket'");
  return {
    http,
    ws,
    webSocket: options.ws,
    // Called through an arrow: a browser's fetch refuses another `this`.
    fetch: options.fetch ?? ((url, init) => fetch(url, init)),
    orderTransport,
    requestTimeoutMs: integer('requestTimeoutMs', options.requestTimeoutMs, 10_000, 50, 60_000),
    connectTimeoutMs: integer('connectTimeoutMs', options.connectTimeoutMs, 10_000, 50, 60_000),
    pingIntervalMs: integer('pingIntervalMs', options.pingIntervalMs, 30_000, 50, 300_000),
    pongTimeoutMs: integer('pongTimeoutMs', options.pongTimeoutMs, 10_000, 50, 60_000),
    tokenMarginMs: integer('tokenMarginMs', options.tokenMarginMs, 60_000, 0, 600_000),
    maxPending: integer('maxPending', options.maxPending, 256, 1, 10_000),
    retry: {
      attempts: integer('retry.attempts', options.retry?.attempts, 3, 1, 10),
      baseMs: integer('retry.baseMs', options.retry?.baseMs, 200, 1, 30_000),
      // At the bounds, 10 × (60 s + 30 s) is 15 minutes: `checkRetryWindow` says what is too long.
      maxMs: integer('retry.maxMs', options.retry?.maxMs, 5_000, 1, 30_000),
    },
    reconnect: {
      attempts:
        options.reconnect?.attempts === undefined
          ? Infinity
          : integer('reconnect.attempts', options.reconnect.attempts, 1, 1, 1_000_000),
      baseMs: integer('reconnect.baseMs', options.reconnect?.baseMs, 500, 1, 60_000),
      maxMs: integer('reconnect.maxMs', options.reconnect?.maxMs, 20_000, 1, 300_000),
    },
  };
}

/** The exchange recognises a repeated request id for 10 minutes: retries must be over well before. */
const DUPLICATE_WINDOW_MS = 10 * 60_000;

/** @throws SupernobaError `INVALID_ARGUMENT` where a retry could outlive the window in which it is recognised as one. */
export function checkRetryWindow(settings: Settings): void {
  const longest = settings.retry.attempts * (settings.requestTimeoutMs + settings.retry.maxMs);
  if (longest > DUPLICATE_WINDOW_MS / 2) {
    throw invalid(
      `retry.attempts × (requestTimeoutMs + retry.maxMs) is ${longest} ms, at most ${DUPLICATE_WINDOW_MS / 2} is safe`,
    );
  }
}

function address(name: string, value: string | URL, schemes: readonly string[]): string {
  let url: URL;
  try {
    url = new URL(value);
  } catch (cause) {
    throw new SupernobaError(ClientErrorCode.InvalidArgument, `option '${name}' is no address: ${String(value)}`, {
      cause,
    });
  }
  if (!schemes.includes(url.protocol))
    throw invalid(`option '${name}' must begin with ${schemes.map((s) => `${s}//`).join(' or ')}`);
  if (url.search !== '' || url.hash !== '' || url.username !== '')
    throw invalid(`option '${name}' must carry no query, hash or credentials`);
  return `${url.origin === 'null' ? `${url.protocol}//${url.host}` : url.origin}${url.pathname}`.replace(/\/+$/, '');
}

function integer(name: string, value: number | undefined, fallback: number, min: number, max: number): number {
  if (value === undefined) return fallback;
  if (!Number.isInteger(value) || value < min || value > max)
    throw invalid(`option '${name}' must be an integer from ${min} to ${max}`);
  return value;
}

function invalid(message: string): SupernobaError {
  return new SupernobaError(ClientErrorCode.InvalidArgument, message);
}
