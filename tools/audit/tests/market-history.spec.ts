import { DeleteItemCommand, PutItemCommand, UpdateItemCommand, type AttributeValue } from '@aws-sdk/client-dynamodb';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { BatchWriteCommand, DynamoDBDocumentClient, paginateScan } from '@aws-sdk/lib-dynamodb';
import { INTERVALS } from '@supernoba/candles';
import { openValkey, type Valkey } from '@supernoba/edge';
import { startDynamo, startS3, type TestDynamo, type TestS3 } from '@supernoba/edge/testing';
import {
  backUpCandles,
  backUpTrades,
  CandleTable,
  MarketArchive,
  rollUpCandles,
  TradeTable,
} from '@supernoba/market-history';
import { TABLES } from '@supernoba/protocol';
import { startValkey, type TestValkey } from '@supernoba/testing';
import { createKeys } from '@supernoba/valkey-keys';
import { gunzipSync, gzipSync } from 'node:zlib';
import { audit, type AuditReport, type HeldRow } from '../src/index.js';
import { Bucket } from '../src/read/bucket.js';
import { readMarketHistory, readPreviousDays } from '../src/read/market-history.js';
import { journalOf, storesOf, type Stores } from './support/exchange.js';

const BUCKET = 'supernoba';
const CANDLES = TABLES.candleHistory.name;
const SYMBOLS = ['TEST', 'BTCUSD'];
const DAY_OFFSET_MIN = 540;
const keys = createKeys();
/** 8 hours, with the end of a day in them. */
const journal = journalOf(20_261_127, 240, SYMBOLS, 120_000);

let server: TestValkey;
let valkey: Valkey;
let dynamo: TestDynamo;
let s3: TestS3;
let bucket: Bucket;
let stores: Stores;

beforeAll(async () => {
  [server, dynamo, s3] = await Promise.all([
    startValkey(),
    startDynamo(TABLES.candleHistory, TABLES.tradeHistory),
    startS3(BUCKET),
  ]);
  const at = { VALKEY_HOST: server.host, VALKEY_PORT: server.port, VALKEY_TLS: false, VALKEY_PASSWORD: undefined };
  valkey = openValkey(at, 'test');
  bucket = new Bucket(s3.client, BUCKET);
  stores = storesOf(journal);
  await fillStores();
});
afterAll(async () => {
  valkey.disconnect();
  await Promise.all([server.stop(), dynamo.stop(), s3.stop()]);
});

/** What the engine leaves, then what the Lambdas make of it. */
async function fillStores(): Promise<void> {
  const documents = DynamoDBDocumentClient.from(dynamo.client);
  for (let first = 0; first < stores.tradeRows.length; first += 25) {
    const puts = stores.tradeRows.slice(first, first + 25).map((Item) => ({ PutRequest: { Item } }));
    await documents.send(new BatchWriteCommand({ RequestItems: { [TABLES.tradeHistory.name]: puts } }));
  }
  const deps = {
    valkey,
    keys,
    candles: new CandleTable(dynamo.client, CANDLES),
    trades: new TradeTable(dynamo.client, TABLES.tradeHistory.name),
    archive: new MarketArchive(s3.client, BUCKET),
  };
  for (const symbol of SYMBOLS) {
    const { fence, candle, closed } = stores.marketData.get(symbol)!;
    await valkey.hset(keys.marketData(symbol), { ...fence, t: journal.at(-1)!.arrivalMs });
    if (Object.keys(candle).length > 0) await valkey.hset(keys.candle(symbol), candle);
    if (closed.length > 0) await valkey.rpush(keys.closedCandles(symbol), ...closed);
    const previous = stores.previousDays.get(symbol);
    if (previous !== undefined) await valkey.set(keys.previousDay(symbol), previous);
    await backUpCandles(deps, symbol);
    await backUpTrades(deps, symbol);
    await rollUpCandles(deps, symbol, DAY_OFFSET_MIN);
  }
}

async function rows(): Promise<HeldRow[]> {
  const all: HeldRow[] = [];
  const documents = DynamoDBDocumentClient.from(dynamo.client);
  for await (const { Items = [] } of paginateScan({ client: documents }, { TableName: CANDLES })) all.push(...Items);
  return all;
}

async function auditStores(): Promise<AuditReport> {
  const places = { dynamo: dynamo.client, candleTable: CANDLES, bucket, symbols: SYMBOLS, scanRows: rows };
  const history = await readMarketHistory(places);
  const previousDays = await readPreviousDays(valkey, false, SYMBOLS);
  return audit({ ...stores, history, previousDays });
}

