import { DeleteItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { candleToChart, candleToHash, candleToJson, foldTrades, parseCandle, type Candle } from '@supernoba/candles';
import {
  createSymbolGuard,
  createSymbolTable,
  openValkey,
  toSymbolItem,
  type HttpAnswer,
  type Valkey,
} from '@supernoba/edge';
import { answerOf, refusalOf, restEvent, startDynamo, type TestDynamo } from '@supernoba/edge/testing';
import { CandleTable, rollUpCandles, TradeTable, type MarketArchive } from '@supernoba/market-history';
import { TABLES, TRADE_PARTITIONS } from '@supernoba/protocol';
import { startValkey, type TestValkey } from '@supernoba/testing';
import { createKeys } from '@supernoba/valkey-keys';
import { createHandler } from '../src/handler.js';
import { KeptRows } from '../src/kept-rows.js';

let server: TestValkey;
let valkey: Valkey;
let dynamo: TestDynamo;
let candles: CandleTable;
let deps: Omit<Parameters<typeof createHandler>[0], 'kept'>;
let handler: ReturnType<typeof createHandler>;
const keys = createKeys();

beforeAll(async () => {
  [server, dynamo] = await Promise.all([
    startValkey(),
    startDynamo(TABLES.symbols, TABLES.candleHistory, TABLES.tradeHistory),
  ]);
  const at = { VALKEY_HOST: server.host, VALKEY_PORT: server.port, VALKEY_TLS: false, VALKEY_PASSWORD: undefined };
  valkey = openValkey(at, 'test');
  const table = createSymbolTable({ dynamo: () => Promise.resolve(dynamo.client), table: 'symbols' });
  const guard = createSymbolGuard({ valkey, keys, table });
  candles = new CandleTable(dynamo.client, TABLES.candleHistory.name);
  const trades = new TradeTable(dynamo.client, TABLES.tradeHistory.name);
  deps = { valkey, keys, guard, table, candles, trades, corsOrigins: [], log: () => undefined };
});
beforeEach(async () => {
  await valkey.flushall();
  await dynamo.client.send(new DeleteItemCommand({ TableName: 'symbols', Key: { symbol: { S: 'TEST' } } }));
  for (const { name, hash, range } of [TABLES.candleHistory, TABLES.tradeHistory]) {
    for (const row of await dynamo.rows(name)) {
      const Key = { [hash.name]: row[hash.name]!, [range.name]: row[range.name]! };
      await dynamo.client.send(new DeleteItemCommand({ TableName: name, Key }));
    }
  }
  await valkey.sadd('active:symbols', 'TEST');
  handler = createHandler({ ...deps, kept: new KeptRows() });
});
afterAll(async () => {
  valkey.disconnect();
  await Promise.all([server.stop(), dynamo.stop()]);
});

/** 2024-12-11 00:00 UTC. */
const midnight = 1_733_875_200;
const at = (hhmm: string, second = 0) =>
  midnight + Number(hhmm.slice(0, 2)) * 3600 + Number(hhmm.slice(3)) * 60 + second;

/** Trades of quantity 1, numbered from `first`, as the engine leaves them: all minutes closed but the last. */
async function market(trades: [hhmm: string, price: number][], first = 1): Promise<Candle[]> {
  const candles = foldTrades(
    trades.map(([hhmm, price], i) => [first + i, at(hhmm) * 1000, price, 1, true] as const),
    '1m',
  );
  const active = candles.at(-1);
  if (active) await valkey.hset(keys.candle('TEST'), candleToHash(active));
  const closed = candles.slice(0, -1).map(candleToJson);
  if (closed.length > 0) await valkey.rpush(keys.closedCandles('TEST'), ...closed);
  await valkey.hset(keys.marketData('TEST'), { epoch: 1, seq: 9, q: first + trades.length - 1 });
  return candles;
}
const chart = (query: Record<string, string | number>): Promise<HttpAnswer> =>
  handler(
    restEvent('GET', '/chart', {
      query: Object.fromEntries(Object.entries({ symbol: 'TEST', ...query }).map(([k, v]) => [k, String(v)])),
    }),
  );
const candle = (time: number, open: number, high: number, low: number, close: number, volume: number) => ({
  time,
  open,
  high,
  low,
  close,
  volume,
});

const morning: [string, number][] = [
  ['00:58', 10],
  ['00:59', 12],
  ['01:00', 11],
  ['01:00', 15],
  ['01:07', 9],
];

test('1m: closed candles, then the active one; a minute without a trade has none', async () => {
  await market(morning);
  const answer = await chart({});
  expect(answerOf(answer)).toEqual({
    status: 200,
    body: {
      symbol: 'TEST',
      interval: '1m',
      data: [
        candle(at('00:58'), 10, 10, 10, 10, 1),
        candle(at('00:59'), 12, 12, 12, 12, 1),
        candle(at('01:00'), 11, 15, 11, 15, 2),
        candle(at('01:07'), 9, 9, 9, 9, 1),
      ],
    },
  });
});

test('other intervals are folded at aligned boundaries', async () => {
  await market(morning);
  expect(answerOf(await chart({ interval: '5m' })).body).toMatchObject({
    data: [
      candle(at('00:55'), 10, 12, 10, 12, 2),
      candle(at('01:00'), 11, 15, 11, 15, 2),
      candle(at('01:05'), 9, 9, 9, 9, 1),
    ],
  });
  expect(answerOf(await chart({ interval: '1h' })).body).toMatchObject({
    data: [candle(at('00:00'), 10, 12, 10, 12, 2), candle(at('01:00'), 11, 15, 9, 9, 3)],
  });
  expect(answerOf(await chart({ interval: '4h' })).body).toMatchObject({
    data: [candle(at('00:00'), 10, 15, 9, 9, 5)],
  });
});

test('a day begins where the configuration of its symbol says, at +09:00 by default', async () => {
  await market(morning);
  expect(answerOf(await chart({ interval: '1d' })).body).toMatchObject({
    data: [candle(midnight - 9 * 3600, 10, 15, 9, 9, 5)],
  });
  const Item = toSymbolItem({
    symbol: 'TEST',
    state: 'open',
    config: { day_offset_min: -60 },
    updated_at: 1,
    updated_by: 'root',
  });
  await dynamo.client.send(new PutItemCommand({ TableName: 'symbols', Item }));
  expect(answerOf(await chart({ interval: '1d' })).body).toMatchObject({
    data: [candle(at('01:00') - 86_400, 10, 12, 10, 12, 2), candle(at('01:00'), 11, 15, 9, 9, 3)],
  });
});

test('from, to and limit cut the series: starts in the range, the newest of them', async () => {
  await market(morning);
  const times = async (query: Record<string, string | number>) => {
    const { data } = answerOf(await chart(query)).body as { data: { time: number }[] };
    return data.map(({ time }) => time);
  };
  expect(await times({ from: at('00:59'), to: at('01:00') })).toEqual([at('00:59'), at('01:00')]);
  expect(await times({ from: at('00:58', 1) })).toEqual([at('00:59'), at('01:00'), at('01:07')]);
  expect(await times({ limit: 2 })).toEqual([at('01:00'), at('01:07')]);
  expect(await times({ from: at('02:00') })).toEqual([]);
});

test('a symbol that has never traded has an empty chart', async () => {
  expect(answerOf(await chart({ from: 0 }))).toEqual({
    status: 200,
    body: { symbol: 'TEST', interval: '1m', data: [] },
  });
});

/** The trades as rows of `trade_history`. */
async function history(trades: [hhmm: string, price: number][], first = 1): Promise<void> {
  for (const [index, [hhmm, price]] of trades.entries()) {
    const no = first + index;
    const number = (value: number) => ({ N: String(value) });
    const Item = {
      pk: { S: `TEST#${no % TRADE_PARTITIONS}` },
      trade_no: number(no),
      trade_id: { S: `TEST-${no}` },
      seq: number(no),
      timestamp: number(at(hhmm) * 1000),
      price: number(price),
      quantity: number(1),
      taker_is_buy: { BOOL: true },
      ...Object.fromEntries(
        ['buyer_order_id', 'buyer_user_id', 'seller_order_id', 'seller_user_id'].map((name) => [name, { S: 'x' }]),
      ),
    };
    await dynamo.client.send(new PutItemCommand({ TableName: TABLES.tradeHistory.name, Item }));
  }
}

/** Moves the oldest closed candles into the table as the backup does; `trims` says whether it got as far as the cache. */
async function backUp(count: number, { trims = true } = {}): Promise<void> {
  const rows = await valkey.lrange(keys.closedCandles('TEST'), 0, count - 1);
  const closed = rows.map((row) => parseCandle(JSON.parse(row) as object));
  await candles.put('TEST', '1m', closed);
  const last = closed.at(-1)!;
  await candles.advanceCandles('TEST', { candleQ: last.q, until: last.t + 60 });
  if (trims) await valkey.ltrim(keys.closedCandles('TEST'), count, -1);
}

/** What the hours of a busy day look like: a trade every 7 minutes, the price its number. */
const day = Array.from({ length: 150 }, (_, i): [string, number] => {
  const minute = i * 7;
  return [`${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`, i + 1];
});

describe.each(['1m', '3m', '5m', '15m', '30m', '1h', '4h', '1d'] as const)('%s over hot and cold', (interval) => {
  const dataOf = async (query: Record<string, string | number> = {}) => {
    const answer = answerOf(await chart({ interval, ...query }));
    return { status: answer.status, data: (answer.body as { data?: unknown[] }).data };
  };
  const expected = () =>
    foldTrades(
      day.map(([hhmm, price], i) => [i + 1, at(hhmm) * 1000, price, 1] as const),
      interval,
    ).map(candleToChart);
  const archive = { addCandles: () => Promise.resolve() } as unknown as MarketArchive;

  test('is the fold of the trades at every seam', async () => {
    await market(day);
    await history(day);
    const seams: [string, () => Promise<unknown>][] = [
      ['nothing backed up', () => Promise.resolve()],
      ['stored, not trimmed yet', () => backUp(40, { trims: false })],
      ['just backed up', () => backUp(40)],
      ['rolled up', () => rollUpCandles({ candles, archive }, 'TEST', 540)],
      ['backed up again, not rolled up', () => backUp(60)],
      ['rolled up again', () => rollUpCandles({ candles, archive }, 'TEST', 540)],
      ['everything closed is backed up', () => backUp(49)],
      ['a candle lost by the cache', () => valkey.del(keys.candle('TEST'))],
      ['the cache flushed', () => valkey.flushall().then(() => valkey.sadd('active:symbols', 'TEST'))],
    ];
    for (const [seam, step] of seams) {
      await step();
      expect([seam, await dataOf()]).toEqual([seam, { status: 200, data: expected() }]);
      const all = expected();
      for (const [from, to] of [
        [all.length >> 1, all.length - 1],
        [0, all.length >> 1],
        [all.length - 1, all.length - 1],
      ] as const) {
        const range = { from: all[from]!.time, to: all[to]!.time };
        expect([seam, range, await dataOf(range)]).toEqual([
          seam,
          range,
          { status: 200, data: all.slice(from, to + 1) },
        ]);
      }
      expect([seam, await dataOf({ limit: 3 })]).toEqual([seam, { status: 200, data: all.slice(-3) }]);
      expect(await dataOf({ from: at('23:00') + 86_400 })).toEqual({ status: 200, data: [] });
    }
  });
});

// The earlier system cut higher timeframes every N candles.
test('regression: a rolled-up candle is cut at the aligned boundary, never after so many minutes', async () => {
  await market([
    ['00:03', 10],
    ['00:04', 11],
    ['00:06', 12],
    ['00:09', 13],
    ['00:11', 14],
  ]);
  expect(answerOf(await chart({ interval: '5m' })).body).toMatchObject({
    data: [
      candle(at('00:00'), 10, 11, 10, 11, 2),
      candle(at('00:05'), 12, 13, 12, 13, 2),
      candle(at('00:10'), 14, 14, 14, 14, 1),
    ],
  });
});

test('a hole in the trades is folded anew from the history, and where that does not hold them yet, 503', async () => {
  const [, second] = await market(morning);
  await valkey.lrem(keys.closedCandles('TEST'), 1, candleToJson(second!));
  expect(refusalOf(await chart({}))).toEqual([503, 'UNAVAILABLE']);
  await history(morning);
  expect((answerOf(await chart({})).body as { data: { time: number }[] }).data.map(({ time }) => time)).toEqual([
    at('00:58'),
    at('00:59'),
    at('01:00'),
    at('01:07'),
  ]);
});

test('a market that has traded and whose candles are lost is not an empty one', async () => {
  await valkey.hset(keys.marketData('TEST'), { q: 7 });
  expect(refusalOf(await chart({}))).toEqual([503, 'UNAVAILABLE']);
});

test('an unreadable candle is 503', async () => {
  await valkey.rpush(keys.closedCandles('TEST'), '{"t":1}');
  expect(refusalOf(await chart({}))).toEqual([503, 'UNAVAILABLE']);
});

test.each<[Record<string, string>, number, string]>([
  [{ symbol: '' }, 400, 'BAD_SYMBOL'],
  [{ symbol: 'a:b' }, 400, 'BAD_SYMBOL'],
  [{ symbol: 'NOPE' }, 404, 'UNKNOWN_SYMBOL'],
  [{ interval: '2m' }, 400, 'BAD_INTERVAL'],
  [{ interval: '' }, 400, 'BAD_INTERVAL'],
  [{ from: '1.5' }, 400, 'BAD_REQUEST'],
  [{ from: '1733875200000' }, 400, 'BAD_REQUEST'],
  [{ from: '5', to: '4' }, 400, 'BAD_REQUEST'],
  [{ limit: '0' }, 400, 'BAD_REQUEST'],
  [{ limit: '5001' }, 400, 'BAD_REQUEST'],
])('%j is refused with a clear error', async (query, status, code) => {
  await market(morning);
  expect(refusalOf(await chart(query))).toEqual([status, code]);
});
