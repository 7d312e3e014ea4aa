import { assertLoopback, deleteOwnKeys, keyPatterns, NotLocalError, type KeyDeleter } from './index.js';

/** A keyspace that scans as a server does: in pages, with the glob applied by the server and a cursor that deletions do not shift. */
function keyspace(keys: Iterable<string>, pageSize = 2): { client: KeyDeleter; deleted: Set<string> } {
  const all = [...keys].sort();
  const deleted = new Set<string>();
  const client: KeyDeleter = {
    scan(cursor, _match, glob) {
      const wanted = new RegExp(`^${glob.replace(/[^\w*]/g, '\\$&').replaceAll('*', '[\\s\\S]*')}$`);
      const end = Number(cursor) + pageSize;
      const page = all.slice(Number(cursor), end).filter((key) => wanted.test(key) && !deleted.has(key));
      return Promise.resolve([end < all.length ? String(end) : '0', page]);
    },
    unlink(...doomed) {
      for (const key of doomed) deleted.add(key);
      return Promise.resolve(doomed.length);
    },
  };
  return { client, deleted };
}

const engineKeys = [
  'depth:TEST',
  'depth:{BTCUSD}',
  'ticker:TEST',
  'candle:1m:TEST',
  'candle:closed:1m:TEST',
  'trades:TEST',
  'md:TEST',
];
const otherKeys = ['active:symbols', 'ws:abc=', 'conn:abc=:main', 'symbol:TEST:main', 'realtime:connections'];
const foreignKeys = ['depth:test', 'depth:TEST:old', 'trades:', 'session:1', 'mydepth:TEST', 'md:A B'];

test('only the keys of the given shapes are deleted: other owners’ and strangers’ keys stay', async () => {
  const { client, deleted } = keyspace([...engineKeys, ...otherKeys, ...foreignKeys]);
  const count = await deleteOwnKeys(client, {
    host: '127.0.0.1',
    patterns: keyPatterns({ cache: 'depth', owner: 'engine' }),
  });
  expect(count).toBe(engineKeys.length);
  expect([...deleted].sort()).toEqual([...engineKeys].sort());
});

test('patterns can be chosen by cache, owner and name', () => {
  expect(keyPatterns({ cache: 'backup' }).map(({ glob }) => glob)).toEqual(['snapshot:*', 'snap:*', 'prev:*', 'day:*']);
  expect(keyPatterns({ owner: 'admin' }).map(({ name, type }) => [name, type])).toEqual([
    ['activeSymbols', 'set'],
    ['symbolStates', 'hash'],
  ]);
  expect(keyPatterns({ names: ['connection'] }).map(({ glob }) => glob)).toEqual(['ws:*']);
});

test.each(['localhost', '127.0.0.1', '127.3.2.1', '::1', '[::1]'])('%s is this machine', (host) => {
  expect(() => assertLoopback(host)).not.toThrow();
});

test.each(['10.0.0.1', 'depth.example.com', '127.0.0.1.example.com', 'localhost.example.com', '0.0.0.0', ''])(
  'nothing is deleted on %p',
  async (host) => {
    const { client, deleted } = keyspace(engineKeys);
    await expect(deleteOwnKeys(client, { host, patterns: keyPatterns() })).rejects.toThrow(NotLocalError);
    expect(deleted.size).toBe(0);
  },
);
