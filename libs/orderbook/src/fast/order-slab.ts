import { Flag } from './order-flags.js';
import type { IndexOwner } from './id-index.js';
import type { PackedId } from './packed-id.js';
import { SideIds } from './side-ids.js';

/**
 * Orders a chunk: growing adds a chunk and copies nothing, so that it never pauses. An enum, since a bundler writes its
 * members as numbers into every file, while an exported constant is a variable of the bundle that is read each time.
 */
export const enum Slab {
  CHUNK_BITS = 11,
  CHUNK_MASK = 0x7ff,
}

/** A record is 64 bytes, one cache line: 3 doubles (place, open, quantity) and 10 words. */
export const enum Field {
  PLACE = 0,
  OPEN = 1,
  QUANTITY = 2,
  PREVIOUS = 6,
  NEXT = 7,
  LEVEL = 8,
  USER = 9,
  FLAGS = 10,
  HASH = 11,
  ID = 12,
}

const CHUNK = 1 << Slab.CHUNK_BITS;

/** Slots whose id is also kept as the text it came as, since the next event may want it: a power of 2. */
const KEPT_TEXTS = 4096;

/** The records of the open orders, by slot: a small integer that is the order's as long as it is open. */
export class OrderSlab implements IndexOwner {
  /** Record of `slot`: `doubles[slot >>> Slab.CHUNK_BITS]` from `(slot & Slab.CHUNK_MASK) << 3`, words from `<< 4`. */
  readonly doubles: Float64Array[] = [];
  readonly words: Int32Array[] = [];
  /** What of the ids of each chunk does not fit into the records. */
  readonly sides: SideIds[] = [];
  readonly #texts: string[] = [];
  readonly #textSlots = new Int32Array(KEPT_TEXTS).fill(-1);
  #firstFree = -1;

  /** A slot whose every field the caller sets. */
  allocate(): number {
    if (this.#firstFree < 0) this.#grow();
    const slot = this.#firstFree;
    this.#firstFree = this.words[slot >>> Slab.CHUNK_BITS]![((slot & Slab.CHUNK_MASK) << 4) + Field.NEXT]!;
    return slot;
  }

  free(slot: number): void {
    const words = this.words[slot >>> Slab.CHUNK_BITS]!;
    const record = (slot & Slab.CHUNK_MASK) << 4;
    const kind = (words[record + Field.FLAGS]! & Flag.ID_KIND_MASK) >> Flag.ID_KIND_SHIFT;
    if (kind !== 0) this.sides[slot >>> Slab.CHUNK_BITS]!.drop(slot & Slab.CHUNK_MASK, kind);
    words[record + Field.FLAGS] = Flag.VACANT;
    words[record + Field.NEXT] = this.#firstFree;
    this.#firstFree = slot;
  }

  #grow(): void {
    const buffer = new ArrayBuffer(CHUNK * 64);
    const first = this.slots;
    this.doubles.push(new Float64Array(buffer));
    this.words.push(new Int32Array(buffer));
    this.sides.push(new SideIds(CHUNK));
    for (let slot = first; slot < first + CHUNK; slot++) {
      this.setFlags(slot, Flag.VACANT);
      this.setNext(slot, slot + 1);
      if (slot < KEPT_TEXTS) this.#texts.push('');
    }
    this.setNext(first + CHUNK - 1, -1);
    this.#firstFree = first;
  }

  /** All slots are smaller. */
  get slots(): number {
    return this.doubles.length << Slab.CHUNK_BITS;
  }

  isOpen(slot: number): boolean {
    return (this.flags(slot) & Flag.VACANT) === 0;
  }

