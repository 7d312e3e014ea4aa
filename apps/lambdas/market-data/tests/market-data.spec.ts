import { DeleteTableCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { createSymbolGuard, createSymbolTable } from '@supernoba/edge';
import {
  answerOf,
  refusalOf,
  restEvent,
  startCache,
  startDynamo,
  type TestCache,
  type HttpCall,
  type TestDynamo,
} from '@supernoba/edge/testing';
import { createTradeReader } from '@supernoba/history';
import { TABLES, tradeKeys, type PublicTrade, type TradesAnswer } from '@supernoba/protocol';
import { createKeys } from '@supernoba/valkey-keys';
import { createHandler } from '../src/handler.js';

let cache: TestCache;
let dynamo: TestDynamo;
let handler: ReturnType<typeof createHandler>;

beforeEach(async () => {
  [cache, dynamo] = await Promise.all([startCache(), startDynamo(TABLES.symbols, TABLES.tradeHistory)]);
  const { valkey } = cache;
  const keys = createKeys();
  const table = createSymbolTable({ dynamo: () => Promise.resolve(dynamo.client), table: 'symbols' });
  handler = createHandler({
    valkey,
    keys,
    guard: createSymbolGuard({ valkey, keys, table }),
    history: createTradeReader({ dynamo: () => Promise.resolve(dynamo.client), name: 'trade_history' }),
    corsOrigins: [],
    log: () => undefined,
  });
  await valkey.sadd('active:symbols', 'TEST', 'HALT');
  await valkey.hset('symbol:states', { TEST: 'open', HALT: 'halted', GONE: 'delisted' });
});
afterEach(() => Promise.all([cache.stop(), dynamo.stop()]));

const get = (path: string, options: HttpCall = {}) => handler(restEvent('GET', path, options));
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

test('a book whose frame is gone is not known: never told as empty, after a flush or without an engine', async () => {
  expect(refusalOf(await get('/depth/TEST'))).toEqual([503, 'UNAVAILABLE']);
  await cache.valkey.hset('md:TEST', { epoch: 1, seq: 7, q: 0 });
  const answer = await get('/depth/TEST');
  expect(refusalOf(answer)).toEqual([503, 'UNAVAILABLE']);
  expect(answer.headers).toMatchObject({ 'retry-after': '1', 'cache-control': 'no-store' });
  const empty = { e: 'd', s: 'TEST', t: 1, b: [], a: [], u: 0 };
  await cache.valkey.set('depth:TEST', JSON.stringify(empty));
  expect(answerOf(await get('/depth/TEST'))).toEqual({ status: 200, body: empty });
});

test('an answer has a tag, and who has it already is told 304 and sent nothing', async () => {
  await cache.valkey.set('depth:TEST', JSON.stringify(depth));
  await cache.valkey.rpush('trades:TEST', '[1,1000,150,3,true]');
  for (const path of ['/symbols', '/depth/TEST', '/tickers', '/trades/TEST']) {
    const first = await get(path);
    const etag = first.headers['etag'] ?? '';
    expect(etag).toMatch(/^"[\w-]{22}"$/);
    expect(first.headers['cache-control']).toMatch(/^public, max-age=[01]$/);
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const second = await get(path, { headers: { 'If-None-Match': known } });
      expect([path, second.statusCode, second.body, second.headers['etag']]).toEqual([path, 304, '', etag]);
    }
    expect((await get(path, { headers: { 'If-None-Match': '"other"' } })).statusCode).toBe(200);
  }
  const { headers } = await get('/depth/TEST');
  await cache.valkey.set('depth:TEST', JSON.stringify({ ...depth, u: 8 }));
  expect((await get('/depth/TEST', { headers: { 'If-None-Match': headers['etag'] ?? '' } })).statusCode).toBe(200);
});

test('GET /tickers: figures of living symbols; a symbol that no engine keeps alive is stale and shows its last trade', async () => {
  const ticker = { e: 't', s: 'TEST', t: 5, p: 150, c: 1.5, yc: 0, o: 149, h: 151, l: 148, v: 30 };
  await cache.valkey.mset('depth:TEST', JSON.stringify(depth), 'ticker:TEST', JSON.stringify(ticker));
  await cache.valkey.set('depth:HALT', '{}');
  const tickers = async () => (answerOf(await get('/tickers')).body as { tickers: unknown[] }).tickers;
  expect(await tickers()).toEqual([
    { s: 'GONE', state: 'delisted', stale: true },
    { s: 'HALT', state: 'halted', stale: false },
    { ...ticker, state: 'open', stale: false },
  ]);
  await cache.valkey.del('depth:TEST', 'ticker:TEST');
  await cache.valkey.rpush('trades:TEST', '[1,1000,149,3,true]', '[2,2000,150,3,false]');
  expect((await tickers())[2]).toEqual({ s: 'TEST', state: 'open', stale: true, t: 2000, p: 150 });
});

