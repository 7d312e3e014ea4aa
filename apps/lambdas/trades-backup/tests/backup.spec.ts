import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { candleToJson, foldTrades } from '@supernoba/candles';
import { createSymbolTable, openValkey, toSymbolItem, type Valkey } from '@supernoba/edge';
import { startDynamo, startS3, type TestDynamo, type TestS3 } from '@supernoba/edge/testing';
import { CandleTable, MarketArchive, TradeTable } from '@supernoba/market-history';
import { TABLES, TRADE_PARTITIONS } from '@supernoba/protocol';
import { startValkey, type TestValkey } from '@supernoba/testing';
import { createKeys } from '@supernoba/valkey-keys';
import { readFileSync } from 'node:fs';
import { createHandler } from '../src/handler.js';

let server: TestValkey;
let valkey: Valkey;
let dynamo: TestDynamo;
let s3: TestS3;
let candles: CandleTable;
let handler: ReturnType<typeof createHandler>;
const keys = createKeys();
const logged: string[] = [];
const MINUTE = 60_000;
/** 2025-12-14 05:31 UTC. */
const T0 = Date.UTC(2025, 11, 14, 5, 31);

beforeAll(async () => {
  [server, dynamo, s3] = await Promise.all([
    startValkey(),
    startDynamo(TABLES.symbols, TABLES.candleHistory, TABLES.tradeHistory),
    startS3('supernoba'),
  ]);
  valkey = openValkey(
    { VALKEY_HOST: server.host, VALKEY_PORT: server.port, VALKEY_TLS: false, VALKEY_PASSWORD: undefined },
    'test',
  );
  candles = new CandleTable(dynamo.client, TABLES.candleHistory.name);
  handler = createHandler({
    valkey,
    keys,
    table: createSymbolTable({ dynamo: () => Promise.resolve(dynamo.client), table: TABLES.symbols.name }),
    candles,
    trades: new TradeTable(dynamo.client, TABLES.tradeHistory.name),
    archive: new MarketArchive(s3.client, 'supernoba'),
    log: (message) => logged.push(message),
  });
});
afterAll(async () => {
  valkey.disconnect();
  await Promise.all([server.stop(), dynamo.stop(), s3.stop()]);
});

async function list(symbol: string): Promise<void> {
  const row = { symbol, state: 'open', config: {}, updated_at: 1, updated_by: 'root' } as const;
  await dynamo.client.send(new PutItemCommand({ TableName: TABLES.symbols.name, Item: toSymbolItem(row) }));
}

/** Three trades a minute as the engine leaves them, all minutes closed. */
async function market(symbol: string, minutes: number): Promise<void> {
  const rows = Array.from({ length: minutes * 3 }, (_, i) => [i + 1, T0 + i * 20_000, 100 + i, 1] as const);
  const closed = foldTrades(rows, '1m').map(candleToJson);
  await valkey.rpush(keys.closedCandles(symbol), ...closed);
  await valkey.hset(keys.marketData(symbol), { epoch: 1, seq: 9, q: rows.length, c: '', t: T0 + minutes * MINUTE });
  for (const [no, time, price, quantity] of rows) {
    const number = (value: number) => ({ N: String(value) });
    const texts = ['trade_id', 'buyer_order_id', 'buyer_user_id', 'seller_order_id', 'seller_user_id'];
    const Item = {
      pk: { S: `${symbol}#${no % TRADE_PARTITIONS}` },
      trade_no: number(no),
      seq: number(no),
      timestamp: number(time),
      price: number(price),
      quantity: number(quantity),
      taker_is_buy: { BOOL: true },
      ...Object.fromEntries(texts.map((name) => [name, { S: name }])),
    };
    await dynamo.client.send(new PutItemCommand({ TableName: TABLES.tradeHistory.name, Item }));
  }
}

test('every symbol is backed up; a second run finds nothing to do', async () => {
  for (const symbol of ['A', 'B', 'NEW']) await list(symbol);
  await market('A', 4);
  await market('B', 2);
  expect(await handler()).toEqual({ symbols: 3, candles: { stored: 6, rederived: 0, trimmed: 6 }, trades: 18 });
  expect(await candles.range({ symbol: 'A', timeframe: '1m' })).toHaveLength(4);
  expect(await valkey.exists(keys.closedCandles('A'))).toBe(0);
  expect(await valkey.llen(keys.storedCandles('A'))).toBe(4);
  const { Contents = [] } = await s3.client.send(new ListObjectsV2Command({ Bucket: 'supernoba' }));
  expect(Contents.map(({ Key }) => Key).sort()).toEqual(
    ['A', 'B']
      .flatMap((symbol) => [
        `candles/timeframe=1m/symbol=${symbol}/year=2025/month=12/day=14/candles.jsonl.gz`,
        `trades/symbol=${symbol}/year=2025/month=12/day=14/0000000000000001.jsonl.gz`,
      ])
      .sort(),
  );
  expect(await handler()).toEqual({ symbols: 3, candles: { stored: 0, rederived: 0, trimmed: 0 }, trades: 0 });
});

test('a symbol that cannot be backed up fails the run, and holds no other up', async () => {
  for (const symbol of ['BAD', 'GOOD']) await list(symbol);
  await market('GOOD', 2);
  await valkey.rpush(keys.closedCandles('BAD'), '{"t":1}');
  await valkey.hset(keys.marketData('BAD'), { epoch: 1, seq: 9, q: 3, c: '', t: T0 });
  await expect(handler()).rejects.toThrow(/the backup failed 1 times: candle field/);
  expect(logged).toEqual(['BAD: candles were not backed up']);
  expect(await valkey.lrange(keys.closedCandles('BAD'), 0, -1)).toEqual(['{"t":1}']);
  expect(await candles.range({ symbol: 'GOOD', timeframe: '1m' })).toHaveLength(2);
});

test('the table definition of the archive names the columns that the rows have', () => {
  const ddl = readFileSync('athena.sql', 'utf8');
  const columns = (table: string) =>
    [
      ...(new RegExp(`TABLE IF NOT EXISTS ${table} \\(([\\s\\S]*?)\\n\\)`).exec(ddl)?.[1] ?? '').matchAll(
        /^ {2}`?(\w+)`? /gm,
      ),
    ].map(([, name]) => name);
  expect(columns('candles')).toEqual(['t', 'o', 'h', 'l', 'c', 'v', 'n', 'q']);
  expect(columns('trades')).toEqual([
    'trade_no',
    'trade_id',
    'seq',
    'timestamp',
    'price',
    'quantity',
    'taker_is_buy',
    'buyer_order_id',
    'buyer_user_id',
    'seller_order_id',
    'seller_user_id',
  ]);
});
