import { MAX_SUB_SYMBOLS, type CandleInterval } from '@supernoba/protocol';
import {
  connectionClose,
  connectionCloseArgs,
  connectionKeys,
  connectionOpen,
  connectionOpenArgs,
  connectionRenew,
  connectionRenewArgs,
  connectionSubscribe,
  connectionSubscribeArgs,
  connectionUnsubscribe,
  connectionUnsubscribeArgs,
  KEY_SHAPES,
} from '@supernoba/valkey-keys';
import type { Keys } from '@supernoba/valkey-keys';
import { EdgeError } from './error.js';
import { cached, runScript } from './valkey.js';
import type { Valkey } from './valkey.js';

/** Value of `ws:CONNID`. */
export interface Connection {
  /** '' while anonymous. */
  userId: string;
  isLoggedIn: boolean;
  /** Epoch ms. */
  connectedAt: number;
  /** The token's `exp`, epoch seconds; 0 while anonymous. */
  exp: number;
}

/** What a connection watches. */
export interface Watching {
  main?: string;
  /** In alphabetical order. */
  sub: string[];
}

export interface SubscribeCall {
  main?: string | undefined;
  /** Interval of the candles of `main`; default 1m. */
  timeframe?: CandleInterval | undefined;
  sub?: readonly string[] | undefined;
  /** The legacy form: its subscribers are also kept in `symbol:S:subscribers`. */
  isLegacy?: boolean;
}

/**
 * Who is connected and who watches what, in the depth cache. Every call is one script, so the keys agree with each other
 * whatever dies in between. All methods reject with EdgeError UNAVAILABLE while the cache is away.
 */
export interface ConnectionRegistry {
  /** Registers a connection, anonymous or as somebody's. @throws EdgeError FORBIDDEN when it belongs to another user already */
  open(connectionId: string, connection: Connection): Promise<void>;
  /**
   * Registers a connection again as it was known, for another two hours; one that is not known any more (a flush) is
   * anonymous until it says who it is.
   */
  renew(connectionId: string, connectedAt: number): Promise<Connection>;
  get(connectionId: string): Promise<Connection | undefined>;
  /** Adds sub symbols; a main symbol takes the place of the one before. @throws EdgeError BAD_REQUEST above 100 sub symbols */
  subscribe(connectionId: string, call: SubscribeCall): Promise<Watching>;
  /** Without a symbol: everything. */
  unsubscribe(connectionId: string, call: SubscribeCall): Promise<Watching>;
  /** Removes every trace. `userId` helps where the connection's own record may have gone. */
  close(connectionId: string, userId?: string): Promise<void>;
}

const TTL_S = KEY_SHAPES.connection.ttlS;

export const ANONYMOUS: Omit<Connection, 'connectedAt'> = { userId: '', isLoggedIn: false, exp: 0 };

export function createConnectionRegistry(valkey: Valkey, keys: Keys): ConnectionRegistry {
  const run = (script: typeof connectionOpen, connectionId: string, userId: string, args: (string | number)[]) =>
    runScript(valkey, script, connectionKeys(keys, connectionId, userId), args);

  return {
    async open(connectionId, connection) {
      const args = connectionOpenArgs(connectionId, toJson(connection), TTL_S, connection.userId);
      if ((await run(connectionOpen, connectionId, connection.userId, args)) === 1) return;
      throw new EdgeError('FORBIDDEN', 'this connection belongs to another user: open a new one');
    },

    async renew(connectionId, connectedAt) {
      const anonymous: Connection = { ...ANONYMOUS, connectedAt };
      const args = connectionRenewArgs(keys, connectionId, toJson(anonymous), TTL_S);
      return parseConnection(String(await run(connectionRenew, connectionId, '', args))) ?? anonymous;
    },

    async get(connectionId) {
      return parseConnection(await cached(valkey.get(keys.connection(connectionId))));
    },

    async subscribe(connectionId, { main = '', timeframe = '1m', sub = [], isLegacy = false }) {
      const call = { ttlS: TTL_S, maxSub: MAX_SUB_SYMBOLS, main, timeframe, sub, isLegacy };
      const answer = await run(
        connectionSubscribe,
        connectionId,
        '',
        connectionSubscribeArgs(keys, connectionId, call),
      );
      if (answer === 'TOO_MANY') {
        throw new EdgeError('BAD_REQUEST', `a connection watches at most ${MAX_SUB_SYMBOLS} sub symbols`);
      }
      return toWatching(answer);
    },

    async unsubscribe(connectionId, { main = '', sub = [] }) {
      const call = { main, sub, isAll: main === '' && sub.length === 0 };
      return toWatching(
        await run(connectionUnsubscribe, connectionId, '', connectionUnsubscribeArgs(keys, connectionId, call)),
      );
    },

    async close(connectionId, userId = '') {
      await run(connectionClose, connectionId, userId, connectionCloseArgs(keys, connectionId));
    },
  };
}

/** A connection's record; undefined when it is absent or not one (an unreadable identity is none). */
export function parseConnection(json: string | null): Connection | undefined {
  if (json === null) return undefined;
  let value: Partial<Record<keyof Connection, unknown>> | null;
  try {
    value = JSON.parse(json) as typeof value;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  const { userId, isLoggedIn, connectedAt, exp } = value ?? {};
  if (typeof userId !== 'string' || typeof isLoggedIn !== 'boolean' || typeof connectedAt !== 'number')
    return undefined;
  // Without an expiry nobody is logged in: a record of an older writer must log in again.
  const known = typeof exp === 'number' ? exp : 0;
  return { userId, isLoggedIn, connectedAt, exp: known };
}

/** The documented fields, in the documented order. */
function toJson({ userId, isLoggedIn, connectedAt, exp }: Connection): string {
  return JSON.stringify({ userId, isLoggedIn, connectedAt, exp });
}

function toWatching(answer: unknown): Watching {
  const [main, sub] = answer as [string, string[]];
  return { ...(main === '' ? {} : { main }), sub };
}