  /** Grows with every order that takes a place: the smaller came first. */
  place(slot: number): number {
    return this.doubles[slot >>> Slab.CHUNK_BITS]![((slot & Slab.CHUNK_MASK) << 3) + Field.PLACE]!;
  }
  setPlace(slot: number, value: number): void {
    this.doubles[slot >>> Slab.CHUNK_BITS]![((slot & Slab.CHUNK_MASK) << 3) + Field.PLACE] = value;
  }
  open(slot: number): number {
    return this.doubles[slot >>> Slab.CHUNK_BITS]![((slot & Slab.CHUNK_MASK) << 3) + Field.OPEN]!;
  }
  setOpen(slot: number, value: number): void {
    this.doubles[slot >>> Slab.CHUNK_BITS]![((slot & Slab.CHUNK_MASK) << 3) + Field.OPEN] = value;
  }
  quantity(slot: number): number {
    return this.doubles[slot >>> Slab.CHUNK_BITS]![((slot & Slab.CHUNK_MASK) << 3) + Field.QUANTITY]!;
  }
  setQuantity(slot: number, value: number): void {
    this.doubles[slot >>> Slab.CHUNK_BITS]![((slot & Slab.CHUNK_MASK) << 3) + Field.QUANTITY] = value;
  }
  previous(slot: number): number {
    return this.words[slot >>> Slab.CHUNK_BITS]![((slot & Slab.CHUNK_MASK) << 4) + Field.PREVIOUS]!;
  }
  setPrevious(slot: number, value: number): void {
    this.words[slot >>> Slab.CHUNK_BITS]![((slot & Slab.CHUNK_MASK) << 4) + Field.PREVIOUS] = value;
  }
  next(slot: number): number {
    return this.words[slot >>> Slab.CHUNK_BITS]![((slot & Slab.CHUNK_MASK) << 4) + Field.NEXT]!;
  }
  setNext(slot: number, value: number): void {
    this.words[slot >>> Slab.CHUNK_BITS]![((slot & Slab.CHUNK_MASK) << 4) + Field.NEXT] = value;
  }
  /** Price level it stands in, −1 for none. */
  level(slot: number): number {
    return this.words[slot >>> Slab.CHUNK_BITS]![((slot & Slab.CHUNK_MASK) << 4) + Field.LEVEL]!;
  }
  user(slot: number): number {
    return this.words[slot >>> Slab.CHUNK_BITS]![((slot & Slab.CHUNK_MASK) << 4) + Field.USER]!;
  }
  flags(slot: number): number {
    return this.words[slot >>> Slab.CHUNK_BITS]![((slot & Slab.CHUNK_MASK) << 4) + Field.FLAGS]!;
  }
  setFlags(slot: number, value: number): void {
    this.words[slot >>> Slab.CHUNK_BITS]![((slot & Slab.CHUNK_MASK) << 4) + Field.FLAGS] = value;
  }

  /** Gives the order its id; its flags must be set before. */
  setId(slot: number, id: PackedId): void {
    const words = this.words[slot >>> Slab.CHUNK_BITS]!;
    const base = (slot & Slab.CHUNK_MASK) << 4;
    words[base + Field.HASH] = id.hash;
    words[base + Field.ID] = id.word0;
    words[base + Field.ID + 1] = id.word1;
    words[base + Field.ID + 2] = id.word2;
    words[base + Field.ID + 3] = id.word3;
    const kept = slot & (KEPT_TEXTS - 1);
    this.#textSlots[kept] = slot;
    this.#texts[kept] = id.text;
    if (id.kind === 0) return;
    words[base + Field.FLAGS] = words[base + Field.FLAGS]! | (id.kind << Flag.ID_KIND_SHIFT);
    this.sides[slot >>> Slab.CHUNK_BITS]!.put(slot & Slab.CHUNK_MASK, id);
  }

  hash(slot: number): number {
    return this.words[slot >>> Slab.CHUNK_BITS]![((slot & Slab.CHUNK_MASK) << 4) + Field.HASH]!;
  }

  /** True if the open order has that id. */
  holds(slot: number, id: PackedId): boolean {
    const words = this.words[slot >>> Slab.CHUNK_BITS]!;
    const base = (slot & Slab.CHUNK_MASK) << 4;
    if (words[base + Field.ID] !== id.word0 || words[base + Field.ID + 1] !== id.word1) return false;
    if (words[base + Field.ID + 2] !== id.word2 || words[base + Field.ID + 3] !== id.word3) return false;
    if ((words[base + Field.FLAGS]! & Flag.ID_KIND_MASK) >> Flag.ID_KIND_SHIFT !== id.kind) return false;
    return id.kind === 0 || this.sides[slot >>> Slab.CHUNK_BITS]!.same(slot & Slab.CHUNK_MASK, id);
  }

  idText(slot: number): string {
    const kept = slot & (KEPT_TEXTS - 1);
    if (this.#textSlots[kept] === slot) return this.#texts[kept]!;
    const words = this.words[slot >>> Slab.CHUNK_BITS]!;
    const base = (slot & Slab.CHUNK_MASK) << 4;
    const kind = (words[base + Field.FLAGS]! & Flag.ID_KIND_MASK) >> Flag.ID_KIND_SHIFT;
    return this.sides[slot >>> Slab.CHUNK_BITS]!.text(slot & Slab.CHUNK_MASK, kind, words, base + Field.ID);
  }

  /** A copy to read from: it has no free slots to give. */
  copy(): OrderSlab {
    const copy = new OrderSlab();
    for (const [index, words] of this.words.entries()) {
      const buffer = words.slice().buffer;
      copy.words.push(new Int32Array(buffer));
      copy.doubles.push(new Float64Array(buffer));
      copy.sides.push(this.sides[index]!.copy());
    }
    return copy;
  }
}
