import { DeleteItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, DeleteObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { foldCandles, foldTrades, INTERVALS, type Candle } from '@supernoba/candles';
import { toSymbolItem } from '@supernoba/edge';
import { startDynamo, type TestDynamo } from '@supernoba/edge/testing';
import { CandleTable, candleObjectKey, MarketArchive, tradeObjectKey } from '@supernoba/market-history';
import { TABLES, tradeId, tradeKeys } from '@supernoba/protocol';
import { tempDir } from '@supernoba/testing';
import { startS3Server } from '@supernoba/local/s3';
import { rebuildCandles } from '../src/candles.js';
import type { Rebuild } from '../src/rebuild.js';
import { putRows } from '../src/row-writer.js';
import type { Clients } from '../src/settings.js';
import { rebuildSettings } from '../src/settings.js';
import { rebuildTradeArchive } from '../src/trade-archive.js';

let dynamo: TestDynamo;
let s3: S3Client;
let closeS3: () => Promise<void>;
/** 2024-12-11 10:00 UTC. */
const START = 1_733_911_200_000;
/** A trade each 20 seconds over six hours, with an idle hour in between. */
const TIMES = Array.from({ length: 1_080 }, (_, i) => START + i * 20_000).filter(
  (time) => time < START + 2 * 3_600_000 || time >= START + 3 * 3_600_000,
);
const trades = TIMES.map((time, i) => [i + 1, time, 100 + ((i * 7) % 13), 1 + (i % 5)] as const);

beforeAll(async () => {
  Object.assign(process.env, { AWS_REQUEST_CHECKSUM_CALCULATION: 'when_required' });
  dynamo = await startDynamo(TABLES.tradeHistory, TABLES.candleHistory, TABLES.symbols);
  const server = await startS3Server({ dir: tempDir('supernoba-rebuild-') });
  closeS3 = () => server.close();
  const credentials = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };
  s3 = new S3Client({ endpoint: server.endpoint, region: 'ap-northeast-2', credentials, forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: 'supernoba' }));
  const symbol = { symbol: 'TEST', state: 'open' as const, config: {}, updated_at: 1, updated_by: 'root' };
  await dynamo.client.send(new PutItemCommand({ TableName: 'symbols', Item: toSymbolItem(symbol) }));
  const rows = trades.map(([no, timestamp, price, quantity]) => {
    const keys = tradeKeys('TEST', { tradeNo: no, timestamp, buyerUserId: 'alice', sellerUserId: 'bob' });
    const sides = { buyer_order_id: 'b', buyer_user_id: 'alice', seller_order_id: 's', seller_user_id: 'bob' };
    const trade = {
      symbol: 'TEST',
      trade_id: tradeId('TEST', no),
      seq: no,
      timestamp,
      price,
      quantity,
      taker_is_buy: true,
    };
    return { ...keys, ...sides, ...trade };
  });
  await putRows(DynamoDBDocumentClient.from(dynamo.client), 'trade_history', rows);
});
afterAll(async () => {
  s3.destroy();
  await Promise.all([dynamo.stop(), closeS3()]);
});

const table = () => new CandleTable(dynamo.client, 'candle_history');
const request = (from = 0, to = Date.now()): Rebuild => ({
  clients: { dynamo: dynamo.client, s3 } as Clients,
  settings: rebuildSettings({}),
  range: { from, to },
  symbol: undefined,
  signal: new AbortController().signal,
  say: () => undefined,
});
const rebuild = (from?: number, to?: number) => rebuildCandles(request(from, to));
/** The last minute may go on: the newest trade is in it. */
const minutes = foldTrades(trades, '1m').slice(0, -1);
const until = (minutes.at(-1)?.t ?? 0) + 60;
const expected = (interval: (typeof INTERVALS)[number]): Candle[] => {
  const seconds = { '1m': 60, '3m': 180, '5m': 300, '15m': 900, '30m': 1_800, '1h': 3_600, '4h': 14_400, '1d': 86_400 };
  return foldCandles(minutes, '1m', interval).filter(({ t }) => t + seconds[interval] <= until);
};
async function everything(): Promise<Record<string, Candle[]>> {
  const rows = INTERVALS.map(
    async (timeframe) => [timeframe, await table().range({ symbol: 'TEST', timeframe })] as const,
  );
  return Object.fromEntries(await Promise.all(rows));
}
const whole = Object.fromEntries(INTERVALS.map((interval) => [interval, expected(interval)]));
const lines = () => new MarketArchive(s3, 'supernoba').lines(candleObjectKey('TEST', '1m', minutes[0]!.t), 't');

