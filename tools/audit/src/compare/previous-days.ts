import type { SymbolMachine } from '@supernoba/engine/matching';
import type { Findings } from '../findings.js';
import type { Observer, Step } from '../replay.js';

const STORE = 'backup cache';

interface Days {
  /** Every day that was over, as text, oldest first. */
  texts: string[];
  /** Index of the last one that was published. */
  published: number;
}

/** `prev:S` is the day before, as it was when the engine last wrote: the last one published or a later one. */
export class PreviousDayCheck implements Observer {
  readonly #days = new Map<string, Days>();

  constructor(private readonly findings: Findings) {}

  moved({ symbol, fold }: SymbolMachine, _output: unknown, { published }: Step): void {
    if (fold.previous === undefined) return;
    const { t, o, h, l, c, v } = fold.previous;
    const text = JSON.stringify({ t, o, h, l, c, v: String(v) });
    let days = this.#days.get(symbol);
    if (days === undefined) this.#days.set(symbol, (days = { texts: [], published: -1 }));
    if (days.texts.at(-1) !== text) days.texts.push(text);
    if (published) days.published = days.texts.length - 1;
  }

  finish(held: ReadonlyMap<string, string | undefined>): void {
    for (const symbol of new Set([...held.keys(), ...this.#days.keys()])) {
      const text = held.get(symbol);
      const { texts, published } = this.#days.get(symbol) ?? { texts: [], published: -1 };
      if (text !== undefined) this.findings.count('previousDaysCompared');
      const isRight = text === undefined ? published < 0 : texts.lastIndexOf(text) >= Math.max(0, published);
      if (!isRight) this.findings.same(STORE, `previous day of ${symbol}`, texts[published] ?? texts.at(-1), text);
    }
  }
}
