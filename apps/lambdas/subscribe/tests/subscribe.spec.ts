import {
  createConnectionRegistry,
  createSymbolGuard,
  createSymbolTable,
  type ConnectionRegistry,
} from '@supernoba/edge';
import {
  createIssuer,
  frameOf,
  socketEvent,
  startCache,
  startDynamo,
  type TestCache,
  type TestDynamo,
  type TestIssuer,
} from '@supernoba/edge/testing';
import { TABLES } from '@supernoba/protocol';
import { createKeys } from '@supernoba/valkey-keys';
import { createHandler } from '../src/handler.js';

let cache: TestCache;
let dynamo: TestDynamo;
let issuer: TestIssuer;
let connections: ConnectionRegistry;
let handler: ReturnType<typeof createHandler>;
const clock = 1733896438267;
const connectedAt = 1733896438000;
const exp = 1733900038;
const anonymous = JSON.stringify({ userId: '', isLoggedIn: false, connectedAt, exp: 0 });

beforeAll(async () => {
  [cache, dynamo, issuer] = await Promise.all([startCache(), startDynamo(TABLES.symbols), createIssuer()]);
  const { valkey } = cache;
  const keys = createKeys();
  const table = createSymbolTable({ dynamo: () => Promise.resolve(dynamo.client), table: 'symbols' });
  connections = createConnectionRegistry(valkey, keys);
  const guard = createSymbolGuard({ valkey, keys, table });
  handler = createHandler({ verify: issuer.verify, connections, guard, now: () => clock, log: () => undefined });
});
beforeEach(async () => {
  await cache.valkey.flushall();
  await cache.valkey.sadd('active:symbols', 'TEST', 'BTCUSD', 'A', 'B');
});
afterAll(() => Promise.all([cache.stop(), dynamo.stop()]));

const send = async (body: unknown, connectionId = 'c1') => frameOf(await handler(socketEvent(connectionId, body)));
const registry = async () => {
  const { 'active:symbols': _, ...rest } = await cache.everything();
  return rest;
};

test('the interval of the candles stands beside the main subscribers, until it is 1m again or another symbol is main', async () => {
  await send({ action: 'subscribe', main: 'TEST', tf: '5m' });
  expect(await registry()).toMatchObject({ 'symbol:TEST:tf': { c1: '5m' }, 'symbol:TEST:main': ['c1'] });
  await send({ action: 'subscribe', main: 'A', tf: '30m' });
  expect(await registry()).toMatchObject({ 'symbol:A:tf': { c1: '30m' } });
  expect(await registry()).not.toHaveProperty('symbol:TEST:tf');
  await send({ action: 'subscribe', main: 'A' });
  expect(await registry()).not.toHaveProperty('symbol:A:tf');
  await send({ action: 'subscribe', main: 'A', tf: '3m' });
  await send({ action: 'unsubscribe', main: 'A' });
  expect(await registry()).not.toHaveProperty('symbol:A:tf');
});

test('subscribe registers main and sub symbols, and the connection again', async () => {
  expect(await send({ action: 'subscribe', main: 'TEST', sub: ['B', 'A'], tf: '1m', id: 7 })).toEqual({
    e: 'ack',
    id: 7,
    main: 'TEST',
    sub: ['A', 'B'],
  });
  expect(await registry()).toEqual({
    'conn:c1:main': 'TEST',
    'conn:c1:sub': ['A', 'B'],
    'subscribed:symbols': ['A', 'B', 'TEST'],
    'symbol:A:sub': ['c1'],
    'symbol:B:sub': ['c1'],
    'symbol:TEST:main': ['c1'],
    'ws:c1': anonymous,
  });
});

test('the legacy form: the first symbol is main, all are sub, with and without an action', async () => {
  for (const form of [{ symbols: ['TEST', 'A'] }, { action: 'subscribe', symbols: ['TEST', 'A'] }]) {
    expect(await send(form)).toEqual({ e: 'ack', main: 'TEST', sub: ['A', 'TEST'] });
  }
  expect(await registry()).toMatchObject({
    'symbol:TEST:subscribers': ['c1'],
    'symbol:A:subscribers': ['c1'],
    'symbol:TEST:main': ['c1'],
  });
});

test('unsubscribe takes back what it names, or everything', async () => {
  await send({ action: 'subscribe', main: 'TEST', sub: ['A', 'B'] });
  expect(await send({ action: 'unsubscribe', sub: ['A'], id: 'u' })).toEqual({
    e: 'ack',
    id: 'u',
    main: 'TEST',
    sub: ['B'],
  });
  expect(await send({ action: 'unsubscribe' })).toEqual({ e: 'ack', sub: [] });
  expect(await registry()).toEqual({ 'ws:c1': anonymous });
});