test('an empty table is filled: every closed candle of every interval, once, and the mark of the backup with it', async () => {
  expect(await rebuild()).toEqual({ read: minutes.at(-1)!.q, written: expect.any(Number) });
  expect(await everything()).toEqual(whole);
  expect(whole['1m']!.length).toBeGreaterThan(200);
  expect(whole['1h']).toHaveLength(4);
  expect(await table().mark('TEST')).toMatchObject({ candleQ: minutes.at(-1)!.q, until });
  expect(await lines()).toHaveLength(minutes.length);
});

test('once more, whole or in parts, changes nothing; what was lost or damaged in the range is mended', async () => {
  const before = await lines();
  await rebuild();
  const lost = minutes[40]!;
  const [hour, quarter] = [whole['1h']![1]!, whole['15m']![2]!];
  for (const [pk, t] of [
    ['TEST#1m', lost.t],
    ['TEST#15m', quarter.t],
  ] as const) {
    await dynamo.client.send(
      new DeleteItemCommand({ TableName: 'candle_history', Key: { pk: { S: pk }, t: { N: String(t) } } }),
    );
  }
  await table().put('TEST', '1h', [{ ...hour, h: 999 }]);
  expect(await everything()).not.toEqual(whole);
  await rebuild(START + 30 * 60_000, START + 90 * 60_000);
  expect(await everything()).toEqual(whole);
  await s3.send(new DeleteObjectCommand({ Bucket: 'supernoba', Key: candleObjectKey('TEST', '1m', lost.t) }));
  await rebuild();
  expect(await lines()).toEqual(before);
});

test('lost trades of the archive are written again, in parts or whole, and the mark of the backup goes with them', async () => {
  const archive = new MarketArchive(s3, 'supernoba');
  const key = tradeObjectKey('TEST', { trade_no: 1, timestamp: START });
  const numbers = async () =>
    (await archive.lines(key, 'trade_no')).map((line) => (JSON.parse(line) as { trade_no: number }).trade_no);
  const hour = { from: START + 3_600_000, to: START + 2 * 3_600_000 - 1 };
  expect(await rebuildTradeArchive(request(hour.from, hour.to))).toEqual({ read: 180, written: 180 });
  expect(await numbers()).toEqual(trades.slice(180, 360).map(([no]) => no));
  expect((await table().mark('TEST')).tradeNo).toBe(0);
  expect(await rebuildTradeArchive(request())).toEqual({ read: trades.length, written: trades.length });
  expect(await numbers()).toEqual(trades.map(([no]) => no));
  expect((await table().mark('TEST')).tradeNo).toBe(trades.length);
  const before = await archive.lines(key, 'trade_no');
  await rebuildTradeArchive(request());
  expect(await archive.lines(key, 'trade_no')).toEqual(before);
});

test('a range without a trade writes nothing, a hole in the trades ends it', async () => {
  expect(await rebuild(START + 2.2 * 3_600_000, START + 2.4 * 3_600_000)).toMatchObject({ read: 0 });
  const Key = { pk: { S: 'TEST#2' }, trade_no: { N: '50' } };
  await dynamo.client.send(new DeleteItemCommand({ TableName: 'trade_history', Key }));
  await expect(rebuild()).rejects.toThrow('rebuild the history first');
  expect(await everything()).toEqual(whole);
});
