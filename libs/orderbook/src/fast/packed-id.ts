/** Characters that fit into the four words of a record, and into all words of an id. */
const INLINE_LENGTH = 16;
const PACKED_LENGTH = 64;
export const INLINE_WORDS = INLINE_LENGTH / 4;
export const MORE_WORDS = (PACKED_LENGTH - INLINE_LENGTH) / 4;

const SEED = 0x2545f491;

/** How an id is kept. */
const SHORT_ID = 0;
/** Characters 17 to 64 stand beside the record. */
export const LONG_ID = 1;
/** A character that is no byte, or is 0: the record holds a hash, the text stands beside it. */
export const STRANGE_ID = 2;

/**
 * An order or request id as words: its characters, one byte each, ended by a 0 where there is room. Comparing and hashing
 * words is several times faster than a Map of strings, and words cost the garbage collector nothing. One object serves
 * one book: it holds the id that was packed last.
 */
export class PackedId {
  text = '';
  kind = SHORT_ID;
  word0 = 0;
  word1 = 0;
  word2 = 0;
  word3 = 0;
  /** Characters 17 on, of a long id. */
  readonly more = new Int32Array(MORE_WORDS);
  hash = 0;

  pack(text: string): void {
    const { length } = text;
    this.text = text;
    this.kind = SHORT_ID;
    this.word0 = this.#wordAt(text, 0, length);
    this.word1 = length > 4 ? this.#wordAt(text, 4, length) : 0;
    this.word2 = length > 8 ? this.#wordAt(text, 8, length) : 0;
    this.word3 = length > 12 ? this.#wordAt(text, 12, length) : 0;
    let h = mixed(mixed(mixed(mixed(SEED, this.word0), this.word1), this.word2), this.word3);
    if (length > INLINE_LENGTH) h = this.#packMore(text, h);
    if (this.kind === STRANGE_ID) h = this.#hashText(text);
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    this.hash = h ^ (h >>> 16);
  }

  /** Up to four characters from `start` on, the first in the lowest byte. */
  #wordAt(text: string, start: number, length: number): number {
    if (start + 4 > length) return this.#lastWord(text, start, length);
    const a = text.charCodeAt(start);
    const b = text.charCodeAt(start + 1);
    const c = text.charCodeAt(start + 2);
    const d = text.charCodeAt(start + 3);
    if ((a | b | c | d) > 0xff || a === 0 || b === 0 || c === 0 || d === 0) this.kind = STRANGE_ID;
    return a | (b << 8) | (c << 16) | (d << 24);
  }

  #lastWord(text: string, start: number, length: number): number {
    let word = 0;
    for (let i = start; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code === 0 || code > 0xff) this.kind = STRANGE_ID;
      word |= code << ((i - start) << 3);
    }
    return word;
  }

  #packMore(text: string, inlineHash: number): number {
    const { length } = text;
    // Longer ids are known to nobody: they only have to be unlike every id in the book.
    if (length > PACKED_LENGTH) this.kind = STRANGE_ID;
    if (this.kind === STRANGE_ID) return 0;
    this.kind = LONG_ID;
    const { more } = this;
    let h = inlineHash;
    for (let word = 0; word < MORE_WORDS; word++) {
      const start = INLINE_LENGTH + (word << 2);
      const value = start < length ? this.#wordAt(text, start, length) : 0;
      more[word] = value;
      h = mixed(h, value);
    }
    return h;
  }

  #hashText(text: string): number {
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
    return a ^ b;
  }
}

/**
 * One round of MurmurHash3 (x86, 32 bits): the word is scattered before it meets the hash, so that ids which count up do
 * not cancel each other out.
 */
function mixed(hash: number, word: number): number {
  const k = Math.imul(word, 0xcc9e2d51);
  const h = hash ^ Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}

/** Lists of character codes by length: the fastest way to a string is one call with all of them. */
const CODES: readonly number[][] = Array.from({ length: PACKED_LENGTH + 1 }, (_, length) =>
  new Array<number>(length).fill(0),
);

/** The text of a packed id: its four words in a record, and the words beside it for a long one. */
export function unpack(words: Int32Array, base: number, more: Int32Array | undefined, moreBase: number): string {
  let length = lengthOf(words, base, INLINE_WORDS);
  const inline = length;
  if (more !== undefined) length += lengthOf(more, moreBase, MORE_WORDS);
  const codes = CODES[length]!;
  for (let i = 0; i < inline; i++) codes[i] = (words[base + (i >> 2)]! >>> ((i & 3) << 3)) & 0xff;
  if (more !== undefined) {
    for (let i = inline; i < length; i++) {
      const at = i - inline;
      codes[i] = (more[moreBase + (at >> 2)]! >>> ((at & 3) << 3)) & 0xff;
    }
  }
  return String.fromCharCode.apply(null, codes);
}

/** Characters up to the first 0. */
function lengthOf(words: Int32Array, base: number, count: number): number {
  for (let word = 0; word < count; word++) {
    const value = words[base + word]!;
    if (value >>> 24 !== 0) continue;
    if (value === 0) return word << 2;
    return (word << 2) + (value >>> 16 !== 0 ? 3 : value >>> 8 !== 0 ? 2 : 1);
  }
  return count << 2;
}