test('ping answers the time and registers a connection that a flush has taken, logged-in ones as they were', async () => {
  await connections.open('c2', { userId: 'alice', isLoggedIn: true, connectedAt, exp });
  await cache.valkey.del('realtime:connections');
  expect(await send({ action: 'ping', id: 1 })).toEqual({ e: 'pong', id: 1, t: clock });
  expect(await send({ action: 'ping' }, 'c2')).toEqual({ e: 'pong', t: clock });
  expect(await registry()).toEqual({
    'realtime:connections': ['c2'],
    'user:alice:connections': ['c2'],
    'ws:c1': anonymous,
    'ws:c2': JSON.stringify({ userId: 'alice', isLoggedIn: true, connectedAt, exp }),
  });
});

describe('auth', () => {
  test('logs an anonymous connection in, and later prolongs it', async () => {
    const soon = Math.floor(Date.now() / 1000) + 60;
    for (const until of [soon, soon + 600]) {
      expect(await send({ action: 'auth', id: 2, token: await issuer.token('alice', { exp: until }) })).toEqual({
        e: 'ack',
        id: 2,
      });
      expect(await connections.get('c1')).toEqual({ userId: 'alice', isLoggedIn: true, connectedAt, exp: until });
    }
    expect(await registry()).toMatchObject({ 'realtime:connections': ['c1'], 'user:alice:connections': ['c1'] });
  });

  test('of another user is refused, and changes nothing', async () => {
    await connections.open('c1', { userId: 'alice', isLoggedIn: true, connectedAt, exp });
    const before = await registry();
    expect(await send({ action: 'auth', token: await issuer.token('bob') })).toMatchObject({
      e: 'err',
      code: 'FORBIDDEN',
    });
    expect(await send({ action: 'auth', token: await issuer.token('bob', { exp: 1 }) })).toMatchObject({
      e: 'err',
      code: 'TOKEN_EXPIRED',
    });
    expect(await registry()).toEqual(before);
  });

  test('at the same moment as a subscribe stands, whichever comes first', async () => {
    const token = await issuer.token('alice');
    for (let i = 0; i < 20; i++) {
      await Promise.all([
        send({ action: 'subscribe', main: 'TEST' }, `d${i}`),
        send({ action: 'auth', token }, `d${i}`),
        send({ action: 'ping' }, `d${i}`),
      ]);
      expect(await connections.get(`d${i}`)).toMatchObject({ userId: 'alice', isLoggedIn: true });
    }
  });
});

test.each<[string, unknown, string]>([
  ['no JSON', 'hello', 'BAD_JSON'],
  ['nothing', '', 'BAD_JSON'],
  ['null', 'null', 'UNKNOWN_ACTION'],
  ['no action', { id: 7 }, 'UNKNOWN_ACTION'],
  ['an unknown action', { action: 'dance' }, 'UNKNOWN_ACTION'],
  ['an unknown field', { action: 'subscribe', main: 'TEST', userId: 'alice' }, 'UNKNOWN_FIELD'],
  ['no symbol at all', { action: 'subscribe' }, 'BAD_REQUEST'],
  ['a symbol that forges a key', { action: 'subscribe', main: 'TEST:main' }, 'BAD_SYMBOL'],
  ['an unknown symbol', { action: 'subscribe', main: 'TEST', sub: ['NOPE'] }, 'UNKNOWN_SYMBOL'],
  ['101 symbols', { action: 'subscribe', sub: Array.from({ length: 101 }, () => 'A') }, 'BAD_SYMBOL'],
  ['an interval that is none', { action: 'subscribe', main: 'TEST', tf: '2m' }, 'BAD_INTERVAL'],
  ['an interval that is not pushed', { action: 'subscribe', main: 'TEST', tf: '1h' }, 'NOT_AVAILABLE'],
  ['a bad token', { action: 'auth', token: 'abc' }, 'UNAUTHORIZED'],
  ['no token', { action: 'auth' }, 'BAD_REQUEST'],
  ['an id that is none', { action: 'ping', id: {} }, 'BAD_REQUEST'],
  ['over 16 KiB', ' '.repeat(16 * 1024 + 1), 'TOO_LARGE'],
])('%s is an err frame, and nothing is registered', async (_name, body, code) => {
  const id = typeof body === 'object' && body !== null && 'id' in body && body.id === 7 ? { id: 7 } : {};
  expect(await send(body)).toEqual({ e: 'err', ...id, code, message: expect.any(String) });
  expect(await registry()).toEqual({});
});
