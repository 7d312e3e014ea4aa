import { ID_KIND_MASK, ID_KIND_SHIFT, VACANT } from './order-flags.js';
import type { IndexOwner } from './id-index.js';
import type { PackedId } from './packed-id.js';
import { SideIds } from './side-ids.js';

/** Orders a chunk: growing adds a chunk and copies nothing, so that it never pauses. */
export const CHUNK_BITS = 11;
const CHUNK = 1 << CHUNK_BITS;
export const CHUNK_MASK = CHUNK - 1;

/** A record is 64 bytes, one cache line: 3 doubles (place, open, quantity) and 10 words. */
export const PLACE = 0;
export const OPEN = 1;
export const QUANTITY = 2;
export const PREVIOUS = 6;
export const NEXT = 7;
export const LEVEL = 8;
export const USER = 9;
export const FLAGS = 10;
export const HASH = 11;
export const ID = 12;

/** Slots whose id is also kept as the text it came as, since the next event may want it: a power of 2. */
const KEPT_TEXTS = 4096;

/** The records of the open orders, by slot: a small integer that is the order's as long as it is open. */
export class OrderSlab implements IndexOwner {
  /** Record of `slot`: `doubles[slot >>> CHUNK_BITS]` from `(slot & CHUNK_MASK) << 3`, words from `<< 4`. */
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
    this.#firstFree = this.next(slot);
    return slot;
  }

  free(slot: number): void {
    const kind = (this.flags(slot) & ID_KIND_MASK) >> ID_KIND_SHIFT;
    if (kind !== 0) this.sides[slot >>> CHUNK_BITS]!.drop(slot & CHUNK_MASK, kind);
    this.setFlags(slot, VACANT);
    this.setNext(slot, this.#firstFree);
    this.#firstFree = slot;
  }

  #grow(): void {
    const buffer = new ArrayBuffer(CHUNK * 64);
    const first = this.slots;
    this.doubles.push(new Float64Array(buffer));
    this.words.push(new Int32Array(buffer));
    this.sides.push(new SideIds(CHUNK));
    for (let slot = first; slot < first + CHUNK; slot++) {
      this.setFlags(slot, VACANT);
      this.setNext(slot, slot + 1);
      if (slot < KEPT_TEXTS) this.#texts.push('');
    }
    this.setNext(first + CHUNK - 1, -1);
    this.#firstFree = first;
  }

  /** All slots are smaller. */
  get slots(): number {
    return this.doubles.length << CHUNK_BITS;
  }

  isOpen(slot: number): boolean {
    return (this.flags(slot) & VACANT) === 0;
  }

  /** Grows with every order that takes a place: the smaller came first. */
  place(slot: number): number {
    return this.doubles[slot >>> CHUNK_BITS]![((slot & CHUNK_MASK) << 3) + PLACE]!;
  }
  setPlace(slot: number, value: number): void {
    this.doubles[slot >>> CHUNK_BITS]![((slot & CHUNK_MASK) << 3) + PLACE] = value;
  }
  open(slot: number): number {
    return this.doubles[slot >>> CHUNK_BITS]![((slot & CHUNK_MASK) << 3) + OPEN]!;
  }
  setOpen(slot: number, value: number): void {
    this.doubles[slot >>> CHUNK_BITS]![((slot & CHUNK_MASK) << 3) + OPEN] = value;
  }
  quantity(slot: number): number {
    return this.doubles[slot >>> CHUNK_BITS]![((slot & CHUNK_MASK) << 3) + QUANTITY]!;
  }
  setQuantity(slot: number, value: number): void {
    this.doubles[slot >>> CHUNK_BITS]![((slot & CHUNK_MASK) << 3) + QUANTITY] = value;
  }
  previous(slot: number): number {
    return this.words[slot >>> CHUNK_BITS]![((slot & CHUNK_MASK) << 4) + PREVIOUS]!;
  }
  setPrevious(slot: number, value: number): void {
    this.words[slot >>> CHUNK_BITS]![((slot & CHUNK_MASK) << 4) + PREVIOUS] = value;
  }
  next(slot: number): number {
    return this.words[slot >>> CHUNK_BITS]![((slot & CHUNK_MASK) << 4) + NEXT]!;
  }
  setNext(slot: number, value: number): void {
    this.words[slot >>> CHUNK_BITS]![((slot & CHUNK_MASK) << 4) + NEXT] = value;
  }
  /** Price level it stands in, −1 for none. */
  level(slot: number): number {
    return this.words[slot >>> CHUNK_BITS]![((slot & CHUNK_MASK) << 4) + LEVEL]!;
  }
  setLevel(slot: number, value: number): void {
    this.words[slot >>> CHUNK_BITS]![((slot & CHUNK_MASK) << 4) + LEVEL] = value;
  }
  user(slot: number): number {
    return this.words[slot >>> CHUNK_BITS]![((slot & CHUNK_MASK) << 4) + USER]!;
  }
  setUser(slot: number, value: number): void {
    this.words[slot >>> CHUNK_BITS]![((slot & CHUNK_MASK) << 4) + USER] = value;
  }
  flags(slot: number): number {
    return this.words[slot >>> CHUNK_BITS]![((slot & CHUNK_MASK) << 4) + FLAGS]!;
  }
  setFlags(slot: number, value: number): void {
    this.words[slot >>> CHUNK_BITS]![((slot & CHUNK_MASK) << 4) + FLAGS] = value;
  }

  /** Gives the order its id; its flags must be set before. */
  setId(slot: number, id: PackedId): void {
    const words = this.words[slot >>> CHUNK_BITS]!;
    const base = (slot & CHUNK_MASK) << 4;
    words[base + HASH] = id.hash;
    words[base + ID] = id.word0;
    words[base + ID + 1] = id.word1;
    words[base + ID + 2] = id.word2;
    words[base + ID + 3] = id.word3;
    const kept = slot & (KEPT_TEXTS - 1);
    this.#textSlots[kept] = slot;
    this.#texts[kept] = id.text;
    if (id.kind === 0) return;
    words[base + FLAGS] = words[base + FLAGS]! | (id.kind << ID_KIND_SHIFT);
    this.sides[slot >>> CHUNK_BITS]!.put(slot & CHUNK_MASK, id);
  }

  /** Entries of orders that end are taken out of the index at once. */
  isLive(): boolean {
    return true;
  }

  hash(slot: number): number {
    return this.words[slot >>> CHUNK_BITS]![((slot & CHUNK_MASK) << 4) + HASH]!;
  }

  /** True if the open order has that id. */
  holds(slot: number, id: PackedId): boolean {
    const words = this.words[slot >>> CHUNK_BITS]!;
    const base = (slot & CHUNK_MASK) << 4;
    if (words[base + ID] !== id.word0 || words[base + ID + 1] !== id.word1) return false;
    if (words[base + ID + 2] !== id.word2 || words[base + ID + 3] !== id.word3) return false;
    if ((words[base + FLAGS]! & ID_KIND_MASK) >> ID_KIND_SHIFT !== id.kind) return false;
    return id.kind === 0 || this.sides[slot >>> CHUNK_BITS]!.same(slot & CHUNK_MASK, id);
  }

  idText(slot: number): string {
    const kept = slot & (KEPT_TEXTS - 1);
    if (this.#textSlots[kept] === slot) return this.#texts[kept]!;
    const words = this.words[slot >>> CHUNK_BITS]!;
    const base = (slot & CHUNK_MASK) << 4;
    const kind = (words[base + FLAGS]! & ID_KIND_MASK) >> ID_KIND_SHIFT;
    return this.sides[slot >>> CHUNK_BITS]!.text(slot & CHUNK_MASK, kind, words, base + ID);
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
