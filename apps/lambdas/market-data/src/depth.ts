import { cached, EdgeError, type Valkey } from '@supernoba/edge';
import type { DepthFrame } from '@supernoba/protocol';
import type { Keys } from '@supernoba/valkey-keys';

export interface DepthDeps {
  valkey: Valkey;
  keys: Keys;
}

/**
 * The frame in the cache. Every symbol has a book from its registration on, and its engine keeps the frame alive, an empty
 * one too: so no frame means that nobody knows the book now (no engine, or a flush that it has not healed yet), and never
 * that it is empty. @throws EdgeError UNAVAILABLE then
 */
export function createDepthReader({ valkey, keys }: DepthDeps) {
  return async (symbol: string): Promise<DepthFrame> => {
    const frame = await cached(valkey.get(keys.depth(symbol)));
    if (frame !== null) return JSON.parse(frame) as DepthFrame;
    const message = `the book of ${symbol} is not known now: no engine has written it within the last minute`;
    throw new EdgeError('UNAVAILABLE', message, { details: { symbol }, retryAfterS: 1 });
  };
}
