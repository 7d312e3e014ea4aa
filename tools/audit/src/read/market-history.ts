import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CandleTable } from '@supernoba/market-history';
import type { Valkey } from '@supernoba/runtime';
import { createKeys } from '@supernoba/valkey-keys';
import type { HeldHistory, HeldMark, HeldRow } from '../held.js';
import type { Bucket } from './bucket.js';

const READS_AT_A_TIME = 16;

export interface HistoryStores {
  dynamo: DynamoDBClient;
  candleTable: string;
  bucket: Bucket;
  symbols: Iterable<string>;
  /** Reads all rows of `candle_history`. */
  scanRows: () => Promise<HeldRow[]>;
}

/** What the scheduled Lambdas have stored: first what they say, then the table, then the archive, as they write the other way round. */
export async function readMarketHistory(stores: HistoryStores): Promise<HeldHistory> {
  const table = new CandleTable(stores.dynamo, stores.candleTable);
  const marks = new Map<string, HeldMark>();
  await inParallel(stores.symbols, async (symbol) => {
    marks.set(symbol, await table.mark(symbol));
  });
  const candleRows = await stores.scanRows();
  const objects = new Map<string, Uint8Array>();
  for (const prefix of ['candles/', 'trades/']) {
    await inParallel(await stores.bucket.listAll(prefix), async (key) => {
      const bytes = await stores.bucket.get(key);
      if (bytes !== undefined) objects.set(key, bytes);
    });
  }
  return { marks, candleRows, objects };
}

/** `prev:S` of each symbol. */
export async function readPreviousDays(
  cache: Valkey,
  hashTags: boolean,
  symbols: Iterable<string>,
): Promise<Map<string, string | undefined>> {
  const keys = createKeys({ hashTags });
  const held = new Map<string, string | undefined>();
  for (const symbol of symbols) held.set(symbol, (await cache.get(keys.previousDay(symbol))) ?? undefined);
  return held;
}

async function inParallel<T>(items: Iterable<T>, work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const worker = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: READS_AT_A_TIME }, worker));
}