test('what backup and roll-up have stored is what the journal gives, and everything was compared', async () => {
  const { counts, differences } = await auditStores();
  expect(differences).toEqual([]);
  for (const interval of INTERVALS) {
    expect([interval, counts[`candleRows_${interval}`] > 0]).toEqual([interval, true]);
  }
  const stored = INTERVALS.reduce((sum, interval) => sum + counts[`candleRows_${interval}`], 0);
  expect(counts.archivedCandlesCompared).toBe(stored);
  expect(counts.archivedTradesCompared).toBe(counts.fills);
  expect(counts.archiveObjectsCompared).toBeGreaterThan(8);
  expect(counts.previousDaysCompared).toBe(2);
});

type Undo = () => Promise<unknown>;
type Item = Record<string, AttributeValue>;

/** The middle row of a series of TEST, as DynamoDB has it. */
async function middleRow(interval: string): Promise<{ Item: Item; Key: Item }> {
  const all = (await dynamo.rows(CANDLES)).filter(({ pk }) => pk?.S === `TEST#${interval}`);
  const sorted = all.sort((a, b) => Number(a['t']?.N) - Number(b['t']?.N));
  const Item = sorted[Math.floor((sorted.length - 1) / 2)]!;
  return { Item, Key: { pk: Item['pk']!, t: Item['t']! } };
}
const put = (Item: Item) => dynamo.client.send(new PutItemCommand({ TableName: CANDLES, Item }));
const remove = (Key: Item) => dynamo.client.send(new DeleteItemCommand({ TableName: CANDLES, Key }));

async function changedRow(interval: string): Promise<Undo> {
  const { Item } = await middleRow(interval);
  await put({ ...Item, v: { N: '987654321' } });
  return () => put(Item);
}

async function deletedRow(interval: string): Promise<Undo> {
  const { Item, Key } = await middleRow(interval);
  await remove(Key);
  return () => put(Item);
}

async function addedRow(interval: string, t: number): Promise<Undo> {
  const { Item } = await middleRow('1h');
  const pk = { S: `TEST#${interval}` };
  await put({ ...Item, pk, t: { N: String(t) } });
  return () => remove({ pk, t: { N: String(t) } });
}

async function movedMark(field: string, by: number): Promise<Undo> {
  const set = (change: number) =>
    dynamo.client.send(
      new UpdateItemCommand({
        TableName: CANDLES,
        Key: { pk: { S: 'TEST#backup' }, t: { N: '0' } },
        UpdateExpression: 'SET #f = #f + :by',
        ExpressionAttributeNames: { '#f': field },
        ExpressionAttributeValues: { ':by': { N: String(change) } },
      }),
    );
  await set(by);
  return () => set(-by);
}

const putObject = (Key: string, Body: Uint8Array) =>
  s3.client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body }));

/** Changes the lines of the first object under a prefix; undefined deletes it. */
async function changedObject(prefix: string, change: (lines: string[]) => string[] | undefined): Promise<Undo> {
  const key = (await bucket.listAll(prefix))[0]!;
  const bytes = (await bucket.get(key))!;
  const lines = change(gunzipSync(bytes).toString().trim().split('\n'));
  if (lines === undefined) await s3.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: key }));
  else await putObject(key, gzipSync(`${lines.join('\n')}\n`));
  return () => putObject(key, bytes);
}

async function addedObject(key: string, bytes: Uint8Array): Promise<Undo> {
  await putObject(key, bytes);
  return () => s3.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: key }));
}

const TRADES = 'trades/symbol=TEST/';
const candles = (interval: string) => `candles/timeframe=${interval}/symbol=TEST/`;
const without = (index: number) => (lines: string[]) => lines.filter((_, at) => at !== index);

