import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { candleToJson, foldTrades, INTERVAL_SECONDS, INTERVALS, type Candle } from '@supernoba/candles';
import { createSymbolTable, toSymbolItem } from '@supernoba/edge';
import { startDynamo, startS3, type TestDynamo, type TestS3 } from '@supernoba/edge/testing';
import { candleObjectKey, CandleTable, MarketArchive } from '@supernoba/market-history';
import { TABLES } from '@supernoba/protocol';
import { createHandler } from '../src/handler.js';

let dynamo: TestDynamo;
let s3: TestS3;
let candles: CandleTable;
let archive: MarketArchive;
let handler: ReturnType<typeof createHandler>;
const logged: string[] = [];

beforeAll(async () => {
  [dynamo, s3] = await Promise.all([startDynamo(TABLES.symbols, TABLES.candleHistory), startS3('supernoba')]);
  candles = new CandleTable(dynamo.client, TABLES.candleHistory.name);
  archive = new MarketArchive(s3.client, 'supernoba');
  handler = createHandler({
    table: createSymbolTable({ dynamo: () => Promise.resolve(dynamo.client), table: TABLES.symbols.name }),
    candles,
    archive,
    log: (message) => logged.push(message),
  });
});
afterAll(async () => {
  await Promise.all([dynamo.stop(), s3.stop()]);
});

/** 2025-12-13 20:00 UTC: the day of +09:00 that it is in ends at 15:00 on the 14th. */
const T0 = Date.UTC(2025, 11, 13, 20) / 1000;
/** A trade every 29 minutes for 30 hours. */
const trades = Array.from(
  { length: 63 },
  (_, i) => [i + 1, (T0 + i * 29 * 60) * 1000, 100 + ((i * 7) % 13), 2] as const,
);
const minutes = foldTrades(trades, '1m');

async function list(symbol: string, config: object = {}): Promise<void> {
  const row = { symbol, state: 'open', config, updated_at: 1, updated_by: 'root' } as const;
  await dynamo.client.send(new PutItemCommand({ TableName: TABLES.symbols.name, Item: toSymbolItem(row) }));
}

async function backUp(symbol: string, count: number, until?: number): Promise<number> {
  const some = minutes.slice(0, count);
  await candles.put(symbol, '1m', some);
  const last = some.at(-1)!;
  const mark = { candleQ: last.q, until: until ?? last.t + 60 };
  await candles.advanceCandles(symbol, mark);
  return mark.until;
}

const text = (rows: readonly Candle[]) => rows.map(candleToJson);

async function expectRolledUp(symbol: string, until: number, dayOffsetMin = 540): Promise<void> {
  for (const interval of INTERVALS.filter((each) => each !== '1m')) {
    const closed = foldTrades(trades, interval, dayOffsetMin).filter(
      ({ t }) => t + INTERVAL_SECONDS[interval] <= until,
    );
    expect([interval, text(await candles.range({ symbol, timeframe: interval }))]).toEqual([interval, text(closed)]);
    const objects = [...new Set(closed.map(({ t }) => candleObjectKey(symbol, interval, t)))];
    const lines = (await Promise.all(objects.map((key) => archive.lines(key, 't')))).flat();
    expect(lines).toHaveLength(closed.length);
  }
}

test('what has been backed up is rolled up at aligned boundaries, run by run, and a repeat stores nothing', async () => {
  await list('TEST');
  for (const count of [1, 10, 11, 40, 63]) {
    const until = await backUp('TEST', count);
    await handler();
    await expectRolledUp('TEST', until);
    expect(await handler()).toEqual({ symbols: 1, stored: 0 });
  }
});

test('an idle symbol: a candle is stored when the journal says that its time is over, not before and not by a clock', async () => {
  await list('IDLE');
  const first = minutes[0]!.t;
  await backUp('IDLE', 1);
  await handler();
  expect(await candles.newest('IDLE', '3m')).toBeUndefined();
  await candles.advanceCandles('IDLE', { candleQ: 1, until: first + 3_599 });
  await handler();
  expect(await candles.newest('IDLE', '30m')).toMatchObject({ t: first, v: 2n });
  expect(await candles.newest('IDLE', '1h')).toBeUndefined();
  await candles.advanceCandles('IDLE', { candleQ: 1, until: first + 19 * 3_600 });
  await handler();
  expect(await candles.newest('IDLE', '1d')).toMatchObject({ t: T0 - 5 * 3_600, n: 1 });
});

test('a day begins where the configuration of the symbol says, also where hours do not nest in it', async () => {
  for (const offset of [0, 345]) {
    const symbol = `DAY${offset}`;
    await list(symbol, { day_offset_min: offset });
    const until = await backUp(symbol, 63, minutes.at(-1)!.t + 86_400);
    await handler();
    await expectRolledUp(symbol, until, offset);
  }
});
