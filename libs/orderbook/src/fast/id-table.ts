import type { OrderSlab } from './order-slab.js';
import type { PackedId } from './packed-id.js';

const FIRST_CELLS = 64;
/** A segment of this many cells splits instead of growing: no step of growth moves more. */
const MAX_CELLS = 8192;
const MAX_DEPTH = 18;

/** Part of the table: all hashes with the same leading `depth` bits. A cell is two words: slot + 1 (0 = empty), hash. */
interface Segment {
  cells: Int32Array;
  mask: number;
  used: number;
  depth: number;
}

function segment(cells: number, depth: number): Segment {
  return { cells: new Int32Array(cells * 2), mask: cells - 1, used: 0, depth };
}

function put(target: Segment, slotPlusOne: number, hash: number): void {
  const { cells, mask } = target;
  let cell = hash & mask;
  while (cells[cell << 1] !== 0) cell = (cell + 1) & mask;
  cells[cell << 1] = slotPlusOne;
  cells[(cell << 1) + 1] = hash;
  target.used++;
}

/**
 * Order id → slot: open addressing, linear probing, backward-shift delete. It grows in steps: a directory over the leading
 * bits of the hash names segments, and a full segment splits in two.
 */
export class IdTable {
  readonly #slab: OrderSlab;
  #depth = 1;
  #directory: Segment[] = [segment(FIRST_CELLS, 1), segment(FIRST_CELLS, 1)];

  constructor(slab: OrderSlab) {
    this.#slab = slab;
  }

  /** Slot of the id, −1 if unknown. */
  find(id: PackedId): number {
    const { hash } = id;
    const { cells, mask } = this.#directory[hash >>> (32 - this.#depth)]!;
    let cell = hash & mask;
    for (;;) {
      const slot = cells[cell << 1]! - 1;
      if (slot < 0) return -1;
      if (cells[(cell << 1) + 1] === hash && this.#slab.hasId(slot, id)) return slot;
      cell = (cell + 1) & mask;
    }
  }

  /** The slot must hold the id already, and the id must be unknown. */
  add(slot: number, hash: number): void {
    let target = this.#directory[hash >>> (32 - this.#depth)]!;
    while (target.used * 4 >= (target.mask + 1) * 3) {
      this.#makeRoom(target, hash);
      target = this.#directory[hash >>> (32 - this.#depth)]!;
    }
    put(target, slot + 1, hash);
  }

  remove(slot: number, hash: number): void {
    const target = this.#directory[hash >>> (32 - this.#depth)]!;
    const { cells, mask } = target;
    let hole = hash & mask;
    while (cells[hole << 1] !== slot + 1) {
      if (cells[hole << 1] === 0) throw new Error('order id table lost an id');
      hole = (hole + 1) & mask;
    }
    for (let cell = (hole + 1) & mask; cells[cell << 1] !== 0; cell = (cell + 1) & mask) {
      const home = cells[(cell << 1) + 1]! & mask;
      // a cell may move back only if its home is not behind the hole
      if (((cell - home) & mask) < ((cell - hole) & mask)) continue;
      cells[hole << 1] = cells[cell << 1]!;
      cells[(hole << 1) + 1] = cells[(cell << 1) + 1]!;
      hole = cell;
    }
    cells[hole << 1] = 0;
    target.used--;
  }

  #makeRoom(full: Segment, hash: number): void {
    if (full.mask + 1 < MAX_CELLS || full.depth === MAX_DEPTH) this.#grow(full);
    else this.#split(full, hash);
  }

  #grow(full: Segment): void {
    const grown = segment((full.mask + 1) * 2, full.depth);
    for (let i = 0; i < full.cells.length; i += 2) {
      if (full.cells[i] !== 0) put(grown, full.cells[i]!, full.cells[i + 1]!);
    }
    full.cells = grown.cells;
    full.mask = grown.mask;
  }

  #split(full: Segment, hash: number): void {
    if (full.depth === this.#depth) {
      this.#directory = this.#directory.flatMap((part) => [part, part]);
      this.#depth++;
    }
    const depth = full.depth + 1;
    const halves = [segment(full.mask + 1, depth), segment(full.mask + 1, depth)] as const;
    for (let i = 0; i < full.cells.length; i += 2) {
      const hashOfCell = full.cells[i + 1]!;
      if (full.cells[i] !== 0) put(halves[(hashOfCell >>> (32 - depth)) & 1 ? 1 : 0], full.cells[i]!, hashOfCell);
    }
    const width = 1 << (this.#depth - full.depth);
    const first = ((hash >>> (32 - this.#depth)) & ~(width - 1)) >>> 0;
    for (let i = 0; i < width; i++) this.#directory[first + i] = i < width / 2 ? halves[0] : halves[1];
  }
}
