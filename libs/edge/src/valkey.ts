import type { ValkeyScript } from '@supernoba/valkey-keys';
import { createHash } from 'node:crypto';
import { Valkey } from 'iovalkey';
import { unavailable } from './error.js';
import { flag, integer, optionalText, text } from './settings.js';

export type { Valkey };

export const valkeySettings = {
  VALKEY_HOST: text(),
  VALKEY_PORT: integer(1, 65_535, 6379),
  VALKEY_TLS: flag(false),
  VALKEY_PASSWORD: optionalText(),
  VALKEY_HASH_TAGS: flag(false),
};

export interface ValkeySettings {
  readonly VALKEY_HOST: string;
  readonly VALKEY_PORT: number;
  readonly VALKEY_TLS: boolean;
  readonly VALKEY_PASSWORD: string | undefined;
}

const COMMAND_TIMEOUT_MS = 1_500;

/**
 * The depth cache for a Lambda: connects at once, while the rest of the cold start runs. A frozen Lambda wakes with a dead
 * socket, so commands wait for the new one, but no command waits longer than 1.5 s: then it fails, and the caller answers 503.
 */
export function openValkey(settings: ValkeySettings, name: string): Valkey {
  const { VALKEY_HOST: host, VALKEY_PORT: port, VALKEY_TLS: tls, VALKEY_PASSWORD: password } = settings;
  const valkey = new Valkey({
    host,
    port,
    connectionName: name,
    ...(password === undefined ? {} : { password }),
    ...(tls ? { tls: {} } : {}),
    commandTimeout: COMMAND_TIMEOUT_MS,
    connectTimeout: COMMAND_TIMEOUT_MS,
    disconnectTimeout: 100,
    maxRetriesPerRequest: 1,
    retryStrategy: (times) => Math.min(25 * 2 ** Math.min(times, 6), 1_000),
    reconnectOnError: (error) => (error.message.startsWith('READONLY') ? 2 : false),
  });
  // Every command reports its own failure; without a listener a lost socket would end the process.
  valkey.on('error', () => undefined);
  return valkey;
}

const digests = new WeakMap<ValkeyScript, string>();

/** Runs a script by its digest; a server that does not know it is given the text. @throws EdgeError UNAVAILABLE */
export async function runScript(
  valkey: Valkey,
  script: ValkeyScript,
  keys: readonly string[],
  args: readonly (string | number)[],
): Promise<unknown> {
  let digest = digests.get(script);
  if (digest === undefined) {
    digest = createHash('sha1').update(script.lua).digest('hex');
    digests.set(script, digest);
  }
  try {
    return await valkey.evalsha(digest, keys.length, ...keys, ...args);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw unavailable('the cache', error);
    return cached(valkey.eval(script.lua, keys.length, ...keys, ...args));
  }
}

/** The answer of a cache command. @throws EdgeError UNAVAILABLE */
export async function cached<T>(command: Promise<T>): Promise<T> {
  try {
    return await command;
  } catch (error) {
    throw unavailable('the cache', error);
  }
}

/** The answers of a pipeline, in order. @throws EdgeError UNAVAILABLE if any of its commands failed */
export async function cachedAll(pipeline: {
  exec(): Promise<[error: Error | null, result: unknown][] | null>;
}): Promise<unknown[]> {
  const answers = (await cached(pipeline.exec())) ?? [];
  return answers.map(([error, result]) => {
    if (error) throw unavailable('the cache', error);
    return result;
  });
}
