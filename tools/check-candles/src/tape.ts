import { CommandFailure } from '@supernoba/command';
import { isInterval, type Interval } from '@supernoba/candles';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** An execution of a recorded market. */
export interface TapeTrade {
  /** Epoch ms. */
  timeMs: number;
  price: number;
  quantity: number;
  takerIsBuy: boolean;
}

/** Start in epoch seconds, then open, high, low, close and volume. */
export type ExpectedCandle = readonly [t: number, o: number, h: number, l: number, c: number, v: number];
export type ExpectedSeries = ReadonlyMap<Interval, readonly ExpectedCandle[]>;

/**
 * Executions out of a CSV file, plain or gzip, in the order of their times. Its first line names the columns: `time_ms`, `price…` and
 * `qty…` or `quantity…` are needed, `taker_side` (`buy` or `sell`) is taken where it is there.
 *
 * @throws CommandFailure for a file that is no such thing
 */
export function readTrades(file: string): TapeTrade[] {
  const [head = '', ...lines] = readText(file).trim().split(/\r?\n/);
  const columns = head.split(',').map((name) => name.trim());
  const column = (pattern: RegExp) => columns.findIndex((name) => pattern.test(name));
  const [time, price, quantity, side] = [/^time_ms$/, /^price/, /^(qty|quantity)/, /^taker_side$/].map(column);
  if (time === -1 || price === -1 || quantity === -1) {
    throw new CommandFailure(`${file}: the columns time_ms, price and qty are needed, there are ${head.slice(0, 200)}`);
  }
  let before = 0;
  return lines.map((line, index) => {
    const cells = line.split(',');
    const number = (at: number | undefined): number => {
      const value = Number(cells[at ?? -1]);
      if (Number.isSafeInteger(value) && value > 0) return value;
      throw new CommandFailure(`${file}, line ${index + 2}: ${cells[at ?? -1]} is no positive integer`);
    };
    const timeMs = number(time);
    if (timeMs < before) throw new CommandFailure(`${file}, line ${index + 2}: the time goes back`);
    before = timeMs;
    return {
      timeMs,
      price: number(price),
      quantity: number(quantity),
      takerIsBuy: side === undefined || side === -1 || cells[side] === 'buy',
    };
  });
}

/**
 * Expected candles out of a JSON file, plain or gzip: `{"candles":{"1m":{"rows":[[startMs,o,h,l,c,v]…]}…}}`.
 *
 * @throws CommandFailure for a file that is no such thing
 */
export function readExpected(file: string): ExpectedSeries {
  const given = parse(file) as { candles?: Record<string, { rows?: unknown }> } | null;
  const series = new Map<Interval, ExpectedCandle[]>();
  for (const [interval, { rows }] of Object.entries(given?.candles ?? {})) {
    if (!isInterval(interval) || !Array.isArray(rows)) throw new CommandFailure(`${file}: ${interval} is no series`);
    series.set(
      interval,
      rows.map((row: unknown): ExpectedCandle => {
        if (!Array.isArray(row) || row.length !== 6 || !row.every((cell) => Number.isSafeInteger(cell))) {
          throw new CommandFailure(`${file}: ${JSON.stringify(row)} is no candle of ${interval}`);
        }
        const [startMs, o, h, l, c, v] = row as [number, number, number, number, number, number];
        return [startMs / 1000, o, h, l, c, v];
      }),
    );
  }
  if (series.size === 0) throw new CommandFailure(`${file} holds no series`);
  return series;
}

function parse(file: string): unknown {
  try {
    return JSON.parse(readText(file));
  } catch (cause) {
    throw new CommandFailure(`${file} is no JSON`, { cause });
  }
}

function readText(file: string): string {
  const bytes = readFileSync(file);
  return (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString('utf8');
}
