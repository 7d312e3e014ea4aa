import type { ValkeyScript } from '@supernoba/valkey-keys';
import { createHash } from 'node:crypto';
import { Valkey as ValkeyClient } from 'iovalkey';

export type Valkey = ValkeyClient;

export interface ValkeyConnection {
  host: string;
  port: number;
  tls?: boolean;
  password?: string;
  /** Shows in `CLIENT LIST`. */
  name: string;
  /** Longest wait for one command; default 2,000 ms. */
  commandTimeoutMs?: number;
}

const MAX_RETRY_PAUSE_MS = 1_000;

/**
 * A client that fails fast and heals: commands are not queued while the server is away, a lost connection is tried
 * again for ever with pauses of at most a second, and a server that turned read-only (a failover) is left at once.
 */
export function createValkey({
  host,
  port,
  tls = false,
  password,
  name,
  commandTimeoutMs = 2_000,
}: ValkeyConnection): Valkey {
  return new ValkeyClient({
    host,
    port,
    connectionName: name,
    ...(password === undefined ? {} : { password }),
    ...(tls ? { tls: {} } : {}),
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    commandTimeout: commandTimeoutMs,
    connectTimeout: 2_000,
    retryStrategy: (times) => Math.min(50 * 2 ** Math.min(times, 6), MAX_RETRY_PAUSE_MS),
    reconnectOnError: (error) => (error.message.startsWith('READONLY') ? 1 : false),
  });
}

const digests = new WeakMap<ValkeyScript, string>();

/** Runs a script by its digest; a server that does not know it (restart, flush) is given the text. */
export async function runScript(
  valkey: Valkey,
  script: ValkeyScript,
  keys: readonly string[],
  args: readonly (string | number | Buffer)[],
): Promise<unknown> {
  if (keys.length !== script.numberOfKeys) {
    throw new RangeError(`${script.name} takes ${script.numberOfKeys} keys, not ${keys.length}`);
  }
  let digest = digests.get(script);
  if (digest === undefined) {
    digest = createHash('sha1').update(script.lua).digest('hex');
    digests.set(script, digest);
  }
  try {
    return await valkey.evalsha(digest, keys.length, ...keys, ...args);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
    return valkey.eval(script.lua, keys.length, ...keys, ...args);
  }
}
