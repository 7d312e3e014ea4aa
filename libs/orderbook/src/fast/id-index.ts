import type { PackedId } from './packed-id.js';

/** A bucket is a head byte and 15 tags (four words, least significant byte first), and 16 words of references. */
const CELLS = 15;
const TAG_WORDS = 4;
const REFERENCE_WORDS = 16;
/** Bits of the head: used cells, and whether the bucket ever overflowed. */
const USED = 15;
const OVERFLOWED = 16;

const FIRST_BUCKETS = 16;
/** Entries a bucket, on average, beyond which the index grows: hardly a bucket overflows until then. */
const FULL = 7;
/** So many buckets move in one go; beyond, each new entry moves a few, so that no growth is a pause. */
const SUDDEN_BUCKETS = 256;
const MOVED_BUCKETS = 4;

/** Whose entries these are: the records behind the references, 0 to 2^31 − 1. */
export interface IndexOwner {
  /** True if the record is there and has that id. */
  holds(reference: number, id: PackedId): boolean;
  /** False for a record that is no more: its entry is cleared in passing. */
  isLive(reference: number): boolean;
  hash(reference: number): number;
  idText(reference: number): string;
}

class Buckets {
  readonly tags: Int32Array;
  readonly references: Int32Array;
  constructor(readonly count: number) {
    this.tags = new Int32Array(count * TAG_WORDS);
    this.references = new Int32Array(count * REFERENCE_WORDS);
  }
}

/**
 * Hash of an id → reference to its record. A tag of 8 bits a cell answers most questions from 16 bytes, without a branch
 * that depends on what they are: most ids are new, and the processor goes on while they are on their way. What does not
 * fit into its bucket goes into a Map, whose hash nobody can foresee, so that ids chosen to collide slow nothing down.
 */
export class IdIndex {
  readonly #owner: IndexOwner;
  #buckets = new Buckets(FIRST_BUCKETS);
  /** The buckets before, while they move, and the first that has not. */
  #old: Buckets | undefined;
  #unmoved = 0;
  readonly #overflow = new Map<string, number[]>();
  #overflowed = 0;
  #sweepOverflowAt = 64;

  constructor(owner: IndexOwner) {
    this.#owner = owner;
  }

  /** Reference of the id, −1 if unknown. */
  find(id: PackedId, hash: number): number {
    const { tags } = this.#buckets;
    const base = (hash << 2) & (tags.length - 1);
    const tag = (hash >>> 24) * 0x01010101;
    const a = tags[base]! ^ tag;
    const b = tags[base + 1]! ^ tag;
    const c = tags[base + 2]! ^ tag;
    const d = tags[base + 3]! ^ tag;
    // a byte is 0 where a tag is equal: its highest bit is set by the first two terms then
    const equal =
      (((a - 0x01010101) & ~a & 0x80808000) |
        ((b - 0x01010101) & ~b & 0x80808080) |
        ((c - 0x01010101) & ~c & 0x80808080) |
        ((d - 0x01010101) & ~d & 0x80808080) |
        (tags[base]! & OVERFLOWED)) !==
      0;
    if (equal) {
      const found = this.#search(this.#buckets, id, hash);
      if (found >= 0) return found;
    }
    return this.#old === undefined ? -1 : this.#search(this.#old, id, hash);
  }

  /** Looks at the cells with the tag of the hash, then at what overflowed. */
  #search(buckets: Buckets, id: PackedId, hash: number): number {
    const { tags, references } = buckets;
    const bucket = hash & (buckets.count - 1);
    const head = tags[bucket * TAG_WORDS]!;
    const tag = hash >>> 24;
    for (let cell = 1; cell <= (head & USED); cell++) {
      if (tagAt(tags, bucket, cell) !== tag) continue;
      const reference = references[bucket * REFERENCE_WORDS + cell]!;
      if (this.#owner.holds(reference, id)) return reference;
    }
    if ((head & OVERFLOWED) === 0) return -1;
    return this.#overflow.get(id.text)?.find((reference) => this.#owner.holds(reference, id)) ?? -1;
  }

