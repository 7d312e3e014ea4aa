import { SnapshotError } from './snapshot-error.js';

/** Reads what `ByteWriter` wrote. Every read is checked: bytes that end early or make no sense throw `DAMAGED`. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  readonly #interned: string[] = [];
  #at = 0;

  constructor(bytes: Uint8Array, end: number) {
    this.#bytes = bytes;
    this.#end = end;
  }

  get atEnd(): boolean {
    return this.#at === this.#end;
  }

  #byte(): number {
    if (this.#at >= this.#end) throw new SnapshotError('DAMAGED', 'snapshot ends in the middle of a value');
    return this.#bytes[this.#at++]!;
  }

  word(): number {
    const low = this.#byte() | (this.#byte() << 8);
    return (low | (this.#byte() << 16) | (this.#byte() << 24)) >>> 0;
  }

  count(): number {
    let value = 0;
    let scale = 1;
    for (let groups = 0; groups < 8; groups++) {
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (!Number.isSafeInteger(value)) break;
        return value;
      }
      scale *= 128;
    }
    throw new SnapshotError('DAMAGED', 'snapshot holds a number out of range');
  }

  /** A count of things that take at least one byte each, so that a wrong one cannot ask for endless memory. */
  listLength(): number {
    const length = this.count();
    if (length > this.#end - this.#at) throw new SnapshotError('DAMAGED', 'snapshot holds a list longer than itself');
    return length;
  }

  text(): string {
    const header = this.count();
    const length = Math.floor(header / 2);
    if (length > this.#end - this.#at) throw new SnapshotError('DAMAGED', 'snapshot holds a text longer than itself');
    let value = '';
    for (let i = 0; i < length; i++) {
      const low = this.#byte();
      value += String.fromCharCode(header % 2 === 1 ? low | (this.#byte() << 8) : low);
    }
    return value;
  }

  interned(): string {
    const known = this.count();
    if (known === 0) {
      const value = this.text();
      this.#interned.push(value);
      return value;
    }
    const value = this.#interned[known - 1];
    if (value === undefined) throw new SnapshotError('DAMAGED', 'snapshot names a text it does not hold');
    return value;
  }
}
