/** A repeatable source of numbers: the same seed gives the same run, on any machine. */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d = 1;

  /** @param seed any integer; `purpose` gives a source that the draws of another one do not disturb */
  constructor(
    private readonly seed: number,
    purpose = '',
  ) {
    let hash = 0x811c9dc5 ^ seed;
    for (const char of purpose) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193);
    this.#a = hash >>> 0;
    this.#b = (hash ^ 0x9e3779b9) >>> 0;
    this.#c = seed >>> 0;
    for (let round = 0; round < 15; round++) this.next();
  }

  /** An independent source for one purpose. */
  fork(purpose: string): Random {
    return new Random(this.seed, purpose);
  }

  /** In [0, 1): sfc32. */
  next(): number {
    const sum = (this.#a + this.#b + this.#d) | 0;
    this.#d = (this.#d + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    return (sum >>> 0) / 2 ** 32;
  }

  /** An integer, both ends included. */
  integer(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(values: readonly T[]): T {
    const value = values[Math.floor(this.next() * values.length)];
    if (value === undefined) throw new RangeError('nothing to pick from');
    return value;
  }
}
