import type { Candle, Interval } from '@supernoba/candles';

export interface KeptRowsOptions {
  /** Rows of one series, the newest ones; default 5,000: the longest chart. */
  maxRows?: number;
  /** Rows of all series together; default 100,000, about 12 MB. */
  maxRowsInAll?: number;
  /** Default 5 minutes. */
  maxAgeMs?: number;
  /** Wall clock, epoch ms: a monotonic one may stand still while a Lambda is frozen. */
  now?: () => number;
}

/** The newest rows of one series, as the table held them. */
export interface Tail {
  /** Every row of the table that starts here (epoch seconds) or later, up to the last of `rows`, is in `rows`. */
  start: number;
  /** Ascending. */
  rows: readonly Candle[];
  /** When the first of them was read, epoch ms. */
  readAt: number;
}

/**
 * Rows of `candle_history` in memory. The backup never changes what its mark covers, so only such rows belong here; but a
 * rebuild mends rows that were wrong, and a table may be restored: so none is kept for longer than `maxAgeMs`. Where the room is
 * full, the series that was asked for longest ago goes first.
 */
export class KeptRows {
  readonly #maxRows: number;
  readonly #maxRowsInAll: number;
  readonly #maxAgeMs: number;
  readonly #now: () => number;
  /** By symbol and interval; what was asked for last stands last. */
  readonly #tails = new Map<string, Tail>();
  #size = 0;

  constructor({ maxRows = 5_000, maxRowsInAll = 100_000, maxAgeMs = 300_000, now = Date.now }: KeptRowsOptions = {}) {
    this.#maxRows = maxRows;
    this.#maxRowsInAll = maxRowsInAll;
    this.#maxAgeMs = maxAgeMs;
    this.#now = now;
  }

  /** Rows kept, of all series; a series takes the room of one more. */
  get size(): number {
    return this.#size;
  }

  now(): number {
    return this.#now();
  }

  /** Undefined where nothing is kept, or was for too long. */
  get(symbol: string, interval: Interval): Tail | undefined {
    const key = keyOf(symbol, interval);
    const tail = this.#tails.get(key);
    if (tail === undefined) return undefined;
    this.#drop(key);
    const age = this.#now() - tail.readAt;
    // A clock that was set back says nothing about the age.
    if (age < 0 || age >= this.#maxAgeMs) return undefined;
    this.#put(key, tail);
    return tail;
  }

  /** Keeps the newest of the rows, in the place of what was kept of the series. */
  set(symbol: string, interval: Interval, tail: Tail): void {
    const key = keyOf(symbol, interval);
    this.#drop(key);
    const rows = tail.rows.slice(-this.#maxRows);
    const start = rows.length < tail.rows.length ? (rows[0]?.t ?? tail.start) : tail.start;
    this.#put(key, { ...tail, start, rows });
    for (const oldest of this.#tails.keys()) {
      if (this.#size <= this.#maxRowsInAll) break;
      this.#drop(oldest);
    }
  }

  #put(key: string, tail: Tail): void {
    this.#tails.set(key, tail);
    this.#size += tail.rows.length + 1;
  }

  #drop(key: string): void {
    const tail = this.#tails.get(key);
    if (tail === undefined) return;
    this.#tails.delete(key);
    this.#size -= tail.rows.length + 1;
  }
}

function keyOf(symbol: string, interval: Interval): string {
  return `${symbol}#${interval}`;
}
