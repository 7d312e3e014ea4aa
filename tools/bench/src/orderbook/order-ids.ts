/** Characters of an order id: `ORD` and 10 digits, or `ord_` and a text shaped like a UUID that ends with those digits. */
export const ID_LENGTHS = { short: 13, long: 40 } as const;
export type IdLength = (typeof ID_LENGTHS)[keyof typeof ID_LENGTHS];

const DIGITS = 10;
const HEX = '0123456789abcdef';

/**
 * Texts of ids: each call makes a new flat string, as a parsed message holds. The longer ids differ from each other from
 * their fifth character on.
 */
export class OrderIds {
  readonly #bytes: Buffer;

  constructor(readonly length: IdLength) {
    this.#bytes = Buffer.from(
      length === ID_LENGTHS.short ? 'ORD0000000000' : 'ord_00000000-0000-4000-8000-000000000000',
    );
  }

  /** @param id 0 to 2^32 − 1 */
  text(id: number): string {
    if (this.length === ID_LENGTHS.long) writeHex(this.#bytes, id);
    writeDigits(this.#bytes, id);
    return this.#bytes.toString('latin1', 0, this.length);
  }

  /** The number in an id that `text` made. */
  number(text: string): number {
    let id = 0;
    for (let at = text.length - DIGITS; at < text.length; at += 1) id = id * 10 + text.charCodeAt(at) - 48;
    return id;
  }
}

/** Request ids as the order router makes them: texts shaped like a UUID. */
export class RequestIds {
  readonly #bytes = Buffer.from('00000000-0000-4000-8000-000000000000');

  text(id: number): string {
    writeHex(this.#bytes, id, 0);
    writeDigits(this.#bytes, id);
    return this.#bytes.toString('latin1');
  }
}

function writeDigits(bytes: Buffer, id: number): void {
  let rest = id;
  for (let at = bytes.length - 1; at >= bytes.length - DIGITS; at -= 1) {
    const tenth = Math.floor(rest / 10);
    bytes[at] = 48 + rest - tenth * 10;
    rest = tenth;
  }
}

/** Eight digits at `from` that are another permutation of 32 bits for each id. */
function writeHex(bytes: Buffer, id: number, from = 4): void {
  let mixed = Math.imul(id ^ (id >>> 15), 0x9e3779b1);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0x85ebca6b);
  for (let at = from; at < from + 8; at += 1) {
    bytes[at] = HEX.charCodeAt(mixed & 15);
    mixed >>>= 4;
  }
}
