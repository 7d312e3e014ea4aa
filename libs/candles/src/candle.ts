import { CandleError } from './error.js';

/** Open, high, low, close and volume of the trades of one bucket. A bucket without a trade has no candle. */
export interface Candle {
  /** Start, epoch seconds. */
  t: number;
  /** Open, high, low, close in ticks. */
  o: number;
  h: number;
  l: number;
  c: number;
  /** Volume in lots: exact, whatever its size. */
  v: bigint;
  /** Number of trades; 0 where the source does not carry it (push frames). */
  n: number;
  /** Number of the last trade applied; 0 where the source does not carry it. */
  q: number;
}

/** A candle as chart libraries take it. */
export interface ChartPoint {
  /** Start, epoch seconds. */
  time: number;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
}

/** A candle as the caches and the wire carry it: a hash of decimal strings, a JSON object of numbers, a push frame. */
export type CandleSource = Readonly<Partial<Record<'t' | 'o' | 'h' | 'l' | 'c' | 'v' | 'n' | 'q', unknown>>>;

const DECIMAL = /^(0|[1-9][0-9]{0,39})$/;

function readInteger(source: CandleSource, field: 't' | 'o' | 'h' | 'l' | 'c' | 'n' | 'q', fallback?: number): number {
  const value = source[field];
  if (value === undefined && fallback !== undefined) return fallback;
  const number = typeof value === 'string' && DECIMAL.test(value) ? Number(value) : value;
  if (typeof number === 'number' && Number.isSafeInteger(number) && number >= 0) return number;
  throw new CandleError('BAD_CANDLE', `candle field ${field} must be a safe integer, got ${describe(value)}`);
}

function readVolume(value: unknown): bigint {
  if (typeof value === 'bigint' && value >= 0n) return value;
  if (typeof value === 'string' && DECIMAL.test(value)) return BigInt(value);
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return BigInt(value);
  throw new CandleError(
    'BAD_CANDLE',
    `candle field v must be a safe integer or a decimal string, got ${describe(value)}`,
  );
}

function describe(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? JSON.stringify(value) : typeof value;
}

/**
 * Reads a candle out of a hash (`HGETALL candle:1m:S`), a parsed list entry or a push frame.
 * A volume above 2^53 − 1 must be a decimal string (or a bigint): a JSON number of that size has already lost digits.
 *
 * @throws CandleError `BAD_CANDLE` for a missing or unsafe field, or prices that contradict each other
 */
export function parseCandle(source: CandleSource): Candle {
  const candle: Candle = {
    t: readInteger(source, 't'),
    o: readInteger(source, 'o'),
    h: readInteger(source, 'h'),
    l: readInteger(source, 'l'),
    c: readInteger(source, 'c'),
    v: readVolume(source.v),
    n: readInteger(source, 'n', 0),
    q: readInteger(source, 'q', 0),
  };
  if (candle.h < Math.max(candle.o, candle.c) || candle.l > Math.min(candle.o, candle.c)) {
    throw new CandleError('BAD_CANDLE', `candle of ${candle.t}: open and close lie outside low and high`);
  }
  return candle;
}

/** The hash of `candle:1m:S`: decimal strings in the order `o h l c v t n q`. */
export function candleToHash(candle: Candle): Record<'o' | 'h' | 'l' | 'c' | 'v' | 't' | 'n' | 'q', string> {
  const { o, h, l, c, v, t, n, q } = candle;
  return {
    o: String(o),
    h: String(h),
    l: String(l),
    c: String(c),
    v: String(v),
    t: String(t),
    n: String(n),
    q: String(q),
  };
}

/** An entry of `candle:closed:1m:S`: JSON, its volume a number while that is exact, else a decimal string. */
export function candleToJson(candle: Candle): string {
  const { t, o, h, l, c, v, n, q } = candle;
  return JSON.stringify({ t, o, h, l, c, v: v <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(v) : String(v), n, q });
}

/** A candle for a chart. `volume` is exact up to 2^53 − 1, the nearest double beyond. */
export function candleToChart({ t, o, h, l, c, v }: Candle): ChartPoint {
  return { time: t, open: o, high: h, low: l, close: c, volume: Number(v) };
}
