import { startValkey } from '@supernoba/testing';
import type { TestValkey } from '@supernoba/testing';
import { createKeys } from '@supernoba/valkey-keys';
import { createConnectionRegistry, openValkey } from '../src/index.js';
import type { Connection, Valkey } from '../src/index.js';

let server: TestValkey;
let valkey: Valkey;
const keys = createKeys();
const alice: Connection = { userId: 'alice', isLoggedIn: true, connectedAt: 1733896438267, exp: 1733900038 };
const nobody: Connection = { userId: '', isLoggedIn: false, connectedAt: 1733896438267, exp: 0 };

beforeAll(async () => {
  server = await startValkey();
  const settings = {
    VALKEY_HOST: server.host,
    VALKEY_PORT: server.port,
    VALKEY_TLS: false,
    VALKEY_PASSWORD: undefined,
  };
  valkey = openValkey(settings, 'test');
});
beforeEach(() => valkey.flushall());
afterAll(async () => {
  valkey.disconnect();
  await server.stop();
});

/** The whole cache: sets sorted, everything else as it is. */
async function everything(): Promise<Record<string, unknown>> {
  const all: Record<string, unknown> = {};
  for (const key of (await valkey.keys('*')).sort()) {
    const isSet = (await valkey.type(key)) === 'set';
    all[key] = isSet ? (await valkey.smembers(key)).sort() : await valkey.get(key);
  }
  return all;
}

test('a logged-in connection is registered under its user and in real time, an anonymous one is not', async () => {
  const registry = createConnectionRegistry(valkey, keys);
  await registry.open('c1', alice);
  await registry.open('c2', nobody);
  expect(await everything()).toEqual({
    'realtime:connections': ['c1'],
    'user:alice:connections': ['c1'],
    'ws:c1': JSON.stringify(alice),
    'ws:c2': JSON.stringify(nobody),
  });
  expect(await registry.get('c1')).toEqual(alice);
  expect(await registry.get('c3')).toBeUndefined();
  expect(await valkey.ttl('ws:c1')).toBeGreaterThan(7200);
});

test('a new main symbol takes the place of the one before, sub symbols add up', async () => {
  const registry = createConnectionRegistry(valkey, keys);
  await registry.subscribe('c1', { main: 'TEST', sub: ['B', 'A'] });
  await registry.subscribe('c2', { main: 'TEST' });
  expect(await registry.subscribe('c1', { main: 'BTCUSD', sub: ['C', 'A'] })).toEqual({
    main: 'BTCUSD',
    sub: ['A', 'B', 'C'],
  });
  expect(await everything()).toEqual({
    'conn:c1:main': 'BTCUSD',
    'conn:c1:sub': ['A', 'B', 'C'],
    'conn:c2:main': 'TEST',
    'subscribed:symbols': ['A', 'B', 'BTCUSD', 'C', 'TEST'],
    'symbol:A:sub': ['c1'],
    'symbol:B:sub': ['c1'],
    'symbol:BTCUSD:main': ['c1'],
    'symbol:C:sub': ['c1'],
    'symbol:TEST:main': ['c2'],
  });
});

test('a symbol is subscribed exactly while somebody watches it in some way', async () => {
  const registry = createConnectionRegistry(valkey, keys);
  await registry.subscribe('c1', { main: 'TEST', sub: ['TEST', 'A'] });
  await registry.subscribe('c2', { sub: ['A'] });
  expect(await registry.unsubscribe('c1', { main: 'TEST' })).toEqual({ sub: ['A', 'TEST'] });
  expect(await registry.unsubscribe('c1', { main: 'OTHER', sub: ['A'] })).toEqual({ sub: ['TEST'] });
  expect((await valkey.smembers('subscribed:symbols')).sort()).toEqual(['A', 'TEST']);
  expect(await registry.unsubscribe('c1', {})).toEqual({ sub: [] });
  expect(await valkey.smembers('subscribed:symbols')).toEqual(['A']);
});

