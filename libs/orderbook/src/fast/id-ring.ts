import { Flag } from './order-flags.js';
import { Field, Slab, type OrderSlab } from './order-slab.js';
import { IdWords, type PackedId } from './packed-id.js';
import { SideIds } from './side-ids.js';
import { TagBuckets, type ChainedRecords } from './tag-buckets.js';

/** Records a chunk; a chunk is given up when all its records are forgotten. */
const CHUNK_BITS = 10;
const CHUNK = 1 << CHUNK_BITS;
/** Numbers of records count up and begin again: many times as many as there are records. */
const NUMBERS = 0x3fffffff;

/**
 * Words of a record: its time (a double), its key with the kind of its id, its hash, its id, the numbers of the records
 * that came before it in its buckets (those there are, and those that are being made), and the user's own words.
 */
const KEY_AND_KIND = 2;
const KIND_BITS = 2;
const KIND_MASK = 3;
const HASH = 3;
const ID = 4;
const LINKS = ID + IdWords.INLINE;
const PAYLOAD = LINKS + 2;

const FIRST_BUCKETS = 32;
/** Records a bucket, on average, beyond which there are to be more: hardly one has more records than tags until then. */
const FULL = 6;
const GROWTH = 4;
/** While buckets are made anew, each record that comes moves so many: no growth is a pause. */
const MOVED = 4;
/** Records that stand side by side, as doubles and as words, and what of their ids does not fit into them. */
interface Chunk {
  doubles: Float64Array;
  words: Int32Array;
  side: SideIds;
  /** A copy may still read from it. */
  isShared: boolean;
}

/**
 * Ids of the last minutes, each with a key under which it is unique, oldest first: written at one end, forgotten at the
 * other. Memory follows the number of records. A record is named by a number.
 */
export class IdRing implements ChainedRecords {
  /** Time of the oldest record, Infinity without one. */
  oldestTime = Infinity;
  /** Number of the oldest record, and records there are. */
  first = 0;
  count = 0;
  #chunks: (Chunk | undefined)[];
  /** One whose records are forgotten, to be used again: its pages are there. */
  #spare: Chunk | undefined;
  readonly #stride: number;
  #mask: number;
  #buckets = new TagBuckets(FIRST_BUCKETS, 0, this);
  /** More buckets, while they are made, and how many of the oldest records are in them. */
  #next: TagBuckets | undefined;
  #moved = 0;

  /**
   * @param entries most records at a time
   * @param payloadWords words of a record for its user, an even number
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

  #base(number: number): number {
    return (number & (CHUNK - 1)) * this.#stride;
  }

  /** Where in its chunk's words the payload of the record begins. */
  payload(number: number): number {
    return this.#base(number) + PAYLOAD;
  }

  /** Number of the id's record under that key, −1 if there is none. */
  find(id: PackedId, key: number): number {
    const hash = keyed(id.hash, key);
    return this.#buckets.mayHold(hash) ? this.#findRecord(id, key, hash) : -1;
  }

  #findRecord(id: PackedId, key: number, hash: number): number {
    const buckets = this.#buckets;
    if (buckets.isCrowded(hash)) return buckets.named(nameOf(key, id.text));
    let number = buckets.newest(hash);
    while (this.#isLive(number)) {
      if (this.#holds(number, hash, id, key)) return number;
      number = this.link(number, buckets.generation);
    }
    return -1;
  }

