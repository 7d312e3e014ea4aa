import { BatchWriteItemCommand } from '@aws-sdk/client-dynamodb';
import { foldTrades, type Candle, type Interval, type TradeRow } from '@supernoba/candles';
import { startDynamo, type TestDynamo } from '@supernoba/edge/testing';
import { CandleTable, rollUpCandles, type CandleRange, type MarketArchive } from '@supernoba/market-history';
import { TABLES } from '@supernoba/protocol';
import { ColdCandles, type Cut } from '../src/cold-candles.js';
import type { HotCandles } from '../src/hot-candles.js';
import { KeptRows } from '../src/kept-rows.js';

/** The real table, which tells what was read of it. */
class WatchedTable extends CandleTable {
  reads: string[] = [];

  override async range(range: CandleRange): Promise<Candle[]> {
    const rows = await super.range(range);
    this.reads.push(`${rows.length} rows of ${range.timeframe}`);
    return rows;
  }

  override mark(symbol: string) {
    this.reads.push('mark');
    return super.mark(symbol);
  }
}

let dynamo: TestDynamo;
let table: WatchedTable;
let kept: KeptRows;
let nowMs = 0;
let markets = 0;
let symbol: string;

beforeAll(async () => {
  dynamo = await startDynamo(TABLES.candleHistory);
});
beforeEach(() => {
  table = new WatchedTable(dynamo.client, TABLES.candleHistory.name);
  nowMs = 0;
  kept = new KeptRows({ maxAgeMs: 60_000, now: () => nowMs });
  symbol = `M${markets++}`;
});
afterAll(() => dynamo.stop());

/** A trade a minute, the price its number. */
const trades = Array.from({ length: 90 }, (_, i): TradeRow => [i + 1, i * 60_000, i + 1, 1]);
const minutes = foldTrades(trades, '1m');
const archive = { addCandles: () => Promise.resolve() } as unknown as MarketArchive;

/** Minutes `from` to `to` - 1 are in the table, and the mark says so. */
async function backUp(from: number, to: number): Promise<void> {
  await table.put(symbol, '1m', minutes.slice(from, to));
  await table.advanceCandles(symbol, { candleQ: to, until: to * 60 });
}

/** The cache holds minutes from `from` on, up to the trade `last`. */
const hot = (from: number, last = from): HotCandles => ({ candles: minutes.slice(from, last), lastTrade: last });
const flushed: HotCandles = { candles: [], lastTrade: undefined };

async function read(cache: HotCandles, cut: Cut = { limit: 20 }, interval: Interval = '1m'): Promise<Candle[]> {
  table.reads = [];
  return new ColdCandles(table, kept, symbol, cache).range(interval, cut);
}

test('rows before the mark are read once; as long as the cache goes on with the next trade, nothing else is', async () => {
  await backUp(0, 30);
  expect(await read(hot(30, 35))).toEqual(minutes.slice(10, 30));
  expect(table.reads).toEqual(['mark', '20 rows of 1m']);
  expect(await read(hot(30, 36))).toEqual(minutes.slice(10, 30));
  expect(await read(hot(30), { limit: 1 })).toEqual(minutes.slice(29, 30));
  expect(await read(hot(30, 40), { from: 15 * 60, to: 18 * 60, limit: 2 })).toEqual(minutes.slice(17, 19));
  expect(table.reads).toEqual([]);
});

test('what the backup has brought since is read behind the kept rows, and kept', async () => {
  await backUp(0, 30);
  await read(hot(30));
  await backUp(30, 45);
  expect(await read(hot(45, 47))).toEqual(minutes.slice(25, 45));
  expect(table.reads).toEqual(['mark', '15 rows of 1m']);
  expect(await read(hot(45, 47))).toEqual(minutes.slice(25, 45));
  expect(table.reads).toEqual([]);
});

test.each<[string, HotCandles]>([
  ['knows nothing', flushed],
  ['begins later', hot(31, 33)],
  ['begins earlier', hot(28, 33)],
  ['has a hole', { candles: [...minutes.slice(30, 32), ...minutes.slice(33, 35)], lastTrade: 35 }],
  ['has lost its newest candle', { candles: minutes.slice(30, 34), lastTrade: 35 }],
])('a cache that %s proves nothing: the table is asked', async (_name, cache) => {
  await backUp(0, 30);
  await read(hot(30));
  expect(await read(cache)).toEqual(minutes.slice(10, 30));
  expect(table.reads).toEqual(['mark', '0 rows of 1m']);
});