test('more than 100 sub symbols are refused and nothing changes, repeats do not count', async () => {
  const registry = createConnectionRegistry(valkey, keys);
  const symbols = Array.from({ length: 100 }, (_, i) => `S${i}`);
  await registry.subscribe('c1', { sub: symbols });
  await registry.subscribe('c1', { sub: symbols });
  const before = await everything();
  await expect(registry.subscribe('c1', { main: 'X', sub: ['ONE-MORE'] })).rejects.toMatchObject({
    code: 'BAD_REQUEST',
  });
  expect(await everything()).toEqual(before);
});

test.each([false, true])(
  'closing leaves no trace of the connection and all of the others (hash tags: %s)',
  async (hashTags) => {
    const registry = createConnectionRegistry(valkey, createKeys({ hashTags }));
    await registry.open('c2', alice);
    await registry.subscribe('c2', { main: 'TEST', sub: ['A'] });
    const before = await everything();
    await registry.open('c1', alice);
    await registry.subscribe('c1', { main: 'TEST', sub: ['A', 'B'] });
    await registry.subscribe('c1', { main: 'C', sub: ['C', 'D'], isLegacy: true });
    await registry.close('c1');
    expect(await everything()).toEqual(before);
    await registry.close('c2');
    expect(await everything()).toEqual({});
  },
);

test('closing finds the traces of a connection whose own records have expired', async () => {
  const registry = createConnectionRegistry(valkey, keys);
  await registry.open('c1', alice);
  await registry.subscribe('c1', { main: 'TEST', sub: ['A'] });
  await registry.subscribe('c1', { sub: ['B'], isLegacy: true });
  await valkey.del('ws:c1', 'conn:c1:main', 'conn:c1:sub');
  await registry.close('c1', 'alice');
  expect(await everything()).toEqual({});
});

test('renewing keeps who it is and restores what a partial loss took; after a flush the connection is anonymous', async () => {
  const registry = createConnectionRegistry(valkey, keys);
  await registry.open('c1', alice);
  const before = await everything();
  await valkey.del('realtime:connections', 'user:alice:connections');
  await valkey.expire('ws:c1', 5);
  expect(await registry.renew('c1', 1)).toEqual(alice);
  expect(await everything()).toEqual(before);
  expect(await valkey.ttl('ws:c1')).toBeGreaterThan(7200);
  await valkey.flushall();
  expect(await registry.renew('c1', 1733896438267)).toEqual(nobody);
  expect(await everything()).toEqual({ 'ws:c1': JSON.stringify(nobody) });
});

test('an anonymous connection can log in, one of a user cannot become another', async () => {
  const registry = createConnectionRegistry(valkey, keys);
  await registry.open('c1', nobody);
  await registry.open('c1', alice);
  await registry.open('c1', { ...alice, exp: alice.exp + 1 });
  const before = await everything();
  for (const other of [{ ...alice, userId: 'bob' }, nobody]) {
    await expect(registry.open('c1', other)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  }
  expect(await everything()).toEqual(before);
});

test.each(['not json', '7', 'null', '{"userId":7}'])('a record that is none (%s) is nobody', async (json) => {
  await valkey.set('ws:c1', json);
  const registry = createConnectionRegistry(valkey, keys);
  expect(await registry.get('c1')).toBeUndefined();
  await registry.close('c1');
  expect(await everything()).toEqual({});
});

test('a record without an expiry has expired', async () => {
  await valkey.set('ws:c1', '{"userId":"alice","isLoggedIn":true,"connectedAt":1}');
  expect(await createConnectionRegistry(valkey, keys).get('c1')).toEqual({
    userId: 'alice',
    isLoggedIn: true,
    connectedAt: 1,
    exp: 0,
  });
});

test('a cache that does not answer is UNAVAILABLE, in time', async () => {
  const settings = { VALKEY_HOST: '127.0.0.1', VALKEY_PORT: 1, VALKEY_TLS: false, VALKEY_PASSWORD: undefined };
  const lost = openValkey(settings, 'lost');
  try {
    const registry = createConnectionRegistry(lost, keys);
    const started = performance.now();
    await expect(registry.open('c1', alice)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      status: 503,
      retryAfterS: 1,
    });
    expect(performance.now() - started).toBeLessThan(5000);
  } finally {
    lost.disconnect();
  }
});
