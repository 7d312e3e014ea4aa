import type { KeyPattern } from './patterns.js';

/** What {@link deleteOwnKeys} needs of a client; iovalkey's and ioredis's have it. */
export interface KeyDeleter {
  scan(
    cursor: string,
    match: 'MATCH',
    glob: string,
    count: 'COUNT',
    perCall: number,
  ): Promise<[cursor: string, keys: string[]]>;
  unlink(...keys: string[]): Promise<number>;
}

export interface DeleteOwnKeysOptions {
  /** Host that `client` is connected to. Only the machine's own loopback is accepted. */
  host: string;
  patterns: readonly KeyPattern[];
}

/** A clean-up was asked for on a server that is not this machine's own. */
export class NotLocalError extends Error {
  override readonly name = 'NotLocalError';
  readonly code = 'NOT_LOCAL';

  constructor(readonly host: string) {
    super(`${host} is not this machine: keys are deleted by pattern on a loopback address only`);
  }
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/;
const KEYS_PER_SCAN = 1_000;

/** @throws NotLocalError unless `host` is a loopback address or `localhost` */
export function assertLoopback(host: string): void {
  if (!LOOPBACK.test(host)) throw new NotLocalError(host);
}

/**
 * Deletes the keys of the given shapes and no other key: never a flush. A key that only resembles a shape stays.
 *
 * @returns how many keys were deleted
 * @throws NotLocalError unless the host is this machine's own loopback
 */
export async function deleteOwnKeys(client: KeyDeleter, { host, patterns }: DeleteOwnKeysOptions): Promise<number> {
  assertLoopback(host);
  let deleted = 0;
  for (const pattern of patterns) {
    let cursor = '0';
    do {
      const [next, found] = await client.scan(cursor, 'MATCH', pattern.glob, 'COUNT', KEYS_PER_SCAN);
      const own = found.filter((key) => pattern.matches(key));
      if (own.length > 0) deleted += await client.unlink(...own);
      cursor = next;
    } while (cursor !== '0');
  }
  return deleted;
}
