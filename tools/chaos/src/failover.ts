import type { Accepted } from '@supernoba/audit/load';

interface Kill {
  at: number;
  /** Symbols that have not been answered yet since. */
  waiting: Set<string>;
  isAlone: boolean;
}

/** How long after the kill of an engine every symbol is served again: an order accepted after the kill was answered. */
export class FailoverTimes {
  /** Kills that nothing else interfered with while a standby was ready: what the bar of a failover speaks of. */
  readonly alone: number[] = [];
  /** Kills among other faults: the standby may have been paused, or started a moment ago. */
  readonly amongOthers: number[] = [];
  #open: Kill[] = [];

  constructor(private readonly symbols: readonly string[]) {}

  /** Kills that not every symbol has survived yet. */
  get unfinished(): number {
    return this.#open.length;
  }

  /** @param isAlone whether a standby is ready and no other fault lasts */
  killed(at: number, isAlone: boolean): void {
    this.#open.push({ at, waiting: new Set(this.symbols), isAlone });
  }

  /** Another fault strikes. */
  disturbed(): void {
    for (const kill of this.#open) kill.isAlone = false;
  }

  answered({ symbol, at }: Accepted, now: number): void {
    for (const kill of this.#open) if (at > kill.at) kill.waiting.delete(symbol);
    const over = this.#open.filter(({ waiting }) => waiting.size === 0);
    if (over.length === 0) return;
    for (const kill of over) (kill.isAlone ? this.alone : this.amongOthers).push(now - kill.at);
    this.#open = this.#open.filter(({ waiting }) => waiting.size > 0);
  }
}

/** The value that a share of the values does not exceed; 0 without any. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
