/** Price levels of a book, by number: each a first-in-first-out queue of slots with its totals. */
export class Levels {
  #price = new Float64Array(64);
  #shown = new Float64Array(64);
  #hidden = new Float64Array(64);
  /** head, tail, orders, next free */
  #words = new Int32Array(64 * 4);
  #firstFree = -1;
  #used = 0;

  allocate(price: number): number {
    let level = this.#firstFree;
    if (level >= 0) this.#firstFree = this.#words[(level << 2) + 3]!;
    else {
      if (this.#used === this.#price.length) this.#grow();
      level = this.#used++;
    }
    this.#price[level] = price;
    this.#shown[level] = 0;
    this.#hidden[level] = 0;
    this.#words[level << 2] = -1;
    this.#words[(level << 2) + 1] = -1;
    this.#words[(level << 2) + 2] = 0;
    return level;
  }

  free(level: number): void {
    this.#words[(level << 2) + 3] = this.#firstFree;
    this.#firstFree = level;
  }

  #grow(): void {
    const capacity = this.#price.length * 2;
    this.#price = enlarged(this.#price, capacity);
    this.#shown = enlarged(this.#shown, capacity);
    this.#hidden = enlarged(this.#hidden, capacity);
    const words = new Int32Array(capacity * 4);
    words.set(this.#words);
    this.#words = words;
  }

  price(level: number): number {
    return this.#price[level]!;
  }
  shown(level: number): number {
    return this.#shown[level]!;
  }
  /** Hidden parts included. */
  total(level: number): number {
    return this.#shown[level]! + this.#hidden[level]!;
  }
  addShown(level: number, quantity: number): void {
    this.#shown[level] = this.#shown[level]! + quantity;
  }
  addHidden(level: number, quantity: number): void {
    this.#hidden[level] = this.#hidden[level]! + quantity;
  }
  head(level: number): number {
    return this.#words[level << 2]!;
  }
  setHead(level: number, slot: number): void {
    this.#words[level << 2] = slot;
  }
  tail(level: number): number {
    return this.#words[(level << 2) + 1]!;
  }
  setTail(level: number, slot: number): void {
    this.#words[(level << 2) + 1] = slot;
  }
  orders(level: number): number {
    return this.#words[(level << 2) + 2]!;
  }
  addOrders(level: number, count: number): void {
    this.#words[(level << 2) + 2] = this.#words[(level << 2) + 2]! + count;
  }
}

function enlarged(array: Float64Array, capacity: number): Float64Array<ArrayBuffer> {
  const grown = new Float64Array(capacity);
  grown.set(array);
  return grown;
}
