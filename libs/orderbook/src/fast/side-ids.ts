import { IdKind, IdWords, unpack, type PackedId } from './packed-id.js';

/** What of the ids of a chunk of records does not fit into the records, by the place of the record in the chunk. */
export class SideIds {
  readonly #records: number;
  #more: Int32Array | undefined;
  #texts: Map<number, string> | undefined;

  constructor(records: number) {
    this.#records = records;
  }

  #words(): Int32Array {
    return (this.#more ??= new Int32Array(this.#records * IdWords.MORE));
  }

  #strange(): Map<number, string> {
    return (this.#texts ??= new Map<number, string>());
  }

  /** Keeps what the record has no room for. */
  put(place: number, id: PackedId): void {
    if (id.kind === IdKind.STRANGE) this.#strange().set(place, id.text);
    else if (id.kind === IdKind.LONG) copyWords(id.more, 0, this.#words(), place * IdWords.MORE);
  }

  /** True if the id, whose words in the record are equal, is the same one. Only for ids of the same kind. */
  same(place: number, id: PackedId): boolean {
    if (id.kind === IdKind.STRANGE) return this.#texts?.get(place) === id.text;
    if (id.kind !== IdKind.LONG) return true;
    const words = this.#words();
    const base = place * IdWords.MORE;
    const { more } = id;
    for (let word = 0; word < IdWords.MORE; word++) if (words[base + word] !== more[word]) return false;
    return true;
  }

  /** Keeps for one record what `from` has for another. */
  take(place: number, kind: number, from: SideIds, fromPlace: number): void {
    if (kind === IdKind.STRANGE) this.#strange().set(place, from.#strange().get(fromPlace)!);
    else if (kind === IdKind.LONG)
      copyWords(from.#words(), fromPlace * IdWords.MORE, this.#words(), place * IdWords.MORE);
  }

  /** The record is gone. Words stay until its place is used again. */
  drop(place: number, kind: number): void {
    if (kind === IdKind.STRANGE) this.#texts?.delete(place);
  }

  /** All records are gone. */
  clear(): void {
    this.#texts = undefined;
  }

  /** Text of an id whose words in the record begin at `words[base]`. */
  text(place: number, kind: number, words: Int32Array, base: number): string {
    if (kind === IdKind.STRANGE) return this.#strange().get(place)!;
    return unpack(words, base, kind === IdKind.LONG ? this.#words() : undefined, place * IdWords.MORE);
  }

  copy(): SideIds {
    const copy = new SideIds(this.#records);
    copy.#more = this.#more?.slice();
    copy.#texts = this.#texts && new Map(this.#texts);
    return copy;
  }
}

/** So few that a call of `set` would take longer. */
function copyWords(from: Int32Array, fromBase: number, to: Int32Array, toBase: number): void {
  for (let word = 0; word < IdWords.MORE; word++) to[toBase + word] = from[fromBase + word]!;
}
