/** What a busy symbol's batch takes is 128 KiB and more: few steps lead there. */
const FIRST_BYTES = 16 * 1024;
const GROWTH = 4;
const QUOTE = 0x22;
const ZERO = 0x30;
/** Digits that fit into a small integer, and what they count up to. */
const LOW_DIGITS = 9;
const LOW = 1_000_000_000;

/** Characters that JSON writes between quotes as they are, and that take one byte. */
const PLAIN = new Uint8Array(128);
for (let code = 0x20; code < 0x7f; code++) PLAIN[code] = code === QUOTE || code === 0x5c ? 0 : 1;

/** Before the first write: most lists of a quiet market stay empty. */
const NOTHING = new Uint8Array(0);

const utf8 = new TextEncoder();

/** JSON in the making, as bytes: what is written here leaves no strings behind for the collector. */
export class JsonBytes {
  #bytes = NOTHING;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** A view of what was written; good until the next write. */
  view(from: number, to: number): Uint8Array {
    return this.#bytes.subarray(from, to);
  }

  /** @param text ASCII, JSON as it stands */
  raw(text: string): void {
    const end = this.#reserve(text.length);
    const bytes = this.#bytes;
    for (let i = 0, at = this.#length; at < end; i++, at++) bytes[at] = text.charCodeAt(i);
    this.#length = end;
  }

  /** A JSON string, byte for byte what `JSON.stringify` gives of it. */
  string(text: string): void {
    const end = this.#reserve(text.length + 2);
    const bytes = this.#bytes;
    let at = this.#length;
    let plain = 1;
    bytes[at++] = QUOTE;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      // Beyond the table there is undefined, which makes it 0.
      plain &= PLAIN[code]!;
      bytes[at++] = code;
    }
    bytes[at] = QUOTE;
    if (plain === 1) this.#length = end;
    else this.#append(utf8.encode(JSON.stringify(text)));
  }

  /** A number. Whole ones from 0 on, which all figures of an event are, take the short way. */
  number(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) return this.raw(String(value));
    if (value < LOW) return this.#digits(value, digitsOf(value));
    const high = Math.floor(value / LOW);
    this.number(high);
    this.#digits(value - high * LOW, LOW_DIGITS);
  }

  /** @param value below 1e9; leading zeros fill up to `count` digits */
  #digits(value: number, count: number): void {
    const end = this.#reserve(count);
    const bytes = this.#bytes;
    let left = value | 0;
    for (let at = end - 1; at >= this.#length; at--) {
      const rest = (left / 10) | 0;
      bytes[at] = ZERO + left - rest * 10;
      left = rest;
    }
    this.#length = end;
  }

  #append(more: Uint8Array): void {
    const end = this.#reserve(more.byteLength);
    this.#bytes.set(more, this.#length);
    this.#length = end;
  }

  /** Makes room, and returns where what needs it will end. */
  #reserve(bytes: number): number {
    const end = this.#length + bytes;
    if (end > this.#bytes.byteLength) this.#grow(end);
    return end;
  }

  #grow(needed: number): void {
    const larger = new Uint8Array(Math.max(needed, FIRST_BYTES, GROWTH * this.#bytes.byteLength));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}

function digitsOf(value: number): number {
  let digits = 1;
  for (let limit = 10; digits < LOW_DIGITS && value >= limit; limit *= 10) digits++;
  return digits;
}
