import { createConnectionRegistry } from '@supernoba/edge';
import { createIssuer, socketEvent, startCache, type TestCache, type TestIssuer } from '@supernoba/edge/testing';
import { createKeys } from '@supernoba/valkey-keys';
import { createHandler } from '../src/handler.js';

let cache: TestCache;
let issuer: TestIssuer;
const clock = 1733896438267;

beforeEach(async () => {
  [cache, issuer] = await Promise.all([startCache(), createIssuer()]);
});
afterEach(() => cache.stop());

const connect = (query: Record<string, string> = {}, { headers = {}, allowTestMode = false } = {}) =>
  createHandler({
    verify: issuer.verify,
    connections: createConnectionRegistry(cache.valkey, createKeys()),
    allowTestMode,
    now: () => clock,
    log: () => undefined,
  })(socketEvent('c1', undefined, { queryStringParameters: query, headers }));
const registered = async () => JSON.parse((await cache.valkey.get('ws:c1')) ?? 'null') as unknown;

test('a token in the query or in the header logs the connection in, with the expiry of the token', async () => {
  const exp = Math.floor(Date.now() / 1000) + 60;
  const token = await issuer.token('alice', { exp });
  expect(await connect({ token })).toEqual({ statusCode: 200 });
  const record = { userId: 'alice', isLoggedIn: true, connectedAt: clock, exp };
  const expected = {
    'realtime:connections': ['c1'],
    'user:alice:connections': ['c1'],
    'ws:c1': JSON.stringify(record),
  };
  expect(await cache.everything()).toEqual(expected);
  await cache.valkey.flushall();
  expect(await connect({}, { headers: { AUTHORIZATION: `Bearer ${token}` } })).toEqual({ statusCode: 200 });
  expect(await cache.everything()).toEqual(expected);
});

test('without a token the connection is anonymous, whatever user it names', async () => {
  expect(await connect({ userId: 'alice' })).toEqual({ statusCode: 200 });
  expect(await cache.everything()).toEqual({
    'ws:c1': JSON.stringify({ userId: '', isLoggedIn: false, connectedAt: clock, exp: 0 }),
  });
});

test('a token that is not valid refuses the connection: it is never anonymous by accident', async () => {
  const other = await createIssuer('https://evil.test/auth/v1');
  const tokens = ['', 'abc', 'undefined', await other.token('alice'), await issuer.token('alice', { role: 'anon' })];
  for (const token of tokens) {
    expect(await connect({ token, userId: 'alice', testMode: 'true' }, { allowTestMode: true })).toMatchObject({
      statusCode: 401,
    });
  }
  const expired = await connect({ token: await issuer.token('alice', { exp: 1 }) });
  expect(expired).toMatchObject({ statusCode: 401, body: expect.stringContaining('TOKEN_EXPIRED') });
  for (const Authorization of ['', 'Basic abc', 'Bearer abc']) {
    expect(await connect({}, { headers: { Authorization } })).toMatchObject({ statusCode: 401 });
  }
  expect(await cache.everything()).toEqual({});
});

test('the test mode, where it is open, gives test users alone', async () => {
  expect(await connect({ testMode: 'true', userId: 'alice' }, { allowTestMode: true })).toEqual({ statusCode: 200 });
  expect(await registered()).toEqual({
    userId: 'test:alice',
    isLoggedIn: true,
    connectedAt: clock,
    exp: Math.floor(clock / 1000) + 7500,
  });
  for (const userId of ['', 'a b', 'test:bob', 'a'.repeat(65)]) {
    expect(await connect({ testMode: 'true', userId }, { allowTestMode: true })).toMatchObject({ statusCode: 401 });
  }
});

test('the test mode, where it is closed, refuses', async () => {
  expect(await connect({ testMode: 'true', userId: 'alice' })).toMatchObject({ statusCode: 401 });
  expect(await cache.everything()).toEqual({});
});

test('without the cache nobody connects', async () => {
  await cache.kill();
  expect(await connect()).toMatchObject({ statusCode: 503, body: expect.stringContaining('UNAVAILABLE') });
});
