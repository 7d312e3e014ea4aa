import type { PackedId } from './packed-id.js';

/** An entry is two words: the hash, and the reference plus 1, or 0 for an entry that is free. */
const ENTRY_BITS = 1;
/** In a table that is moving: taken out, but what stands behind it is still searched for past it. */
const GONE = -1;

const FIRST_CELLS = 64;
/** Share of used cells beyond which the index grows. */
const FULL = 0.6;
/** So many cells move in one go; beyond, each new entry moves a few, so that no growth is a pause. */
const SUDDEN_CELLS = 1024;
const MOVED_CELLS = 6;

/** An entry stands at most so many cells behind its hash's: what finds no room there goes into a Map. */
const REACH = 32;

/** Whose entries these are: the records behind the references, 0 to 2^31 − 2. */
export interface IndexOwner {
  /** True if the record has that id. */
  holds(reference: number, id: PackedId): boolean;
  hash(reference: number): number;
  idText(reference: number): string;
}

/**
 * Hash of an id → reference to its record: open addressing, cell by cell, sized to what is in it. The hash of the Map
 * beside it cannot be foreseen, so that ids chosen to collide slow little down.
 */
export class IdIndex {
  readonly #owner: IndexOwner;
  #cells = new Int32Array(FIRST_CELLS << ENTRY_BITS);
  /** The cells before, while they move, and the first that has not. */
  #old: Int32Array | undefined;
  #unmoved = 0;
  readonly #overflow = new Map<string, number>();
  /** True while an entry may stand elsewhere than in the cells. */
  #isSplit = false;

  constructor(owner: IndexOwner) {
    this.#owner = owner;
  }

  /** Reference of the id, −1 if unknown. */
  find(id: PackedId, hash: number): number {
    const cells = this.#cells;
    const last = cells.length - 1;
    let at = (hash << ENTRY_BITS) & last;
    for (let left = REACH; left > 0; left--) {
      const entry = cells[at + 1]!;
      if (entry === 0) break;
      if (cells[at] === hash && this.#owner.holds(entry - 1, id)) return entry - 1;
      at = (at + 2) & last;
    }
    return this.#isSplit ? this.#findElsewhere(id, hash) : -1;
  }

  #findElsewhere(id: PackedId, hash: number): number {
    const old = this.#old;
    if (old !== undefined) {
      const last = old.length - 1;
      let at = (hash << ENTRY_BITS) & last;
      for (let left = REACH; left > 0 && old[at + 1] !== 0; left--) {
        const entry = old[at + 1]!;
        if (entry !== GONE && old[at] === hash && this.#owner.holds(entry - 1, id)) return entry - 1;
        at = (at + 2) & last;
      }
    }
    return this.#overflow.get(id.text) ?? -1;
  }

  /** Adds an entry for an id that is unknown; `count` entries are live with it. */
  add(hash: number, reference: number, count: number): void {
    if (this.#old !== undefined) this.#move(MOVED_CELLS);
    else if (count > (this.#cells.length >> ENTRY_BITS) * FULL) this.#grow();
    this.#put(hash, reference);
  }

  #put(hash: number, reference: number): void {
    const cells = this.#cells;
    const last = cells.length - 1;
    let at = (hash << ENTRY_BITS) & last;
    for (let left = REACH; left > 0; left--) {
      if (cells[at + 1] === 0) {
        cells[at] = hash;
        cells[at + 1] = reference + 1;
        return;
      }
      at = (at + 2) & last;
    }
    this.#overflow.set(this.#owner.idText(reference), reference);
    this.#isSplit = true;
  }

  /** Removes an entry; the record must still be there. */
  remove(hash: number, reference: number): void {
    const at = cellOf(this.#cells, hash, reference);
    if (at >= 0) close(this.#cells, at);
    if (this.#isSplit) this.#removeElsewhere(hash, reference, at >= 0);
    else if (at < 0) throw new Error('order book lost an id');
  }

  #removeElsewhere(hash: number, reference: number, wasFound: boolean): void {
    const old = this.#old;
    const at = old === undefined ? -1 : cellOf(old, hash, reference);
    if (at >= 0) old![at + 1] = GONE;
    // one that was moved into the Map stands in the old cells too
    const wasBeside = !wasFound && this.#overflow.delete(this.#owner.idText(reference));
    if (!wasFound && !wasBeside && at < 0) throw new Error('order book lost an id');
    this.#isSplit = this.#overflow.size > 0 || old !== undefined;
  }

  #grow(): void {
    const old = this.#cells;
    this.#cells = new Int32Array(old.length * 2);
    this.#old = old;
    this.#unmoved = 0;
    this.#isSplit = true;
    const overflow = [...this.#overflow.values()];
    this.#overflow.clear();
    for (const reference of overflow) this.#put(this.#owner.hash(reference), reference);
    this.#move(old.length >> ENTRY_BITS <= SUDDEN_CELLS ? SUDDEN_CELLS : MOVED_CELLS);
  }

  /** Copies the entries of a few cells into the new ones: those of the old stay, as others are searched for past them. */
  #move(count: number): void {
    const old = this.#old!;
    const end = Math.min(old.length, this.#unmoved + (count << ENTRY_BITS));
    for (let at = this.#unmoved; at < end; at += 2) {
      const entry = old[at + 1]!;
      if (entry > 0) this.#put(old[at]!, entry - 1);
    }
    this.#unmoved = end;
    if (end < old.length) return;
    this.#old = undefined;
    this.#isSplit = this.#overflow.size > 0;
  }
}

/** Cell of an entry, −1 if it is not there. */
function cellOf(cells: Int32Array, hash: number, reference: number): number {
  const last = cells.length - 1;
  let at = (hash << ENTRY_BITS) & last;
  for (let left = REACH; left > 0; left--) {
    const entry = cells[at + 1]!;
    if (entry === reference + 1) return at;
    if (entry === 0) return -1;
    at = (at + 2) & last;
  }
  return -1;
}

/** Frees a cell, and lets the entries behind it that are not at their hash's own move up. */
function close(cells: Int32Array, cell: number): void {
  const last = cells.length - 1;
  let hole = cell;
  let at = (hole + 2) & last;
  // what stands further behind the hole cannot have been searched for from before it
  while (cells[at + 1] !== 0 && ((at - hole) & last) < REACH << ENTRY_BITS) {
    const home = (cells[at]! << ENTRY_BITS) & last;
    if (((at - home) & last) >= ((at - hole) & last)) {
      cells[hole] = cells[at]!;
      cells[hole + 1] = cells[at + 1]!;
      hole = at;
    }
    at = (at + 2) & last;
  }
  cells[hole + 1] = 0;
}
