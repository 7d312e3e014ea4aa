import { runScript, type Valkey } from '@supernoba/runtime';
import {
  assertLoopback,
  connectionClose,
  connectionCloseArgs,
  connectionKeys,
  keyPatterns,
  type Keys,
} from '@supernoba/valkey-keys';

const KEYS_PER_SCAN = 1_000;

/**
 * Forgets every connection that is not logged in: `ws:CONNID`, `conn:CONNID:main`, `conn:CONNID:sub`, and its place among
 * the subscribers of symbols, one connection at a time through the registry's own script. A connection counts as logged in
 * while it is in `realtime:connections`. Market data, symbols and logged-in connections stay.
 *
 * @returns how many connections were forgotten
 * @throws NotLocalError unless `host` is this machine's own loopback
 */
export async function forgetAnonymous(valkey: Valkey, keys: Keys, host: string): Promise<number> {
  assertLoopback(host);
  const realtime = new Set(await valkey.smembers(keys.realtimeConnections));
  const anonymous = [...(await namedConnections(valkey, keys))].filter((id) => !realtime.has(id));
  for (const id of anonymous) {
    await runScript(valkey, connectionClose, connectionKeys(keys, id, ''), connectionCloseArgs(keys, id));
  }
  return anonymous.length;
}

/** Every connection that a key of the registry names, or that is among the subscribers of a watched symbol. */
async function namedConnections(valkey: Valkey, keys: Keys): Promise<Set<string>> {
  const ids = new Set<string>();
  for (const pattern of keyPatterns({ names: ['connection', 'connectionMain', 'connectionSub'] })) {
    const [prefix = '', suffix = ''] = pattern.glob.split('*');
    let cursor = '0';
    do {
      const [next, found] = await valkey.scan(cursor, 'MATCH', pattern.glob, 'COUNT', KEYS_PER_SCAN);
      for (const key of found) if (pattern.matches(key)) ids.add(key.slice(prefix.length, key.length - suffix.length));
      cursor = next;
    } while (cursor !== '0');
  }
  for (const symbol of await valkey.smembers(keys.subscribedSymbols)) {
    const watchers = await valkey.sunion(
      keys.mainSubscribers(symbol),
      keys.subSubscribers(symbol),
      keys.legacySubscribers(symbol),
    );
    for (const id of watchers) ids.add(id);
  }
  return ids;
}
