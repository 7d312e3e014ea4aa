import { bucketEnd, type Candle, type Interval } from '@supernoba/candles';
import type { CandleTable } from '@supernoba/market-history';
import type { HotCandles } from './hot-candles.js';
import type { KeptRows, Tail } from './kept-rows.js';

export interface Cut {
  /** Starts, epoch seconds, both included; default: all. */
  from?: number | undefined;
  to?: number | undefined;
  /** Most candles; the newest of the range are taken. */
  limit: number;
}

/** Rows behind the kept ones that one answer reads: a backup brings 10 minutes at a time. */
const MAX_NEWER = 1_000;

/**
 * The candles of `candle_history` of one symbol, for one answer: out of memory as far as they are kept there, what lies
 * behind those out of the table, unless the cache proves that nothing does. Read the cache first: what it does not hold is in
 * the table by then.
 */
export class ColdCandles {
  /** Whether the kept minutes and the cache hold every trade between them: then the table has nothing that they have not. */
  readonly #isCurrent: boolean;
  #mark: Promise<number> | undefined;

  constructor(
    private readonly table: CandleTable,
    private readonly kept: KeptRows,
    private readonly symbol: string,
    hot: HotCandles,
  ) {
    const last = kept.get(symbol, '1m')?.rows.at(-1);
    this.#isCurrent = last !== undefined && goesOn(last.q, hot);
  }

  /** Newest candles of a range, ascending. @throws MarketHistoryError BAD_ROW, errors of the AWS SDK */
  async range(interval: Interval, cut: Cut): Promise<Candle[]> {
    const tail = this.kept.get(this.symbol, interval);
    if (tail !== undefined && (cut.to ?? Infinity) >= tail.start) {
      const rows = this.#isCurrent || endsWithin(tail, cut) ? tail.rows : await this.#extended(interval, tail);
      if (rows !== undefined && covers(tail.start, rows, cut)) return cutOf(rows, cut);
    }
    if (cut.to !== undefined) return this.#read(interval, cut);
    const until = await this.#until();
    const readAt = this.kept.now();
    const rows = await this.#read(interval, cut);
    const { from = 0, limit } = cut;
    const start = rows.length < limit ? from : (rows[0]?.t ?? from);
    if (tail === undefined || start < tail.start) {
      this.kept.set(this.symbol, interval, { start, rows: settled(interval, rows, until), readAt });
    }
    return rows;
  }

  async newest(interval: Interval): Promise<Candle | undefined> {
    return (await this.range(interval, { limit: 1 }))[0];
  }

  /** The kept rows and what the table holds behind them; undefined where that is too much. */
  async #extended(interval: Interval, tail: Tail): Promise<readonly Candle[] | undefined> {
    const until = await this.#until();
    const newer = await this.#read(interval, { from: firstAfter(tail), limit: MAX_NEWER });
    if (newer.length === MAX_NEWER) return undefined;
    const whole = settled(interval, newer, until);
    if (whole.length > 0) this.kept.set(this.symbol, interval, { ...tail, rows: [...tail.rows, ...whole] });
    return newer.length === 0 ? tail.rows : [...tail.rows, ...newer];
  }

  #read(timeframe: Interval, { from, to, limit }: Cut): Promise<Candle[]> {
    return this.table.range({ symbol: this.symbol, timeframe, from, to, limit, newest: true });
  }

  /** The backup's mark, read before the rows: what it covers was whole, without a hole before it, when they are read. */
  #until(): Promise<number> {
    this.#mark ??= this.table.mark(this.symbol).then(({ until }) => until);
    return this.#mark;
  }
}

/** Whether the cache begins with the trade after `q` and has all up to the last one. */
function goesOn(q: number, { candles, lastTrade }: HotCandles): boolean {
  for (const candle of candles) {
    if (candle.q - candle.n !== q) return false;
    q = candle.q;
  }
  return q === lastTrade;
}

function settled(interval: Interval, rows: readonly Candle[], until: number): Candle[] {
  return rows.filter(({ t }) => bucketEnd(interval, t) <= until);
}

function firstAfter({ start, rows }: Tail): number {
  const last = rows.at(-1);
  return last === undefined ? start : last.t + 1;
}

function endsWithin(tail: Tail, { to }: Cut): boolean {
  return to !== undefined && to < firstAfter(tail);
}

function covers(start: number, rows: readonly Candle[], { from = 0, to = Infinity, limit }: Cut): boolean {
  return start <= from || rows.filter(({ t }) => t <= to).length >= limit;
}

function cutOf(rows: readonly Candle[], { from = 0, to = Infinity, limit }: Cut): Candle[] {
  return rows.filter(({ t }) => t >= from && t <= to).slice(-limit);
}
