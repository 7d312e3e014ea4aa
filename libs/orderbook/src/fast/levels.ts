/** A record is 64 bytes, one cache line: price, shown and hidden quantity as doubles, then words. */
const PRICE = 0;
const SHOWN = 1;
const HIDDEN = 2;
const HEAD = 6;
const TAIL = 7;
const ORDERS = 8;
const NEXT_FREE = 9;

/** Price levels of a book, by number: each a first-in-first-out queue of slots with its totals. */
export class Levels {
  #doubles = new Float64Array(64 * 8);
  #words = new Int32Array(this.#doubles.buffer);
  #firstFree = -1;
  #used = 0;

  allocate(price: number): number {
    let level = this.#firstFree;
    if (level >= 0) this.#firstFree = this.#words[(level << 4) + NEXT_FREE]!;
    else {
      if (this.#used << 3 === this.#doubles.length) this.#grow();
      level = this.#used++;
    }
    const doubles = this.#doubles;
    const words = this.#words;
    doubles[(level << 3) + PRICE] = price;
    doubles[(level << 3) + SHOWN] = 0;
    doubles[(level << 3) + HIDDEN] = 0;
    words[(level << 4) + HEAD] = -1;
    words[(level << 4) + TAIL] = -1;
    words[(level << 4) + ORDERS] = 0;
    return level;
  }

  free(level: number): void {
    this.#words[(level << 4) + NEXT_FREE] = this.#firstFree;
    this.#firstFree = level;
  }

  #grow(): void {
    const doubles = new Float64Array(this.#doubles.length * 2);
    doubles.set(this.#doubles);
    this.#doubles = doubles;
    this.#words = new Int32Array(doubles.buffer);
  }

  price(level: number): number {
    return this.#doubles[(level << 3) + PRICE]!;
  }
  shown(level: number): number {
    return this.#doubles[(level << 3) + SHOWN]!;
  }
  /** Hidden parts included. */
  total(level: number): number {
    return this.#doubles[(level << 3) + SHOWN]! + this.#doubles[(level << 3) + HIDDEN]!;
  }
  addShown(level: number, quantity: number): void {
    this.#doubles[(level << 3) + SHOWN] = this.#doubles[(level << 3) + SHOWN]! + quantity;
  }
  addHidden(level: number, quantity: number): void {
    this.#doubles[(level << 3) + HIDDEN] = this.#doubles[(level << 3) + HIDDEN]! + quantity;
  }
  head(level: number): number {
    return this.#words[(level << 4) + HEAD]!;
  }
  setHead(level: number, slot: number): void {
    this.#words[(level << 4) + HEAD] = slot;
  }
  tail(level: number): number {
    return this.#words[(level << 4) + TAIL]!;
  }
  setTail(level: number, slot: number): void {
    this.#words[(level << 4) + TAIL] = slot;
  }
  orders(level: number): number {
    return this.#words[(level << 4) + ORDERS]!;
  }
  addOrders(level: number, count: number): void {
    this.#words[(level << 4) + ORDERS] = this.#words[(level << 4) + ORDERS]! + count;
  }

  /** Prices of the levels as they are now. */
  copyPrices(): Pick<Levels, 'price'> {
    const doubles = this.#doubles.slice(0, this.#used << 3);
    return { price: (level) => doubles[(level << 3) + PRICE]! };
  }

  /** Takes the next slot in at the end of the queue; `shown` of its quantity shows, `hidden` does not. */
  push(level: number, slot: number, shown: number, hidden: number): void {
    const doubles = this.#doubles;
    const words = this.#words;
    const base = level << 4;
    if (words[base + TAIL]! < 0) words[base + HEAD] = slot;
    words[base + TAIL] = slot;
    words[base + ORDERS] = words[base + ORDERS]! + 1;
    doubles[(level << 3) + SHOWN] = doubles[(level << 3) + SHOWN]! + shown;
    doubles[(level << 3) + HIDDEN] = doubles[(level << 3) + HIDDEN]! + hidden;
  }

  /** Copies price, shown quantity and number of orders to `into[at]` and on. */
  copy(level: number, into: Float64Array, at: number): void {
    into[at] = this.#doubles[(level << 3) + PRICE]!;
    into[at + 1] = this.#doubles[(level << 3) + SHOWN]!;
    into[at + 2] = this.#words[(level << 4) + ORDERS]!;
  }
}
