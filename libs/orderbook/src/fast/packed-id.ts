/** Words of an id: those that stand in a record, and the others of a long one. */
export const enum IdWords {
  INLINE = 4,
  MORE = 12,
}

/** Characters that fit into the words of a record, and into all words of an id. */
const INLINE_LENGTH = 16;
const PACKED_LENGTH = 64;
/** Most ids are as long, or longer. */
const USUAL_LENGTH = 12;
/** The smallest character code that is no byte. */
const NO_BYTE = 0x100;

const SEED = 0x2545f491;

/** How an id is kept. */
export const enum IdKind {
  SHORT = 0,
  /** Characters 17 to 64 stand beside the record. */
  LONG = 1,
  /** A character that is no byte, or is 0: the record holds a hash, the text stands beside it. */
  STRANGE = 2,
}

/**
 * An order or request id as words: its characters, one byte each, ended by a 0 where there is room. Comparing and hashing
 * words is several times faster than a Map of strings, and words cost the garbage collector nothing. One object serves
 * one book: it holds the id that was packed last.
 */
export class PackedId {
  text = '';
  kind: IdKind = IdKind.SHORT;
  word0 = 0;
  word1 = 0;
  word2 = 0;
  word3 = 0;
  hash = 0;
  /** All words of an id that is not of the usual length. */
  readonly #words = new Int32Array(IdWords.INLINE + IdWords.MORE);
  /** Characters 17 on, of a long id. */
  readonly more = this.#words.subarray(IdWords.INLINE);

  pack(text: string): void {
    const { length } = text;
    this.text = text;
    if (length < USUAL_LENGTH || length > INLINE_LENGTH) {
      this.#packUnusual(text, length);
      return;
    }
    // twelve characters and up to four more, written out: it is done for every command
    const a = text.charCodeAt(0);
    const b = text.charCodeAt(1);
    const c = text.charCodeAt(2);
    const d = text.charCodeAt(3);
    const e = text.charCodeAt(4);
    const f = text.charCodeAt(5);
    const g = text.charCodeAt(6);
    const h = text.charCodeAt(7);
    const i = text.charCodeAt(8);
    const j = text.charCodeAt(9);
    const k = text.charCodeAt(10);
    const l = text.charCodeAt(11);
    let word3 = 0;
    let codes = a | b | c | d | e | f | g | h | i | j | k | l;
    for (let at = USUAL_LENGTH; at < length; at++) {
      const code = text.charCodeAt(at);
      codes |= code === 0 ? NO_BYTE : code;
      word3 |= code << ((at & 3) << 3);
    }
    const word0 = a | (b << 8) | (c << 16) | (d << 24);
    const word1 = e | (f << 8) | (g << 16) | (h << 24);
    const word2 = i | (j << 8) | (k << 16) | (l << 24);
    if (codes >= NO_BYTE || (zeroByte(word0) | zeroByte(word1) | zeroByte(word2)) !== 0) {
      this.#packUnusual(text, length);
      return;
    }
    this.kind = IdKind.SHORT;
    this.word0 = word0;
    this.word1 = word1;
    this.word2 = word2;
    this.word3 = word3;
    this.hash = finished(mixed(mixed(mixed(mixed(SEED, word0), word1), word2), word3));
  }

  #packUnusual(text: string, length: number): void {
    // Longer ids are known to nobody: they only have to be unlike every id in the book.
    if (length > PACKED_LENGTH) {
      this.#packStrange(text);
      return;
    }
    const words = this.#words;
    const whole = length >> 2;
    let h = SEED;
    let codes = 0;
    let zeros = 0;
    let word = 0;
    for (; word < whole; word++) {
      const at = word << 2;
      const a = text.charCodeAt(at);
      const b = text.charCodeAt(at + 1);
      const c = text.charCodeAt(at + 2);
      const d = text.charCodeAt(at + 3);
      const value = a | (b << 8) | (c << 16) | (d << 24);
      codes |= a | b | c | d;
      zeros |= zeroByte(value);
      words[word] = value;
      h = mixed(h, value);
    }
    if ((length & 3) !== 0) {
      let value = 0;
      for (let at = whole << 2; at < length; at++) {
        const code = text.charCodeAt(at);
        codes |= code === 0 ? NO_BYTE : code;
        value |= code << ((at & 3) << 3);
      }
      words[word++] = value;
      h = mixed(h, value);
    }
    if (codes >= NO_BYTE || zeros !== 0) {
      this.#packStrange(text);
      return;
    }
    for (; word < IdWords.INLINE; word++) {
      words[word] = 0;
      h = mixed(h, 0);
    }
    this.kind = length > INLINE_LENGTH ? IdKind.LONG : IdKind.SHORT;
    if (length > INLINE_LENGTH) while (word < IdWords.INLINE + IdWords.MORE) words[word++] = 0;
    this.word0 = words[0]!;
    this.word1 = words[1]!;
    this.word2 = words[2]!;
    this.word3 = words[3]!;
    this.hash = finished(h);
  }

  #packStrange(text: string): void {
    let a = 0x811c9dc5 | 0;
    let b = 0x2f0b4a27 | 0;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      a = Math.imul(a ^ code, 0x01000193);
      b = Math.imul((b << 5) ^ (b >>> 27) ^ code, 0x9e3779b1);
    }
    this.kind = IdKind.STRANGE;
    this.word0 = a;
    this.word1 = b;
    this.word2 = text.length;
    this.word3 = 0;
    this.hash = finished(a ^ b);
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

/** The end of MurmurHash3: every bit of the hash gets into every other. */
function finished(hash: number): number {
  let h = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Not 0 if a byte of the word is 0. */
function zeroByte(word: number): number {
  return (word - 0x01010101) & ~word & 0x80808080;
}

/** Lists of character codes by length: the fastest way to a string is one call with all of them. */
const CODES: readonly number[][] = Array.from({ length: PACKED_LENGTH + 1 }, (_, length) =>
  new Array<number>(length).fill(0),
);

/** The text of a packed id: its four words in a record, and the words beside it for a long one. */
export function unpack(words: Int32Array, base: number, more: Int32Array | undefined, moreBase: number): string {
  let length = lengthOf(words, base, IdWords.INLINE);
  const inline = length;
  if (more !== undefined) length += lengthOf(more, moreBase, IdWords.MORE);
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