  /** Adds an entry for an id that is unknown; `count` entries are live with it. */
  add(hash: number, reference: number, count: number): void {
    if (this.#old !== undefined) this.#move(MOVED_BUCKETS);
    else if (count > this.#buckets.count * FULL) this.#grow();
    this.#put(hash, reference);
  }

  #put(hash: number, reference: number): void {
    const { tags, references } = this.#buckets;
    const base = (hash << 2) & (tags.length - 1);
    const head = tags[base]!;
    const cell = (head & USED) + 1;
    if (cell > CELLS) {
      this.#putInFull(hash, reference);
      return;
    }
    tags[base] = head + 1;
    const word = base + (cell >> 2);
    const shift = (cell & 3) << 3;
    tags[word] = (tags[word]! & ~(0xff << shift)) | ((hash >>> 24) << shift);
    references[(base << 2) + cell] = reference;
  }

  /** Makes room by dropping what is no more; failing that, lets the entry overflow. */
  #putInFull(hash: number, reference: number): void {
    const buckets = this.#buckets;
    const { tags, references } = buckets;
    const bucket = hash & (buckets.count - 1);
    const base = bucket * REFERENCE_WORDS;
    let kept = 0;
    for (let cell = 1; cell <= CELLS; cell++) {
      const other = references[base + cell]!;
      if (!this.#owner.isLive(other)) continue;
      references[base + ++kept] = other;
      setTag(tags, bucket, kept, tagAt(tags, bucket, cell));
    }
    if (kept < CELLS) {
      tags[bucket * TAG_WORDS] = (tags[bucket * TAG_WORDS]! & ~USED) | kept;
      this.#put(hash, reference);
      return;
    }
    tags[bucket * TAG_WORDS] = tags[bucket * TAG_WORDS]! | OVERFLOWED;
    const text = this.#owner.idText(reference);
    const others = this.#overflow.get(text);
    if (others === undefined) this.#overflow.set(text, [reference]);
    else others.push(reference);
    if (++this.#overflowed > this.#sweepOverflowAt) this.#sweepOverflow();
  }

  #sweepOverflow(): void {
    this.#overflowed = 0;
    for (const [text, references] of this.#overflow) {
      const live = references.filter((reference) => this.#owner.isLive(reference));
      this.#overflowed += live.length;
      if (live.length === 0) this.#overflow.delete(text);
      else this.#overflow.set(text, live);
    }
    this.#sweepOverflowAt = Math.max(64, this.#overflowed * 2);
  }

  /** Removes an entry; the record must still be there. */
  remove(hash: number, reference: number): void {
    if (takeOut(this.#buckets, hash, reference)) return;
    if (this.#old !== undefined && takeOut(this.#old, hash, reference)) return;
    const text = this.#owner.idText(reference);
    const references = this.#overflow.get(text);
    const index = references?.indexOf(reference) ?? -1;
    if (references === undefined || index < 0) throw new Error('order book lost an id');
    references.splice(index, 1);
    this.#overflowed--;
    if (references.length === 0) this.#overflow.delete(text);
  }

  #grow(): void {
    const old = this.#buckets;
    this.#old = old;
    this.#unmoved = 0;
    this.#buckets = new Buckets(old.count * 2);
    const overflow = [...this.#overflow.values()].flat();
    this.#overflow.clear();
    this.#overflowed = 0;
    for (const reference of overflow) {
      if (this.#owner.isLive(reference)) this.#put(this.#owner.hash(reference), reference);
    }
    this.#move(old.count <= SUDDEN_BUCKETS ? old.count : MOVED_BUCKETS);
  }

  #move(buckets: number): void {
    const old = this.#old!;
    const end = Math.min(old.count, this.#unmoved + buckets);
    for (let bucket = this.#unmoved; bucket < end; bucket++) {
      const used = old.tags[bucket * TAG_WORDS]! & USED;
      old.tags[bucket * TAG_WORDS] = 0;
      for (let cell = 1; cell <= used; cell++) {
        const reference = old.references[bucket * REFERENCE_WORDS + cell]!;
        if (this.#owner.isLive(reference)) this.#put(this.#owner.hash(reference), reference);
      }
    }
    this.#unmoved = end;
    if (end === old.count) this.#old = undefined;
  }
}

function tagAt(tags: Int32Array, bucket: number, cell: number): number {
  return (tags[bucket * TAG_WORDS + (cell >> 2)]! >>> ((cell & 3) << 3)) & 0xff;
}

function setTag(tags: Int32Array, bucket: number, cell: number, tag: number): void {
  const word = bucket * TAG_WORDS + (cell >> 2);
  const shift = (cell & 3) << 3;
  tags[word] = (tags[word]! & ~(0xff << shift)) | (tag << shift);
}

/** Takes an entry out of its bucket; false if it is not there. */
function takeOut(buckets: Buckets, hash: number, reference: number): boolean {
  const { tags, references } = buckets;
  const bucket = hash & (buckets.count - 1);
  const base = bucket * REFERENCE_WORDS;
  const used = tags[bucket * TAG_WORDS]! & USED;
  for (let cell = 1; cell <= used; cell++) {
    if (references[base + cell] !== reference) continue;
    references[base + cell] = references[base + used]!;
    setTag(tags, bucket, cell, tagAt(tags, bucket, used));
    tags[bucket * TAG_WORDS] = tags[bucket * TAG_WORDS]! - 1;
    return true;
  }
  return false;
}
