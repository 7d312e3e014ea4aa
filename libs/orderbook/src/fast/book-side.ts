import { SHOWN_LEVELS } from '../rules/limits.js';
import { LevelField, type Levels } from './levels.js';

/** Most lookups end near the best price: so many cells are tried one by one before the search halves. */
const NEAR = 8;

/** The levels of one side in a sorted array, the best at the end, where nearly all changes are. */
export class BookSide {
  readonly #levels: Levels;
  /** 1 where the highest price is the best, −1 where the lowest is. */
  readonly #sign: number;
  /** price × sign, ascending */
  #keys = new Float64Array(32);
  #numbers = new Int32Array(32);
  length = 0;

  /** Grows with every change that the top levels may show. */
  version = 0;
  /** Quantity that ever came to rest here: no level holds more. */
  #rested = 0;

  constructor(levels: Levels, highestFirst: boolean) {
    this.#levels = levels;
    this.#sign = highestFirst ? 1 : -1;
  }

  /** Level `index` from the best, −1 beyond the last. */
  at(index: number): number {
    return index >= 0 && index < this.length ? this.#numbers[this.length - 1 - index]! : -1;
  }

  best(): number {
    return this.length === 0 ? -1 : this.#numbers[this.length - 1]!;
  }

  /** Level of the price, −1 if there is none. */
  find(price: number): number {
    const key = price * this.#sign;
    const index = this.#search(key);
    return index < this.length && this.#keys[index] === key ? this.#numbers[index]! : -1;
  }

  /** Level in which so much comes to rest at the price, made if there is none. */
  obtain(price: number, quantity: number): number {
    const key = price * this.#sign;
    const index = this.#search(key);
    if (index === this.length || this.#keys[index] !== key) this.#insert(index, key, this.#levels.allocate(price));
    if (this.length - index <= SHOWN_LEVELS) this.version++;
    this.#rested += quantity;
    return this.#numbers[index]!;
  }

  drop(level: number): void {
    const keys = this.#keys;
    const numbers = this.#numbers;
    let index = this.length - 1;
    if (numbers[index] !== level) index = this.#search(this.#levels.price(level) * this.#sign);
    if (numbers[index] !== level) throw new Error('order book lost a price level');
    const last = --this.length;
    if (last - index < 64) {
      for (let i = index; i < last; i++) {
        keys[i] = keys[i + 1]!;
        numbers[i] = numbers[i + 1]!;
      }
    } else {
      keys.copyWithin(index, index + 1, last + 1);
      numbers.copyWithin(index, index + 1, last + 1);
    }
    this.#levels.free(level);
  }

  /** Something changed at the level: counts it if it is one of the top levels. */
  touch(level: number): void {
    const length = this.length;
    if (length <= SHOWN_LEVELS || this.#levels.price(level) * this.#sign >= this.#keys[length - SHOWN_LEVELS]!)
      this.version++;
  }

  /** True if `quantity` more at the price would make a level's total unsafe. */
  overflows(price: number, quantity: number): boolean {
    if (this.#rested + quantity <= Number.MAX_SAFE_INTEGER) return false;
    const level = this.find(price);
    return level >= 0 && this.#levels.total(level) + quantity > Number.MAX_SAFE_INTEGER;
  }

  /** Copies price, shown quantity and orders of the best levels, at most `count`; returns how many there were. */
  copyTop(count: number, into: Float64Array): number {
    const { doubles, words } = this.#levels;
    const numbers = this.#numbers;
    const copied = Math.min(count, this.length);
    let index = this.length;
    for (let at = 0; at < copied * 3; at += 3) {
      const level = numbers[--index]!;
      into[at] = doubles[(level << 3) + LevelField.PRICE]!;
      into[at + 1] = doubles[(level << 3) + LevelField.SHOWN]!;
      into[at + 2] = words[(level << 4) + LevelField.ORDERS]!;
    }
    return copied;
  }

  /** First index whose key is not smaller. */
  #search(key: number): number {
    const keys = this.#keys;
    let high = this.length;
    const near = Math.max(0, high - NEAR);
    while (high > near) {
      if (keys[high - 1]! < key) return high;
      high--;
    }
    let low = 0;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (keys[middle]! < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #insert(index: number, key: number, level: number): void {
    const { length } = this;
    if (length === this.#keys.length) this.#grow();
    const keys = this.#keys;
    const numbers = this.#numbers;
    if (length - index < 64) {
      for (let i = length; i > index; i--) {
        keys[i] = keys[i - 1]!;
        numbers[i] = numbers[i - 1]!;
      }
    } else {
      keys.copyWithin(index + 1, index, length);
      numbers.copyWithin(index + 1, index, length);
    }
    keys[index] = key;
    numbers[index] = level;
    this.length = length + 1;
  }

  #grow(): void {
    const keys = new Float64Array(this.#keys.length * 2);
    keys.set(this.#keys);
    this.#keys = keys;
    const numbers = new Int32Array(this.#numbers.length * 2);
    numbers.set(this.#numbers);
    this.#numbers = numbers;
  }
}
