import { LONG_ID, MORE_WORDS, STRANGE_ID, unpack, type PackedId } from './packed-id.js';

/** What of the ids of a chunk of records does not fit into the records, by the place of the record in the chunk. */
export class SideIds {
  readonly #records: number;
  #more: Int32Array | undefined;
  #texts: Map<number, string> | undefined;

  constructor(records: number) {
    this.#records = records;
  }

  #words(): Int32Array {
    return (this.#more ??= new Int32Array(this.#records * MORE_WORDS));
  }

  #strange(): Map<number, string> {
    return (this.#texts ??= new Map<number, string>());
  }

  /** Keeps what the record has no room for. */
  put(place: number, id: PackedId): void {
    if (id.kind === STRANGE_ID) this.#strange().set(place, id.text);
    else if (id.kind === LONG_ID) this.#words().set(id.more, place * MORE_WORDS);
  }

  /** True if the id, whose words in the record are equal, is the same one. Only for ids of the same kind. */
  same(place: number, id: PackedId): boolean {
    if (id.kind === STRANGE_ID) return this.#texts?.get(place) === id.text;
    if (id.kind !== LONG_ID) return true;
    const words = this.#words();
    const base = place * MORE_WORDS;
    const { more } = id;
    for (let word = 0; word < MORE_WORDS; word++) if (words[base + word] !== more[word]) return false;
    return true;
  }

  /** Keeps for one record what `from` has for another. */
  take(place: number, kind: number, from: SideIds, fromPlace: number): void {
    if (kind === STRANGE_ID) this.#strange().set(place, from.#strange().get(fromPlace)!);
    else if (kind === LONG_ID) {
      const base = fromPlace * MORE_WORDS;
      this.#words().set(from.#words().subarray(base, base + MORE_WORDS), place * MORE_WORDS);
    }
  }

  /** The record is gone. Words stay until its place is used again. */
  drop(place: number, kind: number): void {
    if (kind === STRANGE_ID) this.#texts?.delete(place);
  }

  /** Text of an id whose words in the record begin at `words[base]`. */
  text(place: number, kind: number, words: Int32Array, base: number): string {
    if (kind === STRANGE_ID) return this.#strange().get(place)!;
    return unpack(words, base, kind === LONG_ID ? this.#words() : undefined, place * MORE_WORDS);
  }

  copy(): SideIds {
    const copy = new SideIds(this.#records);
    copy.#more = this.#more?.slice();
    copy.#texts = this.#texts && new Map(this.#texts);
    return copy;
  }
}