test.each<[name: string, tamper: () => Promise<Undo>, store: string, told: RegExp]>([
  ...(['1m', '3m', '5m', '15m', '30m', '1h', '4h', '1d'] as const).map(
    (interval): [string, () => Promise<Undo>, string, RegExp] => [
      `a changed ${interval} row`,
      () => changedRow(interval),
      'candle_history',
      new RegExp(`^${interval} candle \\d+ of TEST\\n.* v=\\d+ .*\\n.* v=987654321 `),
    ],
  ),
  ['a lost 1m row', () => deletedRow('1m'), 'candle_history', /^1m candle \d+ of TEST\n[^]*\(nothing\)$/],
  ['a lost 5m row', () => deletedRow('5m'), 'candle_history', /^5m candle \d+ of TEST\n[^]*\(nothing\)$/],
  ['a lost 1h row', () => deletedRow('1h'), 'candle_history', /^1h candle \d+ of TEST\n[^]*\(nothing\)$/],
  ['a series from nowhere', () => addedRow('2h', 7_200), 'candle_history', /TEST#2h is no series/],
  [
    'a mark beyond the journal',
    () => movedMark('candle_q', 99_999),
    'candle_history',
    /the mark of TEST says trade \d+/,
  ],
  [
    'a changed line of a candle object',
    () =>
      changedObject(candles('5m'), (lines) =>
        lines.map((line, at) => (at === 2 ? line.replace('"o":', '"o":1') : line)),
      ),
    'archive',
    /^5m candle of TEST, t \d+, in candles\/timeframe=5m\/symbol=TEST\/.*\n[^]*"o":1\d+/,
  ],
  [
    'a 1m candle that S3 lacks',
    () => changedObject(candles('1m'), without(3)),
    'archive',
    /^1m candle \d+ of TEST \(stored, as the mark/,
  ],
  [
    'a 30m candle that S3 lacks',
    () => changedObject(candles('30m'), without(3)),
    'archive',
    /^30m candle \d+ of TEST \(stored, as candle_history/,
  ],
  [
    'a trade that S3 lacks',
    () => changedObject(TRADES, without(6)),
    'archive',
    /^trade 7 of TEST \(stored, as the mark of the backup/,
  ],
  [
    'a changed trade',
    () =>
      changedObject(TRADES, (lines) =>
        lines.map((line, at) => (at === 6 ? line.replace(/"price":\d+/, '"price":1') : line)),
      ),
    'archive',
    /^trade of TEST, trade_no 7, in trades\/symbol=TEST\/.*\n[^]*"price":1,/,
  ],
  [
    'a line that stands twice',
    () => changedObject(TRADES, (lines) => [...lines, lines.at(-1)!]),
    'archive',
    /trade_no (\d+) stands after \1$/,
  ],
  [
    'a trade in the object of another day',
    async () => {
      const [key] = await bucket.listAll(TRADES);
      const [line] = gunzipSync((await bucket.get(key!))!)
        .toString()
        .split('\n');
      return addedObject(key!.replace(/day=\d+/, 'day=01'), gzipSync(`${line}\n`));
    },
    'archive',
    /^trade of TEST, trade_no 1, stands in trades\/symbol=TEST\/.*day=01.*, its object is trades\//,
  ],
  [
    'an object that is no gzip',
    () => addedObject(`${TRADES}year=2020/x`, Buffer.from('x')),
    'archive',
    /is no gzip of JSON lines/,
  ],
  [
    'an object of another kind',
    () => addedObject('candles/x', Buffer.from('x')),
    'archive',
    /^candles\/x is no object of/,
  ],
  [
    'a changed previous day',
    async () => {
      const held = (await valkey.get(keys.previousDay('TEST')))!;
      await valkey.set(keys.previousDay('TEST'), held.replace(/"c":\d+/, '"c":1'));
      return () => valkey.set(keys.previousDay('TEST'), held);
    },
    'backup cache',
    /^previous day of TEST\n.*\n.*"c":1,/,
  ],
  [
    'a lost previous day',
    async () => {
      const held = (await valkey.getdel(keys.previousDay('TEST')))!;
      return () => valkey.set(keys.previousDay('TEST'), held);
    },
    'backup cache',
    /^previous day of TEST\n[^]*\(nothing\)$/,
  ],
])('%s is found in the real store and told in full', async (_name, tamper, store, told) => {
  const undo = await tamper();
  const { differences, differencesFound } = await auditStores();
  await undo();
  expect(differences).toEqual([{ store, message: expect.stringMatching(told) }]);
  expect(differencesFound).toBe(1);
});

test('a candle that is stored before its time is over, and all trades of a lost object, are found', async () => {
  const last = journal.at(-1)!.arrivalMs / 1000;
  const undo = await addedRow('4h', last - (last % 14_400));
  expect((await auditStores()).differences.map(({ message }) => message)).toEqual([
    expect.stringMatching(/^4h candle \d+ of TEST\n {2}the journal gives {2}\(nothing\)/),
    expect.stringMatching(/^4h candle \d+ of TEST \(stored, as candle_history says\)/),
  ]);
  await undo();
  const restore = await changedObject(TRADES, () => undefined);
  const { differencesFound, differences, counts } = await auditStores();
  await restore();
  const trades = stores.fills[0]!.filter(({ symbol }) => symbol === 'TEST').length;
  expect([differencesFound, counts.archivedTradesCompared]).toEqual([trades, counts.fills - trades]);
  expect(differences[0]!.message).toMatch(/^trade 1 of TEST /);
  expect((await auditStores()).differences).toEqual([]);
});
