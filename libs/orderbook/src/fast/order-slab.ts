import { FINISHED, LONG_ID } from './order-flags.js';
import type { PackedId } from './packed-id.js';

/** Orders a chunk: growing adds a chunk and copies nothing, so that it never pauses. */
const CHUNK_BITS = 11;
const CHUNK = 1 << CHUNK_BITS;
const MASK = CHUNK - 1;

/** A record is 64 bytes, one cache line: 3 doubles (place, open, quantity) and 10 words. */
const PLACE = 0;
const OPEN = 1;
const QUANTITY = 2;
const PREVIOUS = 6;
const NEXT = 7;
const LEVEL = 8;
const USER = 9;
const FLAGS = 10;
const HASH = 11;
const ID = 12;

/** The order records, by slot. A slot is a small integer that stays with the order until its id is forgotten. */
export class OrderSlab {
  readonly #doubles: Float64Array[] = [];
  readonly #words: Int32Array[] = [];
  readonly #longIds: string[] = [];
  #firstFree = -1;

  /** A slot whose every field the caller sets. */
  allocate(): number {
    if (this.#firstFree < 0) this.#grow();
    const slot = this.#firstFree;
    this.#firstFree = this.next(slot);
    return slot;
  }

  free(slot: number): void {
    if ((this.flags(slot) & LONG_ID) !== 0) this.#longIds[slot] = '';
    this.setFlags(slot, FINISHED);
    this.setNext(slot, this.#firstFree);
    this.#firstFree = slot;
  }

  #grow(): void {
    const buffer = new ArrayBuffer(CHUNK * 64);
    const first = this.#doubles.length << CHUNK_BITS;
    this.#doubles.push(new Float64Array(buffer));
    this.#words.push(new Int32Array(buffer));
    for (let slot = first; slot < first + CHUNK; slot++) {
      this.setFlags(slot, FINISHED);
      this.setNext(slot, slot + 1);
    }
    this.setNext(first + CHUNK - 1, -1);
    this.#firstFree = first;
  }

  /** All slots are smaller. */
  get slots(): number {
    return this.#doubles.length << CHUNK_BITS;
  }

  /** True for an order that is open, false for a finished one and for a slot without an order. */
  isOpen(slot: number): boolean {
    return (this.flags(slot) & FINISHED) === 0;
  }

  /** Grows with every order that takes a place: the smaller came first. Of a finished order: when it ended. */
  place(slot: number): number {
    return this.#doubles[slot >>> CHUNK_BITS]![((slot & MASK) << 3) + PLACE]!;
  }
  setPlace(slot: number, value: number): void {
    this.#doubles[slot >>> CHUNK_BITS]![((slot & MASK) << 3) + PLACE] = value;
  }
  open(slot: number): number {
    return this.#doubles[slot >>> CHUNK_BITS]![((slot & MASK) << 3) + OPEN]!;
  }
  setOpen(slot: number, value: number): void {
    this.#doubles[slot >>> CHUNK_BITS]![((slot & MASK) << 3) + OPEN] = value;
  }
  quantity(slot: number): number {
    return this.#doubles[slot >>> CHUNK_BITS]![((slot & MASK) << 3) + QUANTITY]!;
  }
  setQuantity(slot: number, value: number): void {
    this.#doubles[slot >>> CHUNK_BITS]![((slot & MASK) << 3) + QUANTITY] = value;
  }
  previous(slot: number): number {
    return this.#words[slot >>> CHUNK_BITS]![((slot & MASK) << 4) + PREVIOUS]!;
  }
  setPrevious(slot: number, value: number): void {
    this.#words[slot >>> CHUNK_BITS]![((slot & MASK) << 4) + PREVIOUS] = value;
  }
  next(slot: number): number {
    return this.#words[slot >>> CHUNK_BITS]![((slot & MASK) << 4) + NEXT]!;
  }
  setNext(slot: number, value: number): void {
    this.#words[slot >>> CHUNK_BITS]![((slot & MASK) << 4) + NEXT] = value;
  }
  /** Price level it stands in, −1 for none. */
  level(slot: number): number {
    return this.#words[slot >>> CHUNK_BITS]![((slot & MASK) << 4) + LEVEL]!;
  }
  setLevel(slot: number, value: number): void {
    this.#words[slot >>> CHUNK_BITS]![((slot & MASK) << 4) + LEVEL] = value;
  }
  user(slot: number): number {
    return this.#words[slot >>> CHUNK_BITS]![((slot & MASK) << 4) + USER]!;
  }
  setUser(slot: number, value: number): void {
    this.#words[slot >>> CHUNK_BITS]![((slot & MASK) << 4) + USER] = value;
  }
  flags(slot: number): number {
    return this.#words[slot >>> CHUNK_BITS]![((slot & MASK) << 4) + FLAGS]!;
  }
  setFlags(slot: number, value: number): void {
    this.#words[slot >>> CHUNK_BITS]![((slot & MASK) << 4) + FLAGS] = value;
  }
  hash(slot: number): number {
    return this.#words[slot >>> CHUNK_BITS]![((slot & MASK) << 4) + HASH]!;
  }

  setId(slot: number, id: PackedId): void {
    const words = this.#words[slot >>> CHUNK_BITS]!;
    const base = (slot & MASK) << 4;
    words[base + HASH] = id.hash;
    words[base + ID] = id.word0;
    words[base + ID + 1] = id.word1;
    words[base + ID + 2] = id.word2;
    words[base + ID + 3] = id.word3;
    if (!id.isLong) return;
    words[base + FLAGS] = words[base + FLAGS]! | LONG_ID;
    while (this.#longIds.length <= slot) this.#longIds.push('');
    this.#longIds[slot] = id.text;
  }

  hasId(slot: number, id: PackedId): boolean {
    const words = this.#words[slot >>> CHUNK_BITS]!;
    const base = ((slot & MASK) << 4) + ID;
    if (words[base] !== id.word0 || words[base + 1] !== id.word1) return false;
    if (words[base + 2] !== id.word2 || words[base + 3] !== id.word3) return false;
    const isLong = (this.flags(slot) & LONG_ID) !== 0;
    if (isLong !== id.isLong) return false;
    return !isLong || this.#longIds[slot] === id.text;
  }

  idText(slot: number): string {
    if ((this.flags(slot) & LONG_ID) !== 0) return this.#longIds[slot]!;
    const words = this.#words[slot >>> CHUNK_BITS]!;
    const base = ((slot & MASK) << 4) + ID;
    let text = '';
    for (let i = 0; i < 16; i++) {
      const code = (words[base + (i >> 2)]! >>> ((i & 3) << 3)) & 0xff;
      if (code === 0) break;
      text += String.fromCharCode(code);
    }
    return text;
  }
}
