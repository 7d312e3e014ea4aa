/** Characters that fit into the four words of an order record. */
const PACKED_LENGTH = 16;

/**
 * An order id as four words: the characters themselves for up to 16 of one byte each, else two hashes and the length,
 * with the text beside them. One object serves one book.
 */
export class PackedId {
  text = '';
  isLong = false;
  word0 = 0;
  word1 = 0;
  word2 = 0;
  word3 = 0;
  hash = 0;

  pack(text: string): void {
    const { length } = text;
    this.text = text;
    this.isLong = length > PACKED_LENGTH;
    if (!this.isLong) {
      this.word0 = this.#wordAt(text, 0, length);
      this.word1 = length > 4 ? this.#wordAt(text, 4, length) : 0;
      this.word2 = length > 8 ? this.#wordAt(text, 8, length) : 0;
      this.word3 = length > 12 ? this.#wordAt(text, 12, length) : 0;
    }
    if (this.isLong) this.#hashWords(text);
    this.hash = this.#mix();
  }

  /**
   * Up to four characters from `start` on, the first in the lowest byte. A character that does not fit into a byte, or is
   * the 0 that marks the end, makes the id a long one.
   */
  #wordAt(text: string, start: number, length: number): number {
    if (start + 4 > length) return this.#lastWord(text, start, length);
    const a = text.charCodeAt(start);
    const b = text.charCodeAt(start + 1);
    const c = text.charCodeAt(start + 2);
    const d = text.charCodeAt(start + 3);
    if ((a | b | c | d) > 0xff || a === 0 || b === 0 || c === 0 || d === 0) this.isLong = true;
    return a | (b << 8) | (c << 16) | (d << 24);
  }

  #lastWord(text: string, start: number, length: number): number {
    let word = 0;
    for (let i = start; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code === 0 || code > 0xff) this.isLong = true;
      word |= code << ((i - start) << 3);
    }
    return word;
  }

  #hashWords(text: string): void {
    let a = 0x811c9dc5 | 0;
    let b = 0x2f0b4a27 | 0;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      a = Math.imul(a ^ code, 0x01000193);
      b = Math.imul((b << 5) ^ (b >>> 27) ^ code, 0x9e3779b1);
    }
    this.word0 = a;
    this.word1 = b;
    this.word2 = text.length;
    this.word3 = 0;
  }

  #mix(): number {
    let h = Math.imul(this.word0, 0xcc9e2d51);
    h = Math.imul(((h << 15) | (h >>> 17)) ^ this.word1, 0x1b873593);
    h = Math.imul(((h << 13) | (h >>> 19)) ^ this.word2, 0x85ebca6b);
    h = Math.imul(((h << 16) | (h >>> 16)) ^ this.word3, 0xc2b2ae35);
    h ^= h >>> 15;
    h = Math.imul(h, 0x27d4eb2f);
    return h ^ (h >>> 16);
  }
}
