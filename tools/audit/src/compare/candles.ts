import type { MinuteCandle, SymbolMachine, SymbolOutput } from '@supernoba/engine/matching';
import type { Findings } from '../findings.js';
import type { HeldRow } from '../held.js';
import type { Observer, Step } from '../replay.js';
import { seriesOf } from './tape.js';

const STORE = 'candle_history';

interface Expected {
  text: string;
  published: boolean;
}

/** Every closed minute candle that a store holds is the fold of its trades. */
export class CandleCheck implements Observer {
  /** By symbol, then by start (epoch seconds). */
  readonly #closed = new Map<string, Map<number, Expected>>();
  readonly #stored = new Set<string>();

  constructor(
    rows: readonly HeldRow[],
    private readonly findings: Findings,
  ) {
    for (const row of rows) this.#stored.add(`${String(row['pk'])} ${String(row['t'])}`);
  }

  moved({ symbol, fold }: SymbolMachine, _output: SymbolOutput | undefined, { published }: Step): void {
    let closed = this.#closed.get(symbol);
    if (closed === undefined) this.#closed.set(symbol, (closed = new Map<number, Expected>()));
    for (let index = fold.closed.length - 1; index >= 0; index--) {
      const candle = fold.closed[index]!;
      if (closed.has(candle.t)) break;
      closed.set(candle.t, { text: candleText(candle), published });
    }
  }

  /** The closed candle of a symbol as text, undefined where the journal closes none there. */
  closed(symbol: string, t: number): string | undefined {
    return this.#closed.get(symbol)?.get(t)?.text;
  }

  /** Whether `candle_history` has the minute candle. */
  isStored(symbol: string, t: number): boolean {
    return this.#stored.has(`${symbol}#1m ${t}`);
  }

  /** @param inCache whether the cache's list has the closed candle */
  finish(rows: readonly HeldRow[], inCache: (symbol: string, t: number) => boolean): void {
    for (const row of rows) {
      const { symbol, interval } = seriesOf(String(row['pk'])) ?? {};
      if (symbol === undefined || interval !== '1m') continue;
      const t = Number(row['t']);
      this.findings.count('candlesCompared');
      this.findings.count('candleRows_1m');
      this.findings.same(STORE, `1m candle ${t} of ${symbol}`, this.closed(symbol, t), candleText(row));
    }
    for (const [symbol, candles] of this.#closed) {
      for (const [t, { published }] of candles) {
        if (!published || inCache(symbol, t) || this.isStored(symbol, t)) continue;
        this.findings.notComparable('closed candles that the cache no longer holds and no backup has stored');
      }
    }
  }
}

type Figures = Readonly<Record<keyof MinuteCandle, unknown>>;

/** The figures of a candle, from wherever: prices and times are numbers, volumes digits. */
export function candleText(candle: Figures | HeldRow): string {
  const { t, o, h, l, c, v, n, q } = candle as Figures;
  return `t=${String(t)} o=${String(o)} h=${String(h)} l=${String(l)} c=${String(c)} v=${String(v)} n=${String(n)} q=${String(q)}`;
}
