import { DeleteItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { candleToHash, candleToJson, foldTrades, type Candle } from '@supernoba/candles';
import {
  createSymbolGuard,
  createSymbolTable,
  openValkey,
  toSymbolItem,
  type HttpAnswer,
  type Valkey,
} from '@supernoba/edge';
import { answerOf, refusalOf, restEvent, startDynamo, type TestDynamo } from '@supernoba/edge/testing';
import { TABLES } from '@supernoba/protocol';
import { startValkey, type TestValkey } from '@supernoba/testing';
import { createKeys } from '@supernoba/valkey-keys';
import { createHandler } from '../src/handler.js';

let server: TestValkey;
let valkey: Valkey;
let dynamo: TestDynamo;
let handler: ReturnType<typeof createHandler>;
const keys = createKeys();

beforeAll(async () => {
  [server, dynamo] = await Promise.all([startValkey(), startDynamo(TABLES.symbols)]);
  const at = { VALKEY_HOST: server.host, VALKEY_PORT: server.port, VALKEY_TLS: false, VALKEY_PASSWORD: undefined };
  valkey = openValkey(at, 'test');
  const table = createSymbolTable({ dynamo: () => Promise.resolve(dynamo.client), table: 'symbols' });
  const guard = createSymbolGuard({ valkey, keys, table });
  handler = createHandler({ valkey, keys, guard, table, corsOrigins: [], log: () => undefined });
});
beforeEach(async () => {
  await valkey.flushall();
  await dynamo.client.send(new DeleteItemCommand({ TableName: 'symbols', Key: { symbol: { S: 'TEST' } } }));
  await valkey.sadd('active:symbols', 'TEST');
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
  expect(answer.headers).not.toHaveProperty('x-hot-since');
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

describe('with older trades in the cold store', () => {
  beforeEach(() => market(morning, 500));

  test('what is at hand is answered, and the header says since when', async () => {
    const answer = await chart({});
    expect((answerOf(answer).body as { data: unknown[] }).data).toHaveLength(4);
    expect(answer.headers['x-hot-since']).toBe(String(at('00:58')));
    expect((await chart({ from: at('00:58') })).statusCode).toBe(200);
  });

  test('half a candle is left out', async () => {
    expect(answerOf(await chart({ interval: '1h' })).body).toMatchObject({
      data: [candle(at('01:00'), 11, 15, 9, 9, 3)],
    });
    expect(answerOf(await chart({ interval: '1h', from: at('00:30') })).body).toMatchObject({
      data: [candle(at('01:00'), 11, 15, 9, 9, 3)],
    });
  });

  test('whatever needs them is NOT_AVAILABLE, and says since when there is something', async () => {
    for (const query of [
      { from: at('00:57') },
      { to: at('00:50') },
      { interval: '1h', from: at('00:00') },
      { interval: '4h' },
      { interval: '1d' },
    ]) {
      const answer = await chart(query);
      expect([query, ...refusalOf(answer)]).toEqual([query, 503, 'NOT_AVAILABLE']);
      expect(answerOf(answer).body).toMatchObject({ error: { details: { symbol: 'TEST', hot_since: at('00:58') } } });
    }
  });

  test('a from far back is no matter where the limit is reached before', async () => {
    expect((await chart({ from: 0, limit: 4 })).statusCode).toBe(200);
    expect(refusalOf(await chart({ from: 0, limit: 5 }))).toEqual([503, 'NOT_AVAILABLE']);
  });
});

test('candles before a hole in the trades are not told as if nothing were missing', async () => {
  const [, second] = await market(morning);
  await valkey.lrem(keys.closedCandles('TEST'), 1, candleToJson(second!));
  const answer = await chart({});
  expect((answerOf(answer).body as { data: { time: number }[] }).data.map(({ time }) => time)).toEqual([
    at('01:00'),
    at('01:07'),
  ]);
  expect(answer.headers['x-hot-since']).toBe(String(at('01:00')));
});

test('a market that has traded and whose candles are lost is not an empty one', async () => {
  await valkey.hset(keys.marketData('TEST'), { q: 7 });
  expect(refusalOf(await chart({}))).toEqual([503, 'NOT_AVAILABLE']);
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
