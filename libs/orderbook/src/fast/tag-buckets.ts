/**
 * A bucket is 8 words, half a cache line: the number of its newest record plus 1 (0: none yet), then a head of 16 bits
 * (records, then where the oldest tag is) and 13 tags of 16.
 */
const BUCKET_BITS = 3;
const HEAD = 1;
const TAGS = 13;
const COUNT_MASK = 0x7ff;
const START_SHIFT = 11;
const START_MASK = 31;

/** A bucket of more records than this is crowded: ids that were chosen to collide. */
const CROWDED = 64;

/** The records that the buckets lead to. */
export interface ChainedRecords {
  hash(number: number): number;
  /** The link that these buckets wrote into the record: see `TagBuckets.chain`. */
  link(number: number, generation: number): number;
  /** What a record is found by in a crowded bucket. */
  name(number: number): string;
}

/**
 * Hashes of records that come at one end and go at the other. Nearly every question is answered "unknown" by the tags of
 * one bucket, half a cache line; only an equal tag leads to the records, which are many and far apart. Tags are used in
 * the order in which they go, so that nothing is ever searched for to be removed.
 */
export class TagBuckets {
  readonly count: number;
  /** Which of the records' links are those of these buckets: 0 or 1. */
  readonly generation: number;
  readonly #tags: Int32Array;
  /** Records of crowded buckets by name: the hash of a Map cannot be foreseen. */
  readonly #crowded = new Map<string, number>();
  readonly #records: ChainedRecords;

  constructor(count: number, generation: number, records: ChainedRecords) {
    this.count = count;
    this.generation = generation;
    this.#tags = new Int32Array(count << BUCKET_BITS);
    this.#records = records;
  }

  /** False if no record has that hash. */
  mayHold(hash: number): boolean {
    const tags = this.#tags;
    const base = (hash << BUCKET_BITS) & (tags.length - 1);
    const tag = (hash >>> 16) * 0x00010001;
    const head = tags[base + HEAD]!;
    // half a word is 0 where a tag is equal: its highest bit is set by the first two terms then
    const own = head ^ tag;
    const equal =
      ((own - 0x00010000) & ~own & 0x80000000) |
      zeroHalf(tags[base + 2]! ^ tag) |
      zeroHalf(tags[base + 3]! ^ tag) |
      zeroHalf(tags[base + 4]! ^ tag) |
      zeroHalf(tags[base + 5]! ^ tag) |
      zeroHalf(tags[base + 6]! ^ tag) |
      zeroHalf(tags[base + 7]! ^ tag);
    return equal !== 0 || (head & COUNT_MASK) > TAGS;
  }

  /** True if the hash's bucket is crowded: its records are found by name. */
  isCrowded(hash: number): boolean {
    return (this.#tags[((hash << BUCKET_BITS) & (this.#tags.length - 1)) + HEAD]! & COUNT_MASK) > CROWDED;
  }

  /** Number of the record with that name in a crowded bucket, −1 if there is none. */
  named(name: string): number {
    return this.#crowded.get(name) ?? -1;
  }

  /** Number of the newest record of the hash's bucket, −1 if there is none. */
  newest(hash: number): number {
    return this.#tags[(hash << BUCKET_BITS) & (this.#tags.length - 1)]! - 1;
  }

  /** Takes the newest record in; returns the link, number of the record before it or −1, that it must keep. */
  chain(hash: number, number: number): number {
    const tags = this.#tags;
    const base = (hash << BUCKET_BITS) & (tags.length - 1);
    const link = tags[base]! - 1;
    tags[base] = number + 1;
    const head = tags[base + HEAD]!;
    const count = head & COUNT_MASK;
    if (count >= TAGS) {
      if (count < COUNT_MASK) tags[base + HEAD] = head + 1;
      if (count >= CROWDED) this.#crowd(number, link, count);
      return link;
    }
    tags[base + HEAD] = head + 1;
    setTag(tags, base, ((head >>> START_SHIFT) & START_MASK) + count, hash >>> 16);
    return link;
  }

  /** Lets the newest record of a crowded bucket be found by name; all of them, when it has just become crowded. */
  #crowd(newest: number, link: number, before: number): void {
    this.#crowded.set(this.#records.name(newest), newest);
    if (before !== CROWDED) return;
    let number = link;
    for (let left = CROWDED; left > 0; left--) {
      this.#crowded.set(this.#records.name(number), number);
      number = this.#records.link(number, this.generation);
    }
  }

  /** Lets the oldest record go. */
  unchain(hash: number, oldest: number): void {
    const tags = this.#tags;
    const base = (hash << BUCKET_BITS) & (tags.length - 1);
    const head = tags[base + HEAD]!;
    const count = head & COUNT_MASK;
    if (count > TAGS) {
      this.#unchainCrowd(base, count, oldest);
      return;
    }
    const start = (head >>> START_SHIFT) & START_MASK;
    const next = start + 1 === TAGS ? 0 : start + 1;
    tags[base + HEAD] = (head & ~0xffff) | (next << START_SHIFT) | (count - 1);
  }

  #unchainCrowd(base: number, count: number, oldest: number): void {
    const tags = this.#tags;
    if (count > CROWDED) this.#thin(base, count, oldest);
    // so many are counted no more, until the buckets are made anew
    if (count === COUNT_MASK) return;
    tags[base + HEAD] = tags[base + HEAD]! - 1;
    if (count === TAGS + 1) this.#renewTags(base);
  }

  /** Takes a record out of a crowded bucket; all of them, when it is crowded no more. */
  #thin(base: number, before: number, oldest: number): void {
    this.#crowded.delete(this.#records.name(oldest));
    if (before > CROWDED + 1) return;
    let number = this.#tags[base]! - 1;
    for (let left = CROWDED; left > 0; left--) {
      this.#crowded.delete(this.#records.name(number));
      number = this.#records.link(number, this.generation);
    }
  }

  /** Writes the tags of a bucket that has as many records as tags again. */
  #renewTags(base: number): void {
    const tags = this.#tags;
    tags[base + HEAD] = (tags[base + HEAD]! & ~0xffff) | TAGS;
    let number = tags[base]! - 1;
    for (let tag = TAGS - 1; tag >= 0; tag--) {
      setTag(tags, base, tag, this.#records.hash(number) >>> 16);
      number = this.#records.link(number, this.generation);
    }
  }
}

/** Not 0 if one of the halves is 0. */
function zeroHalf(word: number): number {
  return (word - 0x00010001) & ~word & 0x80008000;
}

/** Writes a tag of the bucket at `base`; tags beyond the last go round to the first. */
function setTag(tags: Int32Array, base: number, index: number, tag: number): void {
  const half = (index < TAGS ? index : index - TAGS) + 1;
  const word = base + HEAD + (half >> 1);
  const shift = (half & 1) << 4;
  tags[word] = (tags[word]! & ~(0xffff << shift)) | (tag << shift);
}
