import { ID_KIND_MASK, ID_KIND_SHIFT } from './order-flags.js';
import {
  CHUNK_BITS as CHUNK_BITS_OF_SLAB,
  CHUNK_MASK,
  FLAGS,
  HASH as HASH_OF_ORDER,
  ID as ID_OF_ORDER,
  type OrderSlab,
} from './order-slab.js';
import { INLINE_WORDS, type PackedId } from './packed-id.js';
import { SideIds } from './side-ids.js';

/** Records a chunk; a chunk is given up when all its records are forgotten. */
const CHUNK_BITS = 10;
const CHUNK = 1 << CHUNK_BITS;
/** Numbers of records count up and begin again: many times as many as there are records. */
const NUMBERS = 0x7fffffff;

/**
 * Words of a record: its time (a double), its key with the kind of its id, its hash, its id, the number of the record that
 * came before it in its bucket, and the user's own words.
 */
const KEY_AND_KIND = 2;
const KIND_BITS = 2;
const KIND_MASK = 3;
const HASH = 3;
const ID = 4;
const BEFORE = ID + INLINE_WORDS;
const PAYLOAD = BEFORE + 1;

/** A bucket is a cache line of 16 words: a head of 16 bits (records, then where the oldest tag is) and 31 tags of 16. */
const BUCKET_BITS = 4;
const TAGS = 31;
const COUNT_MASK = 0x7ff;
const START_SHIFT = 11;
const START_MASK = 31;
const FIRST_BUCKETS = 8;
const GROWTH = 4;
/** Records a bucket, on average, beyond which there are more buckets: hardly one has more records than tags until then. */
const FULL = 16;

/** A bucket of more records than this is crowded: ids that were chosen to collide. */
const CROWDED = 64;

/** Records that stand side by side, as doubles and as words, and what of their ids does not fit into them. */
interface Chunk {
  doubles: Float64Array;
  words: Int32Array;
  side: SideIds;
}

/**
 * Ids of the last minutes, each with a key under which it is unique, oldest first: written at one end, forgotten at the
 * other. Memory follows the number of records. A record is named by a number.
 *
 * Nearly every question is answered "unknown" by the tags of one bucket, 64 bytes; only an equal tag leads to the records,
 * which are many and far apart. Records and tags are used in the order in which they are forgotten, so that nothing is
 * ever searched for to be removed.
 */
export class IdRing {
  /** Time of the oldest record, Infinity without one. */
  oldestTime = Infinity;
  /** Number of the oldest record, and records there are. */
  first = 0;
  count = 0;
  #chunks: (Chunk | undefined)[];
  readonly #stride: number;
  #mask: number;
  #tags = new Int32Array(FIRST_BUCKETS << BUCKET_BITS);
  /** Number of the newest record of each bucket, −1 where there was none. */
  #newest = new Int32Array(FIRST_BUCKETS).fill(-1);

  /** Records of crowded buckets by key and id: the hash of a Map cannot be foreseen. */
  readonly #crowded = new Map<string, number>();

  /**
   * @param entries most records at a time
   * @param payloadWords words of a record for its user, an odd number
   */
  constructor(entries: number, payloadWords: number) {
    this.#stride = PAYLOAD + payloadWords;
    let chunks = 2;
    // the chunks of the oldest and of the newest record may both be filled in part
    while (chunks << CHUNK_BITS < entries + CHUNK) chunks *= 2;
    this.#mask = (chunks << CHUNK_BITS) - 1;
    this.#chunks = new Array<undefined>(chunks).fill(undefined);
  }

  /** Words of the chunk that holds the record. */
  words(number: number): Int32Array {
    return this.#chunk(number).words;
  }