  #isLive(number: number): boolean {
    return number >= 0 && ((number - this.first) & NUMBERS) < this.count;
  }

  #holds(number: number, hash: number, id: PackedId, key: number): boolean {
    const words = this.words(number);
    const base = this.#base(number);
    if (words[base + HASH] !== hash || words[base + KEY_AND_KIND] !== ((key << KIND_BITS) | id.kind)) return false;
    if (words[base + ID] !== id.word0 || words[base + ID + 1] !== id.word1) return false;
    if (words[base + ID + 2] !== id.word2 || words[base + ID + 3] !== id.word3) return false;
    return id.kind === 0 || this.#chunk(number).side.same(number & (CHUNK - 1), id);
  }

  /** Appends a record for an id that has none under that key, and returns its number. There must be room. */
  append(id: PackedId, key: number, time: number): number {
    const number = (this.first + this.count) & NUMBERS;
    const chunk = this.#open(number);
    const { words } = chunk;
    const base = this.#base(number);
    const hash = keyed(id.hash, key);
    chunk.doubles[base >> 1] = time;
    words[base + KEY_AND_KIND] = (key << KIND_BITS) | id.kind;
    words[base + HASH] = hash;
    words[base + ID] = id.word0;
    words[base + ID + 1] = id.word1;
    words[base + ID + 2] = id.word2;
    words[base + ID + 3] = id.word3;
    if (id.kind !== 0) chunk.side.put(number & (CHUNK - 1), id);
    this.#chain(words, base, hash, number, time);
    return number;
  }

  /** Appends a record, under key 0, for the id of an order. */
  appendOrder(slab: OrderSlab, slot: number, time: number): void {
    const number = (this.first + this.count) & NUMBERS;
    const chunk = this.#open(number);
    const { words } = chunk;
    const base = this.#base(number);
    const from = slab.words[slot >>> Slab.CHUNK_BITS]!;
    const record = (slot & Slab.CHUNK_MASK) << 4;
    const kind = (from[record + Field.FLAGS]! & Flag.ID_KIND_MASK) >> Flag.ID_KIND_SHIFT;
    const hash = from[record + Field.HASH]!;
    chunk.doubles[base >> 1] = time;
    words[base + KEY_AND_KIND] = kind;
    words[base + HASH] = hash;
    words[base + ID] = from[record + Field.ID]!;
    words[base + ID + 1] = from[record + Field.ID + 1]!;
    words[base + ID + 2] = from[record + Field.ID + 2]!;
    words[base + ID + 3] = from[record + Field.ID + 3]!;
    if (kind !== 0) {
      const side = slab.sides[slot >>> Slab.CHUNK_BITS]!;
      chunk.side.take(number & (CHUNK - 1), kind, side, slot & Slab.CHUNK_MASK);
    }
    this.#chain(words, base, hash, number, time);
  }

  /** Chunk of the record that comes next. */
  #open(number: number): Chunk {
    const index = (number & this.#mask) >>> CHUNK_BITS;
    return this.#chunks[index] ?? this.#openChunk(index);
  }

  #openChunk(index: number): Chunk {
    const chunk = this.#spare ?? this.#newChunk();
    this.#spare = undefined;
    this.#chunks[index] = chunk;
    return chunk;
  }

  #newChunk(): Chunk {
    const buffer = new ArrayBuffer(CHUNK * this.#stride * 4);
    const side = new SideIds(CHUNK);
    return { doubles: new Float64Array(buffer), words: new Int32Array(buffer), side, isShared: false };
  }

  #giveUp(index: number): void {
    const chunk = this.#chunks[index]!;
    this.#chunks[index] = undefined;
    if (chunk.isShared) return;
    chunk.side.clear();
    this.#spare = chunk;
  }

  /** Takes the record, which is written, in as the newest. */
  #chain(words: Int32Array, base: number, hash: number, number: number, time: number): void {
    const buckets = this.#buckets;
    words[base + LINKS + buckets.generation] = buckets.chain(hash, number);
    if (this.count++ === 0) this.oldestTime = time;
    if (this.#next !== undefined) this.#move(this.#next);
    else if (this.count > buckets.count * FULL) {
      this.#next = new TagBuckets(buckets.count * GROWTH, 1 - buckets.generation, this);
    }
  }

  /** Takes a few more of the records into the new buckets, oldest first; with the last, they are the buckets. */
  #move(next: TagBuckets): void {
    const end = Math.min(this.count, this.#moved + MOVED);
    for (let moved = this.#moved; moved < end; moved++) {
      const number = (this.first + moved) & NUMBERS;
      const words = this.words(number);
      const base = this.#base(number);
      words[base + LINKS + next.generation] = next.chain(words[base + HASH]!, number);
    }
    this.#moved = end;
    if (end < this.count) return;
    this.#buckets = next;
    this.#next = undefined;
    this.#moved = 0;
  }

  /** Forgets the oldest record. */
  forgetOldest(): void {
    const number = this.first;
    const hash = this.hash(number);
    this.#buckets.unchain(hash, number);
    if (this.#moved > 0) {
      this.#next!.unchain(hash, number);
      this.#moved--;
    }
    this.first = (number + 1) & NUMBERS;
    this.count--;
    if ((this.first & (CHUNK - 1)) === 0) this.#giveUp((number & this.#mask) >>> CHUNK_BITS);
    this.oldestTime = this.count === 0 ? Infinity : this.time(this.first);
  }

  /** Time of the newest record, −Infinity without one. */
  get newestTime(): number {
    return this.count === 0 ? -Infinity : this.time((this.first + this.count - 1) & NUMBERS);
  }

  time(number: number): number {
    return this.#chunk(number).doubles[this.#base(number) >> 1]!;
  }

  key(number: number): number {
    return this.words(number)[this.#base(number) + KEY_AND_KIND]! >> KIND_BITS;
  }

  hash(number: number): number {
    return this.words(number)[this.#base(number) + HASH]!;
  }

  link(number: number, generation: number): number {
    return this.words(number)[this.#base(number) + LINKS + generation]!;
  }

  name(number: number): string {
    return nameOf(this.key(number), this.idText(number));
  }

  idText(number: number): string {
    const words = this.words(number);
    const base = this.#base(number);
    const kind = words[base + KEY_AND_KIND]! & KIND_MASK;
    return this.#chunk(number).side.text(number & (CHUNK - 1), kind, words, base + ID);
  }

  /** Forgets every record. */
  clear(): void {
    this.first = (this.first + this.count) & NUMBERS;
    this.count = 0;
    this.oldestTime = Infinity;
    this.#chunks.fill(undefined);
    this.#buckets = new TagBuckets(FIRST_BUCKETS, 0, this);
    this.#next = undefined;
    this.#moved = 0;
  }

  /** A copy to read the records of now from: what is read of a record, once written, changes only in a chunk used again. */
  copy(): IdRing {
    const copy = new IdRing(1, this.#stride - PAYLOAD);
    copy.#mask = this.#mask;
    copy.#chunks = [...this.#chunks];
    for (const chunk of this.#chunks) if (chunk !== undefined) chunk.isShared = true;
    copy.first = this.first;
    copy.count = this.count;
    return copy;
  }

  /** Numbers of the records, oldest first. */
  *numbers(): IterableIterator<number> {
    for (let i = 0; i < this.count; i++) yield (this.first + i) & NUMBERS;
  }
}

function nameOf(key: number, text: string): string {
  return `${key} ${text}`;
}

/** The hash that an id has under a key. */
function keyed(hash: number, key: number): number {
  if (key === 0) return hash;
  const h = Math.imul(hash ^ Math.imul(key, 0x9e3779b1), 0x85ebca6b);
  return h ^ (h >>> 15);
}
