import type { CandleInterval, SubscribeRequest } from '@supernoba/protocol';

export interface Subscription {
  /** The one symbol whose depth, candles and trades come; replaces the last one. */
  main?: string;
  /** Symbols whose tickers come, added to those already watched; at most 100 in all. */
  sub?: readonly string[];
  /** Interval of the candles of `main`. Default `1m`. */
  tf?: CandleInterval;
}

/** What the app wants to watch: sent whole with every request, so that server and client cannot drift apart. */
export class Subscriptions {
  #main: string | undefined;
  #tf: CandleInterval | undefined;
  readonly #sub = new Set<string>();

  get count(): number {
    return this.#sub.size;
  }

  has(symbol: string): boolean {
    return this.#sub.has(symbol);
  }

  /** Returns the undo, for a server that refuses. */
  add({ main, sub = [], tf }: Subscription): () => void {
    const before = { main: this.#main, tf: this.#tf };
    const added = sub.filter((symbol) => !this.#sub.has(symbol));
    if (main !== undefined) {
      this.#main = main;
      this.#tf = tf;
    } else if (tf !== undefined) {
      this.#tf = tf;
    }
    const after = { main: this.#main, tf: this.#tf };
    for (const symbol of added) this.#sub.add(symbol);
    return () => {
      for (const symbol of added) this.#sub.delete(symbol);
      // Something newer may stand there by now.
      if (this.#main === after.main && this.#tf === after.tf) {
        this.#main = before.main;
        this.#tf = before.tf;
      }
    };
  }

  remove({ main, sub }: { main?: string; sub?: readonly string[] }): void {
    for (const symbol of sub ?? []) this.#sub.delete(symbol);
    if (main !== undefined && main === this.#main) this.#main = undefined;
  }

  /** All of it, for an unsubscribe that names nothing. */
  all(): { main?: string; sub?: string[] } {
    return {
      ...(this.#main === undefined ? {} : { main: this.#main }),
      ...(this.#sub.size === 0 ? {} : { sub: [...this.#sub] }),
    };
  }

  request(): SubscribeRequest | undefined {
    if (this.#main === undefined && this.#sub.size === 0) return undefined;
    return {
      action: 'subscribe',
      ...this.all(),
      ...(this.#main === undefined || this.#tf === undefined ? {} : { tf: this.#tf }),
    };
  }
}
