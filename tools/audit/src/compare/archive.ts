import type { Candle, Interval } from '@supernoba/candles';
import { candleObjectKey, tradeObjectKey } from '@supernoba/market-history';
import { gunzipSync } from 'node:zlib';
import type { Findings } from '../findings.js';
import type { HeldHistory, HeldRow } from '../held.js';
import { MOVED_DAYS, seriesOf, type Tape } from './tape.js';

const STORE = 'archive';
const CANDLES_OBJECT = /^candles\/timeframe=([^/]+)\/symbol=([^/]+)\//;
const TRADES_OBJECT = /^trades\/symbol=([^/]+)\//;
/** A day of candles and a block of trades stay far below, bytes. */
const MAX_OBJECT_BYTES = 64 * 1024 * 1024;

/** What an object may hold. */
interface Content {
  what: string;
  /** The field that numbers the rows. */
  rowKey: 't' | 'trade_no';
  metric: 'archivedCandlesCompared' | 'archivedTradesCompared';
  /** Whether the journal can tell. */
  isKnown: boolean;
  /** The object and the line where a row belongs; undefined where the journal gives no such row. */
  place: (row: number) => { key: string; line: string } | undefined;
  /** Identity of a row over all objects. */
  id: (row: number) => string;
}

/**
 * The candles and trades in S3: every line of every object is what the journal gives, in its object, in order, once; and
 * everything is there that the backup's mark and the table say is stored.
 */
export class ArchiveCheck {
  readonly #seen = new Set<string>();

  constructor(
    private readonly tape: Tape,
    private readonly findings: Findings,
  ) {}

  compare(history: HeldHistory): void {
    for (const [key, bytes] of history.objects) {
      const content = this.#contentOf(key);
      if (content === undefined) this.findings.differ(STORE, `${key} is no object of candles or trades`);
      else this.#compareObject(key, bytes, content);
    }
    this.#findMissing(history);
  }

  #contentOf(key: string): Content | undefined {
    const [, timeframe, market] = CANDLES_OBJECT.exec(key) ?? [];
    const series = seriesOf(`${market}#${timeframe}`);
    if (series !== undefined) return this.#candles(series.symbol, series.interval);
    const [, symbol] = TRADES_OBJECT.exec(key) ?? [];
    return symbol === undefined ? undefined : this.#trades(symbol);
  }

  #candles(symbol: string, interval: Interval): Content {
    return {
      what: `${interval} candle of ${symbol}`,
      rowKey: 't',
      metric: 'archivedCandlesCompared',
      isKnown: this.tape.isKnown(symbol, interval),
      place: (t) => {
        const candle = this.tape.candles(symbol, interval).get(t);
        return candle && { key: candleObjectKey(symbol, interval, t), line: candleLine(candle) };
      },
      id: (t) => candleId(symbol, interval, t),
    };
  }

  #trades(symbol: string): Content {
    return {
      what: `trade of ${symbol}`,
      rowKey: 'trade_no',
      metric: 'archivedTradesCompared',
      isKnown: true,
      place: (no) => {
        const trade = this.tape.trade(symbol, no);
        return trade && { key: tradeObjectKey(symbol, trade), line: JSON.stringify(trade) };
      },
      id: (no) => tradeId(symbol, no),
    };
  }

  #compareObject(key: string, bytes: Uint8Array, content: Content): void {
    const { what, rowKey, metric, isKnown, place, id } = content;
    const rows = rowsOf(bytes, rowKey);
    this.findings.count('archiveObjectsCompared');
    if (rows === undefined) {
      this.findings.differ(STORE, `${key} is no gzip of JSON lines with ${rowKey}`);
      return;
    }
    let last = -Infinity;
    for (const [row, line] of rows) {
      if (row <= last) this.findings.differ(STORE, `${key}: ${rowKey} ${row} stands after ${last}`);
      last = row;
      this.#seen.add(id(row));
      if (!isKnown) {
        this.findings.notComparable(MOVED_DAYS);
        continue;
      }
      const expected = place(row);
      this.findings.count(metric);
      if (expected === undefined || expected.key === key) {
        this.findings.same(STORE, `${what}, ${rowKey} ${row}, in ${key}`, expected?.line, line);
      } else this.findings.differ(STORE, `${what}, ${rowKey} ${row}, stands in ${key}, its object is ${expected.key}`);
    }
  }

  #findMissing({ marks, candleRows }: HeldHistory): void {
    const miss = (what: string, line: string | undefined, because: string) =>
      this.findings.same(STORE, `${what} (stored, as ${because} says)`, line ?? '(unknown)', undefined);
    for (const [symbol, { tradeNo, candleQ }] of marks) {
      for (let no = 1; no <= tradeNo; no++) {
        const trade = this.tape.trade(symbol, no);
        if (!this.#seen.has(tradeId(symbol, no))) {
          miss(`trade ${no} of ${symbol}`, trade && JSON.stringify(trade), 'the mark of the backup');
        }
      }
      for (const [t, candle] of this.tape.candles(symbol, '1m')) {
        if (candle.q > candleQ || this.#seen.has(candleId(symbol, '1m', t))) continue;
        miss(`1m candle ${t} of ${symbol}`, candleLine(candle), 'the mark of the backup');
      }
    }
    for (const row of candleRows) this.#mustHave(row, miss);
  }

  /** A longer candle goes into the archive before it goes into the table. */
  #mustHave(row: HeldRow, miss: (what: string, line: string | undefined, because: string) => void): void {
    const { symbol, interval } = seriesOf(String(row['pk'])) ?? {};
    if (symbol === undefined || interval === undefined || interval === '1m') return;
    const t = Number(row['t']);
    if (this.#seen.has(candleId(symbol, interval, t))) return;
    const candle = this.tape.candles(symbol, interval).get(t);
    miss(`${interval} candle ${t} of ${symbol}`, candle && candleLine(candle), 'candle_history');
  }
}

function candleId(symbol: string, interval: Interval, t: number): string {
  return `${symbol} ${interval} ${t}`;
}

function tradeId(symbol: string, no: number): string {
  return `${symbol} ${no}`;
}

function candleLine({ t, o, h, l, c, v, n, q }: Candle): string {
  return JSON.stringify({ t, o, h, l, c, v: String(v), n, q });
}

/** Undefined where the bytes are no such thing. */
function rowsOf(bytes: Uint8Array, rowKey: 't' | 'trade_no'): [row: number, line: string][] | undefined {
  try {
    const text = gunzipSync(bytes, { maxOutputLength: MAX_OBJECT_BYTES }).toString('utf8');
    const lines = text.split('\n').filter((line) => line !== '');
    const rows = lines.map((line): [number, string] => [Number((JSON.parse(line) as HeldRow)[rowKey]), line]);
    return rows.every(([row]) => Number.isSafeInteger(row)) ? rows : undefined;
  } catch {
    // Not gzip, too large or no JSON: the caller tells it as a difference.
    return undefined;
  }
}
