import { startValkey } from '@supernoba/testing';
import { openValkey } from '../../src/index.js';
import type { Valkey } from '../../src/index.js';

export interface TestCache {
  valkey: Valkey;
  /** Every key: sets sorted, strings as they are. */
  everything(): Promise<Record<string, unknown>>;
  /** Ends the server only: the client finds out. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/** A real Valkey server, and a client as Lambdas open it. */
export async function startCache(): Promise<TestCache> {
  const server = await startValkey();
  const at = { VALKEY_HOST: server.host, VALKEY_PORT: server.port, VALKEY_TLS: false, VALKEY_PASSWORD: undefined };
  const valkey = openValkey(at, 'test');
  return {
    valkey,
    async everything() {
      const all: Record<string, unknown> = {};
      for (const key of (await valkey.keys('*')).sort()) {
        const type = await valkey.type(key);
        if (type === 'set') all[key] = (await valkey.smembers(key)).sort();
        else all[key] = type === 'hash' ? await valkey.hgetall(key) : await valkey.get(key);
      }
      return all;
    },
    kill: () => server.stop(),
    async stop() {
      valkey.disconnect();
      await server.stop();
    },
  };
}
