import type { Random } from './random.js';

const MAX_STEP = 6;
const LOWEST = 1_000;
/** How strongly a price far from its base is drawn back to it, so that it neither dies nor explodes in a long run. */
const PULL = 0.002;

/** A price that wanders in whole ticks around where it began. */
export class Walk {
  readonly #random: Random;
  readonly #base: number;
  #price: number;

  constructor(start: number, random: Random) {
    this.#base = Math.max(LOWEST, Math.round(start));
    this.#price = this.#base;
    this.#random = random;
  }

  next(): number {
    // The sum of three is nearly normal: mostly small steps, sometimes a larger one.
    const noise = (this.#random() + this.#random() + this.#random() - 1.5) * (MAX_STEP / 1.5);
    const step = Math.round(noise + (this.#base - this.#price) * PULL);
    this.#price = Math.max(LOWEST, this.#price + step);
    return this.#price;
  }
}