describe('GET /trades/{symbol}', () => {
  const START = 1_733_896_438_000;
  const row = (no: number): PublicTrade => [no, START + 10 * no, 100 + no, no, no % 2 === 0];
  const rows = (newest: number, oldest: number) =>
    Array.from({ length: newest - oldest + 1 }, (_, i) => row(newest - i));

  /** Trades 1 to `last` in the history, the newest `hot` of them in the cache. */
  async function traded(last: number, hot: number): Promise<void> {
    for (const [tradeNo, timestamp, price, quantity, taker_is_buy] of rows(last, 1)) {
      const keys = tradeKeys('TEST', { tradeNo, timestamp, buyerUserId: 'alice', sellerUserId: 'bob' });
      const Item = marshall({ ...keys, symbol: 'TEST', timestamp, price, quantity, taker_is_buy });
      await dynamo.client.send(new PutItemCommand({ TableName: 'trade_history', Item }));
    }
    const list = rows(last, last - hot + 1).reverse();
    if (hot > 0) await cache.valkey.rpush('trades:TEST', ...list.map((trade) => JSON.stringify(trade)));
    await cache.valkey.hset('md:TEST', { epoch: 1, seq: 9, q: last });
  }
  const page = async (query: Record<string, string>) =>
    answerOf(await get('/trades/TEST', { query })).body as TradesAnswer;
  async function all(query: Record<string, string>): Promise<PublicTrade[]> {
    const found: PublicTrade[] = [];
    for (let cursor: string | undefined; ;) {
      const answer: TradesAnswer = await page({ ...query, ...(cursor === undefined ? {} : { cursor }) });
      expect(answer.trades.length).toBeLessThanOrEqual(Number(query['limit']));
      found.push(...answer.trades);
      cursor = answer.cursor;
      if (cursor === undefined) return found;
    }
  }

  test.each([0, 1, 12, 40])(
    'with %i of 40 trades in the cache: each once, newest first, at every page size',
    async (hot) => {
      await traded(40, hot);
      for (const limit of ['1', '7', '12', '28', '500']) expect(await all({ limit })).toEqual(rows(40, 1));
      const range = { from: String(START + 50), to: String(START + 355) };
      for (const limit of ['6', '500']) expect(await all({ ...range, limit })).toEqual(rows(35, 5));
      const newest = await page({ limit: '2' });
      expect(newest).toEqual({ symbol: 'TEST', trades: rows(40, 39), cursor: expect.any(String) });
    },
  );

  test('what the cache holds whole needs no history', async () => {
    await traded(3, 3);
    await dynamo.client.send(new DeleteTableCommand({ TableName: 'trade_history' }));
    expect(await page({})).toEqual({ symbol: 'TEST', trades: rows(3, 1) });
    await cache.valkey.del('trades:TEST');
    expect(refusalOf(await get('/trades/TEST'))).toEqual([503, 'UNAVAILABLE']);
    await cache.valkey.hset('md:TEST', { q: 0 });
    expect(await page({})).toEqual({ symbol: 'TEST', trades: [] });
  });

  test.each([{ limit: '0' }, { limit: '501' }, { from: 'x' }, { from: '2', to: '1' }, { cursor: 'x' }])(
    '%o is refused',
    async (query) => {
      expect(refusalOf(await get('/trades/TEST', { query }))).toEqual([400, 'BAD_REQUEST']);
    },
  );
});

test.each<[string, number, string]>([
  ['/depth/NOPE', 404, 'UNKNOWN_SYMBOL'],
  ['/depth/a%3Ab', 400, 'BAD_SYMBOL'],
  ['/depth', 404, 'NOT_FOUND'],
  ['/symbols/TEST', 404, 'NOT_FOUND'],
  ['/tickers/TEST', 404, 'NOT_FOUND'],
  ['/trades', 404, 'NOT_FOUND'],
  ['/trades/NOPE', 404, 'UNKNOWN_SYMBOL'],
  ['/trades/a%3Ab', 400, 'BAD_SYMBOL'],
  ['/', 404, 'NOT_FOUND'],
])('GET %s', async (path, status, code) => {
  expect(refusalOf(await get(path))).toEqual([status, code]);
});

test('without the cache it is 503', async () => {
  await cache.kill();
  expect(refusalOf(await get('/symbols'))).toEqual([503, 'UNAVAILABLE']);
  expect(refusalOf(await get('/depth/TEST'))).toEqual([503, 'UNAVAILABLE']);
});
