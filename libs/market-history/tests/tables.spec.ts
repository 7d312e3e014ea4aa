import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { Candle } from '@supernoba/candles';
import { startDynamo, type TestDynamo } from '@supernoba/edge/testing';
import { TABLES, TRADE_PARTITIONS } from '@supernoba/protocol';
import { CandleTable, rollupSource, TradeTable } from '../src/index.js';

let dynamo: TestDynamo;
let candles: CandleTable;
let trades: TradeTable;
beforeAll(async () => {
  dynamo = await startDynamo(TABLES.candleHistory, TABLES.tradeHistory);
  candles = new CandleTable(dynamo.client, TABLES.candleHistory.name);
  trades = new TradeTable(dynamo.client, TABLES.tradeHistory.name);
});
afterAll(() => dynamo.stop());

const candle = (t: number, v = 1n): Candle => ({ t, o: 5, h: 9, l: 1, c: 6, v, n: 3, q: t / 20 });
const starts = (found: readonly Candle[]) => found.map(({ t }) => t);

test('candles come back as they were put, ascending, whatever their volume, by timeframe and range', async () => {
  const rows = Array.from({ length: 60 }, (_, i) => candle(60 * i, 10n ** 20n + BigInt(i)));
  await candles.put('A', '1m', [...rows].reverse());
  await candles.put('A', '1m', rows);
  await candles.put('A', '1h', [candle(0, 7n)]);
  expect(await candles.range({ symbol: 'A', timeframe: '1m' })).toEqual(rows);
  expect(starts(await candles.range({ symbol: 'A', timeframe: '1m', from: 60, to: 180 }))).toEqual([60, 120, 180]);
  expect(starts(await candles.range({ symbol: 'A', timeframe: '1m', limit: 2 }))).toEqual([0, 60]);
  expect(starts(await candles.range({ symbol: 'A', timeframe: '1m', to: 600, limit: 2, newest: true }))).toEqual([
    540, 600,
  ]);
  expect((await candles.newest('A', '1m'))?.t).toBe(3540);
  expect(await candles.newest('B', '1m')).toBeUndefined();
});

test('the mark only goes forward', async () => {
  expect(await candles.mark('M')).toEqual({ candleQ: 0, until: 0, tradeNo: 0 });
  await candles.advanceCandles('M', { candleQ: 7, until: 120 });
  await candles.advanceTrades('M', 5);
  await candles.advanceCandles('M', { candleQ: 6, until: 180 });
  await candles.advanceCandles('M', { candleQ: 7, until: 60 });
  await candles.advanceTrades('M', 4);
  expect(await candles.mark('M')).toEqual({ candleQ: 7, until: 120, tradeNo: 5 });
  expect(await candles.range({ symbol: 'M', timeframe: '1m' })).toEqual([]);
});

test('a row that is no candle is told as such', async () => {
  const Item = { pk: { S: 'BAD#1m' }, t: { N: '60' }, o: { N: '5' } };
  await dynamo.client.send(new PutItemCommand({ TableName: TABLES.candleHistory.name, Item }));
  await expect(candles.newest('BAD', '1m')).rejects.toMatchObject({ code: 'BAD_ROW' });
});

describe('trades', () => {
  beforeAll(async () => {
    for (const no of [1, 2, 3, 4, 5, 7, 8, 40]) {
      const number = (value: number) => ({ N: String(value) });
      const texts = ['trade_id', 'buyer_order_id', 'buyer_user_id', 'seller_order_id', 'seller_user_id'];
      const Item = {
        pk: { S: `T#${no % TRADE_PARTITIONS}` },
        trade_no: number(no),
        seq: number(no),
        timestamp: number(30_000 * no),
        price: number(100 + no),
        quantity: number(1_000_000_000_000),
        taker_is_buy: { BOOL: no % 2 === 0 },
        ...Object.fromEntries(texts.map((name) => [name, { S: `${name}-${no}` }])),
      };
      await dynamo.client.send(new PutItemCommand({ TableName: TABLES.tradeHistory.name, Item }));
    }
  });

  test('are read in the order of their numbers over all partitions, up to a hole', async () => {
    const numbers = async (first: number, last: number) =>
      (await trades.range('T', first, last)).map(({ trade_no }) => trade_no);
    expect(await numbers(2, 40)).toEqual([2, 3, 4, 5, 7, 8, 40]);
    const after = await trades.after('T', 1);
    expect([after.trades.map(({ trade_no }) => trade_no), after.behindHole]).toEqual([[2, 3, 4, 5], 3]);
    expect(await trades.after('T', 40)).toEqual({ trades: [], behindHole: 0 });
    await expect(trades.range('T', 1, 10_001)).rejects.toThrow(RangeError);
  });

  test('fold into 1m candles when they are all there', async () => {
    expect(await trades.candles('T', 1, 3)).toEqual([
      { t: 0, o: 101, h: 101, l: 101, c: 101, v: 1_000_000_000_000n, n: 1, q: 1 },
      { t: 60, o: 102, h: 103, l: 102, c: 103, v: 2_000_000_000_000n, n: 2, q: 3 },
    ]);
    await expect(trades.candles('T', 4, 8)).rejects.toMatchObject({ code: 'TRADES_MISSING', retryable: true });
  });
});

test('a day is folded from its hours where they nest in it, from its minutes otherwise', () => {
  expect([rollupSource('1d', 540), rollupSource('1d', 345), rollupSource('4h', 345), rollupSource('1h', 0)]).toEqual([
    '1h',
    '1m',
    '1h',
    '1m',
  ]);
});
