/** A level's record is 64 bytes, one cache line: price, shown and hidden quantity as doubles, then words. */
export const enum LevelField {
  PRICE = 0,
  SHOWN = 1,
  HIDDEN = 2,
  HEAD = 6,
  TAIL = 7,
  ORDERS = 8,
  NEXT_FREE = 9,
}

/** Price levels of a book, by number: each a first-in-first-out queue of slots with its totals. */
export class Levels {
  /** Record of `level`: doubles from `level << 3`, words from `level << 4`. Made anew when there are more levels. */
  doubles = new Float64Array(64 * 8);
  words = new Int32Array(this.doubles.buffer);
  #firstFree = -1;
  #used = 0;

  allocate(price: number): number {
    let level = this.#firstFree;
    if (level >= 0) this.#firstFree = this.words[(level << 4) + LevelField.NEXT_FREE]!;
    else {
      if (this.#used << 3 === this.doubles.length) this.#grow();
      level = this.#used++;
    }
    const doubles = this.doubles;
    const words = this.words;
    doubles[(level << 3) + LevelField.PRICE] = price;
    doubles[(level << 3) + LevelField.SHOWN] = 0;
    doubles[(level << 3) + LevelField.HIDDEN] = 0;
    words[(level << 4) + LevelField.HEAD] = -1;
    words[(level << 4) + LevelField.TAIL] = -1;
    words[(level << 4) + LevelField.ORDERS] = 0;
    return level;
  }

  free(level: number): void {
    this.words[(level << 4) + LevelField.NEXT_FREE] = this.#firstFree;
    this.#firstFree = level;
  }

  #grow(): void {
    const doubles = new Float64Array(this.doubles.length * 2);
    doubles.set(this.doubles);
    this.doubles = doubles;
    this.words = new Int32Array(doubles.buffer);
  }

  price(level: number): number {
    return this.doubles[(level << 3) + LevelField.PRICE]!;
  }
  shown(level: number): number {
    return this.doubles[(level << 3) + LevelField.SHOWN]!;
  }
  /** Hidden parts included. */
  total(level: number): number {
    return this.doubles[(level << 3) + LevelField.SHOWN]! + this.doubles[(level << 3) + LevelField.HIDDEN]!;
  }
  addShown(level: number, quantity: number): void {
    this.doubles[(level << 3) + LevelField.SHOWN] = this.doubles[(level << 3) + LevelField.SHOWN]! + quantity;
  }
  addHidden(level: number, quantity: number): void {
    this.doubles[(level << 3) + LevelField.HIDDEN] = this.doubles[(level << 3) + LevelField.HIDDEN]! + quantity;
  }
  head(level: number): number {
    return this.words[(level << 4) + LevelField.HEAD]!;
  }
  orders(level: number): number {
    return this.words[(level << 4) + LevelField.ORDERS]!;
  }

  /** Prices of the levels as they are now. */
  copyPrices(): Pick<Levels, 'price'> {
    const doubles = this.doubles.slice(0, this.#used << 3);
    return { price: (level) => doubles[(level << 3) + LevelField.PRICE]! };
  }
}
