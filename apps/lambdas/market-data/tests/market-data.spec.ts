import { createSymbolGuard, createSymbolTable } from '@supernoba/edge';
import {
  answerOf,
  refusalOf,
  restEvent,
  startCache,
  startDynamo,
  type TestCache,
  type TestDynamo,
} from '@supernoba/edge/testing';
import { TABLES } from '@supernoba/protocol';
import { createKeys } from '@supernoba/valkey-keys';
import { createHandler } from '../src/handler.js';

let cache: TestCache;
let dynamo: TestDynamo;
let handler: ReturnType<typeof createHandler>;

beforeEach(async () => {
  [cache, dynamo] = await Promise.all([startCache(), startDynamo(TABLES.symbols)]);
  const { valkey } = cache;
  const keys = createKeys();
  const table = createSymbolTable({ dynamo: () => Promise.resolve(dynamo.client), table: 'symbols' });
  handler = createHandler({
    valkey,
    keys,
    guard: createSymbolGuard({ valkey, keys, table }),
    corsOrigins: [],
    log: () => undefined,
  });
  await valkey.sadd('active:symbols', 'TEST', 'HALT');
  await valkey.hset('symbol:states', { TEST: 'open', HALT: 'halted', GONE: 'delisted' });
});
afterEach(() => Promise.all([cache.stop(), dynamo.stop()]));

const get = (path: string) => handler(restEvent('GET', path));
const depth = { e: 'd', s: 'TEST', t: 1733896438267, b: [[150, 30]], a: [[151, 30]], u: 7 };

test('GET /symbols lists every symbol and its state', async () => {
  expect(answerOf(await get('/symbols'))).toEqual({
    status: 200,
    body: {
      symbols: [
        { symbol: 'GONE', state: 'delisted' },
        { symbol: 'HALT', state: 'halted' },
        { symbol: 'TEST', state: 'open' },
      ],
    },
  });
});

test('GET /depth/{symbol} is the frame in the cache', async () => {
  await cache.valkey.set('depth:TEST', JSON.stringify(depth));
  expect(answerOf(await get('/depth/TEST'))).toEqual({ status: 200, body: depth });
});

test('a book that no engine has written yet is empty, one that is no longer refreshed is 503', async () => {
  expect(answerOf(await get('/depth/TEST'))).toEqual({
    status: 200,
    body: { e: 'd', s: 'TEST', t: 0, b: [], a: [], u: 0 },
  });
  await cache.valkey.hset('md:TEST', { epoch: 1, seq: 7, q: 0 });
  expect(refusalOf(await get('/depth/TEST'))).toEqual([503, 'UNAVAILABLE']);
});

test.each<[string, number, string]>([
  ['/depth/NOPE', 404, 'UNKNOWN_SYMBOL'],
  ['/depth/a%3Ab', 400, 'BAD_SYMBOL'],
  ['/depth', 404, 'NOT_FOUND'],
  ['/symbols/TEST', 404, 'NOT_FOUND'],
  ['/tickers', 503, 'NOT_AVAILABLE'],
  ['/trades/TEST', 503, 'NOT_AVAILABLE'],
  ['/', 404, 'NOT_FOUND'],
])('GET %s', async (path, status, code) => {
  expect(refusalOf(await get(path))).toEqual([status, code]);
});

test('without the cache it is 503', async () => {
  await cache.kill();
  expect(refusalOf(await get('/symbols'))).toEqual([503, 'UNAVAILABLE']);
  expect(refusalOf(await get('/depth/TEST'))).toEqual([503, 'UNAVAILABLE']);
});