  #chunk(number: number): Chunk {
    return this.#chunks[(number & this.#mask) >>> CHUNK_BITS]!;
  }

  /** Where in its chunk's words the payload of the record begins. */
  payload(number: number): number {
    return (number & (CHUNK - 1)) * this.#stride + PAYLOAD;
  }

  /** Number of the id's record under that key, −1 if there is none. */
  find(id: PackedId, key: number): number {
    const hash = keyed(id.hash, key);
    const tags = this.#tags;
    const base = (hash << BUCKET_BITS) & (tags.length - 1);
    const tag = (hash >>> 16) * 0x00010001;
    const head = tags[base]!;
    // half a word is 0 where a tag is equal: its highest bit is set by the first two terms then
    const own = head ^ tag;
    const equal =
      ((own - 0x00010000) & ~own & 0x80000000) |
      zeroHalf(tags[base + 1]! ^ tag) |
      zeroHalf(tags[base + 2]! ^ tag) |
      zeroHalf(tags[base + 3]! ^ tag) |
      zeroHalf(tags[base + 4]! ^ tag) |
      zeroHalf(tags[base + 5]! ^ tag) |
      zeroHalf(tags[base + 6]! ^ tag) |
      zeroHalf(tags[base + 7]! ^ tag) |
      zeroHalf(tags[base + 8]! ^ tag) |
      zeroHalf(tags[base + 9]! ^ tag) |
      zeroHalf(tags[base + 10]! ^ tag) |
      zeroHalf(tags[base + 11]! ^ tag) |
      zeroHalf(tags[base + 12]! ^ tag) |
      zeroHalf(tags[base + 13]! ^ tag) |
      zeroHalf(tags[base + 14]! ^ tag) |
      zeroHalf(tags[base + 15]! ^ tag);
    if (equal === 0 && (head & COUNT_MASK) <= TAGS) return -1;
    return (head & COUNT_MASK) > CROWDED ? (this.#crowded.get(name(key, id.text)) ?? -1) : this.#search(id, key, hash);
  }

  /** Goes through the records of a bucket, newest first. */
  #search(id: PackedId, key: number, hash: number): number {
    let number = this.#newest[hash & (this.#newest.length - 1)]!;
    while (this.#isLive(number)) {
      const words = this.words(number);
      const base = (number & (CHUNK - 1)) * this.#stride;
      if (words[base + HASH] === hash && this.#holds(words, base, number, id, key)) return number;
      number = words[base + BEFORE]!;
    }
    return -1;
  }

  #isLive(number: number): boolean {
    return number >= 0 && ((number - this.first) & NUMBERS) < this.count;
  }

  #holds(words: Int32Array, base: number, number: number, id: PackedId, key: number): boolean {
    if (words[base + KEY_AND_KIND] !== ((key << KIND_BITS) | id.kind)) return false;
    if (words[base + ID] !== id.word0 || words[base + ID + 1] !== id.word1) return false;
    if (words[base + ID + 2] !== id.word2 || words[base + ID + 3] !== id.word3) return false;
    return id.kind === 0 || this.#chunk(number).side.same(number & (CHUNK - 1), id);
  }

  /** Appends a record for an id that has none under that key, and returns its number. There must be room. */
  append(id: PackedId, key: number, time: number): number {
    const number = this.#extend(keyed(id.hash, key), (key << KIND_BITS) | id.kind, time);
    const words = this.words(number);
    const base = (number & (CHUNK - 1)) * this.#stride + ID;
    words[base] = id.word0;
    words[base + 1] = id.word1;
    words[base + 2] = id.word2;
    words[base + 3] = id.word3;
    if (id.kind !== 0) this.#chunk(number).side.put(number & (CHUNK - 1), id);
    this.#chain(words, base - ID, number);
    return number;
  }

  /** Appends a record, under key 0, for the id of an order. */
  appendOrder(slab: OrderSlab, slot: number, time: number): void {
    const from = slab.words[slot >>> CHUNK_BITS_OF_SLAB]!;
    const record = (slot & CHUNK_MASK) << 4;
    const kind = (from[record + FLAGS]! & ID_KIND_MASK) >> ID_KIND_SHIFT;
    const number = this.#extend(from[record + HASH_OF_ORDER]!, kind, time);
    const words = this.words(number);
    const base = (number & (CHUNK - 1)) * this.#stride + ID;
    words[base] = from[record + ID_OF_ORDER]!;
    words[base + 1] = from[record + ID_OF_ORDER + 1]!;
    words[base + 2] = from[record + ID_OF_ORDER + 2]!;
    words[base + 3] = from[record + ID_OF_ORDER + 3]!;
    if (kind !== 0) {
      const { side } = this.#chunk(number);
      side.take(number & (CHUNK - 1), kind, slab.sides[slot >>> CHUNK_BITS_OF_SLAB]!, slot & CHUNK_MASK);
    }
    this.#chain(words, base - ID, number);
  }

  #extend(hash: number, keyAndKind: number, time: number): number {
    if (this.count >= this.#newest.length * FULL) this.#growBuckets();
    const number = (this.first + this.count) & NUMBERS;
    const index = (number & this.#mask) >>> CHUNK_BITS;
    const chunk = this.#chunks[index] ?? this.#openChunk(index);
    const base = (number & (CHUNK - 1)) * this.#stride;
    chunk.doubles[base >> 1] = time;
    chunk.words[base + KEY_AND_KIND] = keyAndKind;
    chunk.words[base + HASH] = hash;
    if (this.count++ === 0) this.oldestTime = time;
    return number;
  }

  /** Puts the newest record, which is written, into its bucket. */
  #chain(words: Int32Array, base: number, number: number): void {
    const hash = words[base + HASH]!;
    const newest = this.#newest;
    const tags = this.#tags;
    const bucket = hash & (newest.length - 1);
    words[base + BEFORE] = newest[bucket]!;
    newest[bucket] = number;
    const head = tags[bucket << BUCKET_BITS]!;
    const count = head & COUNT_MASK;
    if (count < COUNT_MASK) tags[bucket << BUCKET_BITS] = head + 1;
    if (count >= CROWDED) this.#crowd(bucket, count);
    if (count < TAGS) setTag(tags, bucket, ((head >>> START_SHIFT) & START_MASK) + count, hash >>> 16);
  }

  /** Lets the newest record of a crowded bucket be found by name; all of them, when it has just become crowded. */
  #crowd(bucket: number, before: number): void {
    let number = this.#newest[bucket]!;
    for (let left = before === CROWDED ? CROWDED + 1 : 1; left > 0; left--) {
      this.#crowded.set(this.#name(number), number);
      number = this.words(number)[(number & (CHUNK - 1)) * this.#stride + BEFORE]!;
    }
  }

  #name(number: number): string {
    return name(this.key(number), this.idText(number));
  }

  /** Takes the oldest record of a bucket, whose number is `oldest`, out of it. */
  #unchain(hash: number, oldest: number): void {
    const tags = this.#tags;
    const base = (hash << BUCKET_BITS) & (tags.length - 1);
    const head = tags[base]!;
    const count = head & COUNT_MASK;
    if (count > CROWDED) this.#thin(base >> BUCKET_BITS, count, oldest);
    // so many are counted no more, until the buckets are made anew
    if (count === COUNT_MASK) return;
    if (count > TAGS) {
      tags[base] = head - 1;
      if (count === TAGS + 1) this.#renewTags(base >> BUCKET_BITS);
      return;
    }
    const start = (head >>> START_SHIFT) & START_MASK;
    const next = start + 1 === TAGS ? 0 : start + 1;
    tags[base] = (head & ~0xffff) | (next << START_SHIFT) | (count - 1);
  }

  /** Takes a record out of a crowded bucket; all of them, when it is crowded no more. */
  #thin(bucket: number, before: number, oldest: number): void {
    this.#crowded.delete(this.#name(oldest));
    if (before > CROWDED + 1) return;
    let number = this.#newest[bucket]!;
    for (let left = CROWDED; left > 0; left--) {
      this.#crowded.delete(this.#name(number));
      number = this.words(number)[(number & (CHUNK - 1)) * this.#stride + BEFORE]!;
    }
  }

  /** Writes the tags of a bucket that has as many records as tags again. */
  #renewTags(bucket: number): void {
    const tags = this.#tags;
    tags[bucket << BUCKET_BITS] = (tags[bucket << BUCKET_BITS]! & ~0xffff) | TAGS;
    let number = this.#newest[bucket]!;
    for (let tag = TAGS - 1; tag >= 0; tag--) {
      const words = this.words(number);
      const base = (number & (CHUNK - 1)) * this.#stride;
      setTag(tags, bucket, tag, words[base + HASH]! >>> 16);
      number = words[base + BEFORE]!;
    }
  }

  #growBuckets(): void {
    const buckets = this.#newest.length * GROWTH;
    this.#newest = new Int32Array(buckets).fill(-1);
    this.#tags = new Int32Array(buckets << BUCKET_BITS);
    this.#crowded.clear();
    for (const number of this.numbers()) {
      const words = this.words(number);
      const base = (number & (CHUNK - 1)) * this.#stride;
      this.#chain(words, base, number);
    }
  }

  #openChunk(index: number): Chunk {
    const buffer = new ArrayBuffer(CHUNK * this.#stride * 4);
    const chunk = { doubles: new Float64Array(buffer), words: new Int32Array(buffer), side: new SideIds(CHUNK) };
    this.#chunks[index] = chunk;
    return chunk;
  }

  /** Forgets the oldest record. */
  forgetOldest(): void {
    const number = this.first;
    const words = this.words(number);
    const base = (number & (CHUNK - 1)) * this.#stride;
    this.#unchain(words[base + HASH]!, number);
    this.first = (number + 1) & NUMBERS;
    this.count--;
    // given up, not used again: a copy may still read from it
    if ((this.first & (CHUNK - 1)) === 0) this.#chunks[(number & this.#mask) >>> CHUNK_BITS] = undefined;
    this.oldestTime = this.count === 0 ? Infinity : this.time(this.first);
  }

  /** Time of the newest record, −Infinity without one. */
  get newestTime(): number {
    return this.count === 0 ? -Infinity : this.time((this.first + this.count - 1) & NUMBERS);
  }

  time(number: number): number {
    return this.#chunk(number).doubles[((number & (CHUNK - 1)) * this.#stride) >> 1]!;
  }

  key(number: number): number {
    return this.words(number)[(number & (CHUNK - 1)) * this.#stride + KEY_AND_KIND]! >> KIND_BITS;
  }

  idText(number: number): string {
    const words = this.words(number);
    const base = (number & (CHUNK - 1)) * this.#stride;
    const kind = words[base + KEY_AND_KIND]! & KIND_MASK;
    return this.#chunk(number).side.text(number & (CHUNK - 1), kind, words, base + ID);
  }

  /** Forgets every record. */
  clear(): void {
    this.first = (this.first + this.count) & NUMBERS;
    this.count = 0;
    this.oldestTime = Infinity;
    this.#chunks.fill(undefined);
    this.#newest.fill(-1);
    this.#tags.fill(0);
    this.#crowded.clear();
  }

  /** A copy to read the records of now from: a record, once written, never changes. */
  copy(): IdRing {
    const copy = new IdRing(1, this.#stride - PAYLOAD);
    copy.#mask = this.#mask;
    copy.#chunks = [...this.#chunks];
    copy.first = this.first;
    copy.count = this.count;
    return copy;
  }

  /** Numbers of the records, oldest first. */
  *numbers(): IterableIterator<number> {
    for (let i = 0; i < this.count; i++) yield (this.first + i) & NUMBERS;
  }
}

/** Not 0 if one of the halves is 0. */
function zeroHalf(word: number): number {
  return (word - 0x00010001) & ~word & 0x80008000;
}

/** Writes a tag; tags beyond the last go round to the first. */
function setTag(tags: Int32Array, bucket: number, index: number, tag: number): void {
  const half = (index < TAGS ? index : index - TAGS) + 1;
  const word = (bucket << BUCKET_BITS) + (half >> 1);
  const shift = (half & 1) << 4;
  tags[word] = (tags[word]! & ~(0xffff << shift)) | (tag << shift);
}

function name(key: number, text: string): string {
  return `${key} ${text}`;
}

/** The hash that an id has under a key. */
function keyed(hash: number, key: number): number {
  if (key === 0) return hash;
  const h = Math.imul(hash ^ Math.imul(key, 0x9e3779b1), 0x85ebca6b);
  return h ^ (h >>> 15);
}
