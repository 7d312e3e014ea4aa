import { createLocalJWKSet, errors } from 'jose';
import type { CryptoKey, FlattenedJWSInput, JSONWebKeySet, JWSHeaderParameters } from 'jose';
import { unavailable } from './error.js';

/** Resolves the key of a token's header, as `jwtVerify` asks for it. */
export type KeyResolver = (header: JWSHeaderParameters, token: FlattenedJWSInput) => Promise<CryptoKey>;

export interface FetchedKeysOptions {
  url: string;
  /** Clock, ms; monotonic is enough. */
  now?: () => number;
  /** Keys older than this are fetched again at the next use; default 10 min. */
  maxAgeMs?: number;
  /** Least time between two fetches, whatever tokens arrive and whether or not the last one succeeded; default 30 s. */
  cooldownMs?: number;
  /** Longest wait for the answer; default 2 s. */
  timeoutMs?: number;
}

const MAX_JWKS_BYTES = 64 * 1024;

/**
 * The keys of an issuer, fetched at first use and kept. A token with an unknown `kid` causes a fetch only if the last one is
 * at least a cooldown ago, so strangers cannot make this server call out at their pace. While the issuer is away the
 * keys at hand go on working.
 */
export function fetchedKeys({
  url,
  now = () => performance.now(),
  maxAgeMs = 600_000,
  cooldownMs = 30_000,
  timeoutMs = 2_000,
}: FetchedKeysOptions): KeyResolver {
  let keys: KeyResolver | undefined;
  let fetchedAt = -Infinity;
  let triedAt = -Infinity;
  let pending: Promise<void> | undefined;
  let failure: unknown;

  const refresh = (): Promise<void> => {
    pending ??= (async () => {
      triedAt = now();
      try {
        keys = createLocalJWKSet(await fetchKeySet(url, timeoutMs));
        fetchedAt = now();
      } catch (error) {
        failure = error;
      } finally {
        pending = undefined;
      }
    })();
    return pending;
  };
  const mayFetch = () => pending !== undefined || now() - triedAt >= cooldownMs;

  return async (header, token) => {
    if ((keys === undefined || now() - fetchedAt > maxAgeMs) && mayFetch()) await refresh();
    if (keys === undefined) throw unavailable('the issuer of tokens', failure);
    try {
      return await keys(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || !mayFetch()) throw error;
      await refresh();
      return keys(header, token);
    }
  };
}

/** Keys given as a setting: for a server that reaches no issuer. @throws Error when the text is no JWKS */
export function inlineKeys(json: string): KeyResolver {
  return createLocalJWKSet(toKeySet(json));
}

async function fetchKeySet(url: string, timeoutMs: number): Promise<JSONWebKeySet> {
  const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs), redirect: 'error' });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  const text = await response.text();
  if (text.length > MAX_JWKS_BYTES) throw new Error(`${url} answered ${text.length} characters`);
  return toKeySet(text);
}

function toKeySet(json: string): JSONWebKeySet {
  const set: unknown = JSON.parse(json);
  const keys = typeof set === 'object' && set !== null ? (set as { keys?: unknown }).keys : undefined;
  if (!Array.isArray(keys) || keys.length === 0) throw new Error('a JWKS holds at least one key');
  return set as JSONWebKeySet;
}
