/** 64-bit hash of bytes as two unsigned 32-bit words: not cryptographic, the same on every machine. */
export class Hash64 {
  #a: number;
  #b: number;

  /** @param length of all bytes that will be added */
  constructor(length: number) {
    this.#a = 0x9e3779b9 ^ length;
    this.#b = 0x85ebca6b ^ length;
  }

  /** All pieces but the last must be whole words of 4 bytes. */
  add(bytes: Uint8Array, end = bytes.length): this {
    let a = this.#a;
    let b = this.#b;
    const whole = end - (end % 4);
    for (let i = 0; i < whole; i += 4) {
      const word = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
      a = Math.imul(a ^ word, 0xcc9e2d51);
      a = (a << 15) | (a >>> 17);
      b = Math.imul((b + word) | 0, 0x1b873593);
      b = ((b << 13) | (b >>> 19)) ^ a;
    }
    for (let i = whole; i < end; i++) {
      a = Math.imul(a ^ bytes[i]!, 0xcc9e2d51);
      a ^= a >>> 15;
      b = Math.imul((b + bytes[i]!) | 0, 0x1b873593);
      b ^= a;
    }
    this.#a = a;
    this.#b = b;
    return this;
  }

  result(): { high: number; low: number } {
    return { high: finish(this.#a ^ (this.#b >>> 7)), low: finish(this.#b ^ Math.imul(this.#a, 0x27d4eb2f)) };
  }
}

function finish(word: number): number {
  let h = word ^ (word >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

export function hex64(hash: { high: number; low: number }): string {
  return hash.high.toString(16).padStart(8, '0') + hash.low.toString(16).padStart(8, '0');
}
