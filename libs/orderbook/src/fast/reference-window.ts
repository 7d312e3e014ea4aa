import type { ReferenceTrade } from '../snapshot/book-image.js';

/** Executions that a reference price may be taken from: the last before the window, and all within it. */
export class ReferenceWindow {
  #trades: ReferenceTrade[] = [];
  /** Index of the oldest that counts. */
  #first = 0;

  record(time: number, price: number): void {
    const latest = this.#trades[this.#trades.length - 1];
    if (latest !== undefined && latest.time === time) latest.last = price;
    else this.#trades.push({ time, first: price, last: price });
  }

  /** Forgets what lies before the last trade at or before `time`. */
  forgetBefore(time: number): void {
    while (this.#first + 1 < this.#trades.length && this.#trades[this.#first + 1]!.time <= time) this.#first++;
    if (this.#first < 1024 || this.#first * 2 < this.#trades.length) return;
    this.#trades = this.#trades.slice(this.#first);
    this.#first = 0;
  }

  /** Price of the last trade at or before `time`, else of the oldest, else 0. */
  priceAt(time: number): number {
    const oldest = this.#trades[this.#first];
    if (oldest === undefined) return 0;
    return oldest.time <= time ? oldest.last : oldest.first;
  }

  reset(trades: readonly Readonly<ReferenceTrade>[]): void {
    this.#trades = trades.map((trade) => ({ ...trade }));
    this.#first = 0;
  }

  /** Oldest first. */
  trades(): ReferenceTrade[] {
    return this.#trades.slice(this.#first);
  }
}
