import { GetObjectCommand, NoSuchKey, PutObjectCommand, S3ServiceException, type S3Client } from '@aws-sdk/client-s3';
import type { Candle, Interval } from '@supernoba/candles';
import { setTimeout as pause } from 'node:timers/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import { MarketHistoryError } from './error.js';
import type { TradeRecord } from './trade-table.js';

/** Trades of one object: 1 to 10,000, 10,001 to 20,000 … of a symbol, as far as they are of the object's day. */
const TRADES_PER_OBJECT = 10_000;
/** Largest object that is read, in bytes of JSON: a day of candles and a block of trades stay far below. */
const MAX_OBJECT_BYTES = 32 * 1024 * 1024;
const MAX_TRIES = 8;
const FIRST_PAUSE_MS = 20;

interface StoredObject {
  etag: string;
  /** Lines by their key, without line ends. */
  lines: Map<number, string>;
}

/** Keeps the key and the line of one row. */
type Line = readonly [key: number, line: string];

/**
 * The archive in S3: gzip files of JSON lines, laid out for Athena. An object is the sorted set of its rows and nothing else,
 * so the same rows are the same bytes. Rows are added under a condition: two writers of one object lose nothing.
 */
export class MarketArchive {
  constructor(
    private readonly s3: S3Client,
    private readonly bucket: string,
  ) {}

  /** Adds candles to the objects of their UTC days. A candle that is there is replaced. */
  async addCandles(symbol: string, timeframe: Interval, candles: readonly Candle[]): Promise<void> {
    const days = grouped(candles, ({ t }) => candleObjectKey(symbol, timeframe, t));
    for (const [key, rows] of days) await this.#add(key, 't', rows.map(candleLine));
  }

  /** Adds trades to the objects of their UTC days and blocks. */
  async addTrades(symbol: string, trades: readonly TradeRecord[]): Promise<void> {
    const objects = grouped(trades, (trade) => tradeObjectKey(symbol, trade));
    for (const [key, rows] of objects) {
      await this.#add(
        key,
        'trade_no',
        rows.map((row): Line => [row.trade_no, JSON.stringify(row)]),
      );
    }
  }

  /** Rows of one object as JSON lines, in order; none where there is no object. */
  async lines(key: string, rowKey: 't' | 'trade_no'): Promise<string[]> {
    return [...((await this.#read(key, rowKey))?.lines.values() ?? [])];
  }

  async #add(key: string, rowKey: 't' | 'trade_no', rows: readonly Line[]): Promise<void> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      if (tries > 0) await pause(FIRST_PAUSE_MS * 2 ** tries);
      const stored = await this.#read(key, rowKey);
      const lines = new Map([...(stored?.lines ?? []), ...rows]);
      if (stored !== undefined && isSame(stored.lines, lines)) return;
      if (await this.#write(key, lines, stored?.etag)) return;
    }
    throw new MarketHistoryError('CONTENDED', `${key}: others kept writing it`);
  }

  async #read(key: string, rowKey: 't' | 'trade_no'): Promise<StoredObject | undefined> {
    try {
      const answer = await this.s3.send(new GetObjectCommand({ Bucket: this.bucket, Key: key }));
      const bytes = (await answer.Body?.transformToByteArray()) ?? new Uint8Array();
      return { etag: answer.ETag ?? '', lines: linesOf(key, bytes, rowKey) };
    } catch (error) {
      if (error instanceof NoSuchKey) return undefined;
      throw error;
    }
  }

  /** @returns false where the object is no longer the one that was read */
  async #write(key: string, lines: ReadonlyMap<number, string>, etag: string | undefined): Promise<boolean> {
    try {
      await this.s3.send(
        new PutObjectCommand({
          Bucket: this.bucket,
          Key: key,
          Body: gzipLines(lines),
          ContentType: 'application/gzip',
          ...(etag === undefined ? { IfNoneMatch: '*' } : { IfMatch: etag }),
        }),
      );
      return true;
    } catch (error) {
      const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
      // 409: two conditional writes met; 404: the object was deleted in between.
      if (status === 412 || status === 409 || status === 404) return false;
      throw error;
    }
  }
}

/** `candles/timeframe=1m/symbol=S/year=2025/month=12/day=14/candles.jsonl.gz` of the UTC day of a start in epoch seconds. */
export function candleObjectKey(symbol: string, timeframe: Interval, t: number): string {
  return `candles/timeframe=${timeframe}/symbol=${symbol}/${dayFolder(t * 1000)}/candles.jsonl.gz`;
}

/** `trades/symbol=S/year=2025/month=12/day=14/0000000000010001.jsonl.gz`: the file is named by the first number of its block. */
export function tradeObjectKey(symbol: string, trade: Pick<TradeRecord, 'trade_no' | 'timestamp'>): string {
  const first = trade.trade_no - ((trade.trade_no - 1) % TRADES_PER_OBJECT);
  return `trades/symbol=${symbol}/${dayFolder(trade.timestamp)}/${String(first).padStart(16, '0')}.jsonl.gz`;
}

function grouped<T>(rows: readonly T[], keyOf: (row: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  return groups;
}

function dayFolder(timeMs: number): string {
  const [year, month, day] = new Date(timeMs).toISOString().slice(0, 10).split('-');
  return `year=${year}/month=${month}/day=${day}`;
}

/** The volume is a string: it may pass 2^53, and Athena reads it as a decimal. */
function candleLine({ t, o, h, l, c, v, n, q }: Candle): Line {
  return [t, JSON.stringify({ t, o, h, l, c, v: String(v), n, q })];
}

/** The same lines give the same bytes: ascending, no time and no operating system in the header. */
function gzipLines(lines: ReadonlyMap<number, string>): Buffer {
  const ascending = [...lines].sort(([a], [b]) => a - b);
  const bytes = gzipSync(ascending.map(([, line]) => `${line}\n`).join(''), { level: 9 });
  bytes.fill(0, 4, 8);
  bytes[9] = 255;
  return bytes;
}

function linesOf(key: string, bytes: Uint8Array, rowKey: 't' | 'trade_no'): Map<number, string> {
  try {
    const text = gunzipSync(bytes, { maxOutputLength: MAX_OBJECT_BYTES }).toString('utf8');
    const lines = text.split('\n').filter((line) => line !== '');
    return new Map(lines.map((line) => [rowNumber(line, rowKey), line]));
  } catch (cause) {
    throw new MarketHistoryError('BAD_ROW', `${key} cannot be read`, { cause });
  }
}

function rowNumber(line: string, rowKey: 't' | 'trade_no'): number {
  const value = (JSON.parse(line) as Partial<Record<'t' | 'trade_no', unknown>>)[rowKey];
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw new TypeError(`a row without ${rowKey}`);
}

function isSame(before: ReadonlyMap<number, string>, after: ReadonlyMap<number, string>): boolean {
  if (before.size !== after.size) return false;
  for (const [key, line] of after) if (before.get(key) !== line) return false;
  return true;
}
