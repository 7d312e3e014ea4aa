import { SHOWN_LEVELS } from '../rules/limits.js';
import type { BookSide } from './book-side.js';
import type { Levels } from './levels.js';

const CELLS = SHOWN_LEVELS * 3;

/** The top of both sides as it was at the last reading. */
export class ShownDepth {
  version = 0;
  readonly #seen = new Float64Array(CELLS * 2);

  /** Raises the version if the top differs from the last reading. */
  read(levels: Levels, bids: BookSide, asks: BookSide): void {
    const bidsChanged = this.#readSide(levels, bids, 0);
    const asksChanged = this.#readSide(levels, asks, CELLS);
    if (bidsChanged || asksChanged) this.version++;
  }

  #readSide(levels: Levels, side: BookSide, start: number): boolean {
    const seen = this.#seen;
    let changed = false;
    for (let index = 0; index < SHOWN_LEVELS; index++) {
      const level = side.at(index);
      const cell = start + index * 3;
      const price = level < 0 ? 0 : levels.price(level);
      const quantity = level < 0 ? 0 : levels.shown(level);
      const orders = level < 0 ? 0 : levels.orders(level);
      if (seen[cell] === price && seen[cell + 1] === quantity && seen[cell + 2] === orders) continue;
      seen[cell] = price;
      seen[cell + 1] = quantity;
      seen[cell + 2] = orders;
      changed = true;
    }
    return changed;
  }
}
