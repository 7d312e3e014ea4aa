/** Grows as it is written to. Integers are little-endian, counts are base-128 (least significant group first). */
export class ByteWriter {
  #bytes = new Uint8Array(1024);
  #length = 0;
  readonly #interned = new Map<string, number>();

  get length(): number {
    return this.#length;
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + more));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }

  word(value: number): void {
    this.#reserve(4);
    for (let shift = 0; shift < 32; shift += 8) this.#bytes[this.#length++] = (value >>> shift) & 0xff;
  }

  /** A safe integer from 0 up. */
  count(value: number): void {
    this.#reserve(8);
    let rest = value;
    while (rest > 0x7fffffff) {
      this.#bytes[this.#length++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    while (rest > 0x7f) {
      this.#bytes[this.#length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.#length++] = rest;
  }

  /** Any string, exactly: one byte a character where all fit, else two. */
  text(value: string): void {
    let wide = 0;
    for (let i = 0; i < value.length; i++) if (value.charCodeAt(i) > 0xff) wide = 1;
    this.count(value.length * 2 + wide);
    this.#reserve(value.length * 2);
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      this.#bytes[this.#length++] = code & 0xff;
      if (wide === 1) this.#bytes[this.#length++] = code >>> 8;
    }
  }

  /** A string that comes again and again: written once, then named by number. */
  interned(value: string): void {
    const known = this.#interned.get(value);
    if (known !== undefined) {
      this.count(known);
      return;
    }
    this.#interned.set(value, this.#interned.size + 1);
    this.count(0);
    this.text(value);
  }

  /** Takes what was written since the last taking, in whole words of 4 bytes; the rest stays, unless it is the `last`. */
  take(last: boolean): Uint8Array {
    const taken = last ? this.#length : this.#length - (this.#length % 4);
    const bytes = this.#bytes.slice(0, taken);
    this.#bytes.copyWithin(0, taken, this.#length);
    this.#length -= taken;
    return bytes;
  }
}
