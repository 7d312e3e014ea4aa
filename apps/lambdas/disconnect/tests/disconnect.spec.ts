import { createConnectionRegistry } from '@supernoba/edge';
import { socketEvent, startCache, type TestCache } from '@supernoba/edge/testing';
import { createKeys } from '@supernoba/valkey-keys';
import { createHandler } from '../src/handler.js';

let cache: TestCache;
beforeEach(async () => {
  cache = await startCache();
});
afterEach(() => cache.stop());

const registry = () => createConnectionRegistry(cache.valkey, createKeys());
const disconnect = (connectionId: string) =>
  createHandler({ connections: registry(), log: () => undefined })(socketEvent(connectionId));

test('a connection that ends leaves no trace, others stay', async () => {
  const connection = { userId: 'alice', isLoggedIn: true, connectedAt: 1, exp: 2 };
  await registry().open('c2', connection);
  await registry().subscribe('c2', { main: 'TEST' });
  const before = await cache.everything();
  await registry().open('c1', connection);
  await registry().subscribe('c1', { main: 'TEST', sub: ['A', 'B'], isLegacy: true });
  expect(await disconnect('c1')).toEqual({ statusCode: 200 });
  expect(await cache.everything()).toEqual(before);
  expect(await disconnect('c2')).toEqual({ statusCode: 200 });
  expect(await cache.everything()).toEqual({});
});

test('ending twice, or without ever having been registered, is well', async () => {
  expect(await disconnect('c1')).toEqual({ statusCode: 200 });
  expect(await disconnect('c1')).toEqual({ statusCode: 200 });
});

test('without the cache it says so, in time', async () => {
  await cache.kill();
  expect(await disconnect('c1')).toEqual({ statusCode: 503 });
});