test('rows behind the mark are given and not kept: one written late between them is seen', async () => {
  await backUp(0, 30);
  await read(hot(30));
  await table.put(symbol, '1m', [minutes[30]!, minutes[32]!]);
  expect((await read(flushed, { limit: 5 })).map(({ q }) => q)).toEqual([28, 29, 30, 31, 33]);
  await table.put(symbol, '1m', [minutes[31]!]);
  expect((await read(flushed, { limit: 5 })).map(({ q }) => q)).toEqual([29, 30, 31, 32, 33]);
  expect(table.reads).toEqual(['mark', '3 rows of 1m']);
  await table.advanceCandles(symbol, { candleQ: 33, until: 33 * 60 });
  await read(flushed);
  expect(await read(hot(33))).toEqual(minutes.slice(13, 33));
  expect(table.reads).toEqual([]);
});

test('a longer chart than what is kept is read whole, and kept from then on; an older part never is', async () => {
  await backUp(0, 30);
  await read(hot(30), { limit: 5 });
  expect(await read(hot(30), { limit: 29 })).toEqual(minutes.slice(1, 30));
  expect(table.reads).toEqual(['mark', '29 rows of 1m']);
  expect(await read(hot(30), { from: 60, limit: 1_000 })).toEqual(minutes.slice(1, 30));
  expect(table.reads).toEqual([]);
  expect(await read(hot(30), { limit: 40 })).toEqual(minutes.slice(0, 30));
  expect(await read(hot(30), { limit: 500 })).toEqual(minutes.slice(0, 30));
  expect(table.reads).toEqual([]);
});

test('an older part than what is kept comes out of the table and changes nothing', async () => {
  await backUp(0, 30);
  await read(hot(30), { limit: 5 });
  const size = kept.size;
  for (let repeat = 0; repeat < 2; repeat++) {
    expect(await read(hot(30), { to: 9 * 60, limit: 5 })).toEqual(minutes.slice(5, 10));
    expect(table.reads).toEqual(['5 rows of 1m']);
  }
  expect(kept.size).toBe(size);
});

test('longer candles are kept as well, and what is rolled up later is seen once the table is asked', async () => {
  await backUp(0, 30);
  await rollUpCandles({ candles: table, archive }, symbol, 540);
  await read(hot(30));
  const closed = (count: number) => foldTrades(trades, '5m').slice(0, count);
  expect(await read(hot(30), { limit: 20 }, '5m')).toEqual(closed(6));
  expect(await read(hot(30), { limit: 20 }, '5m')).toEqual(closed(6));
  expect(table.reads).toEqual([]);
  await backUp(30, 60);
  await rollUpCandles({ candles: table, archive }, symbol, 540);
  expect(await read(hot(60), { limit: 20 }, '5m')).toEqual(closed(12));
  expect(table.reads).toEqual(['mark', '6 rows of 5m']);
});

test('a row that a rebuild has mended is seen when the kept ones are too old, at the latest', async () => {
  await backUp(0, 29);
  const wrong = { ...minutes[29]!, h: 1_000 };
  await table.put(symbol, '1m', [wrong]);
  await table.advanceCandles(symbol, { candleQ: 30, until: 30 * 60 });
  expect(await read(hot(30), { limit: 2 })).toEqual([minutes[28], wrong]);
  await table.put(symbol, '1m', [minutes[29]!]);
  nowMs = 30_000;
  await backUp(30, 35);
  expect((await read(hot(35), { limit: 7 })).slice(0, 2)).toEqual([minutes[28], wrong]);
  nowMs = 59_999;
  expect((await read(hot(35), { limit: 7 })).slice(0, 2)).toEqual([minutes[28], wrong]);
  nowMs = 60_000;
  expect((await read(hot(35), { limit: 7 })).slice(0, 2)).toEqual(minutes.slice(28, 30));
});

test('rows that vanished with the table are not told for longer than their age', async () => {
  await backUp(0, 20);
  await read(hot(20));
  const gone = minutes.slice(0, 20).map(({ t }) => ({
    DeleteRequest: { Key: { pk: { S: `${symbol}#1m` }, t: { N: String(t) } } },
  }));
  await dynamo.client.send(new BatchWriteItemCommand({ RequestItems: { [TABLES.candleHistory.name]: gone } }));
  expect(await read(hot(20))).toHaveLength(20);
  nowMs = 60_000;
  expect(await read(hot(20))).toEqual([]);
});
