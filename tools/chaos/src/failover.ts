import type { Accepted } from '@supernoba/audit/load';

interface Kill {
  at: number;
  /** Symbols that have not been answered yet since. */
  waiting: Set<string>;
}

/** How long after the kill of an engine every symbol is served again: an order accepted after the kill was answered. */
export class FailoverTimes {
  readonly ms: number[] = [];
  #open: Kill[] = [];

  constructor(private readonly symbols: readonly string[]) {}

  /** Kills that not every symbol has survived yet. */
  get unfinished(): number {
    return this.#open.length;
  }

  killed(at: number): void {
    this.#open.push({ at, waiting: new Set(this.symbols) });
  }

  answered({ symbol, at }: Accepted, now: number): void {
    for (const kill of this.#open) if (at > kill.at) kill.waiting.delete(symbol);
    const over = this.#open.filter(({ waiting }) => waiting.size === 0);
    if (over.length === 0) return;
    for (const kill of over) this.ms.push(now - kill.at);
    this.#open = this.#open.filter(({ waiting }) => waiting.size > 0);
  }
}

/** The value that a share of the values does not exceed; 0 without any. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
