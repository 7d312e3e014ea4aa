import { createHash, type Hash } from 'node:crypto';

/** What arrived of one stream and symbol. */
export interface SymbolSum {
  events: number;
  /** SHA-1 over the events' JSON in order, each followed by a comma. */
  sum: string;
}

interface Lane {
  events: number;
  lastSeq: number;
  hash: Hash;
}

const EVENT = '{"event":"';
const SEQ = '"seq":';

/** Counts and sums the events of a stream, symbol by symbol. A record that comes again is counted apart. */
export class EventTally {
  readonly #lanes = new Map<string, Lane>();
  repeats = 0;

  /**
   * @param json one or more events, joined by commas
   * @throws Error for text that holds no event, or events that were passed over
   */
  add(symbol: string, json: string): void {
    const first = seqAfter(json, json.indexOf(SEQ));
    const last = seqAfter(json, json.lastIndexOf(SEQ));
    let lane = this.#lanes.get(symbol);
    if (lane === undefined) {
      lane = { events: 0, lastSeq: 0, hash: createHash('sha1') };
      this.#lanes.set(symbol, lane);
    }
    if (first <= lane.lastSeq) {
      if (last > lane.lastSeq) throw new Error(`${symbol}: events ${first} to ${last} after ${lane.lastSeq}`);
      this.repeats += 1;
      return;
    }
    lane.lastSeq = last;
    lane.events += occurrences(json, EVENT);
    lane.hash.update(json).update(',');
  }

  /** By symbol. The tally can go on after it. */
  sums(): Record<string, SymbolSum> {
    return Object.fromEntries(
      [...this.#lanes].map(([symbol, { events, hash }]) => [symbol, { events, sum: hash.copy().digest('hex') }]),
    );
  }
}

function seqAfter(json: string, at: number): number {
  const seq = at < 0 ? Number.NaN : Number.parseInt(json.slice(at + SEQ.length, at + SEQ.length + 17), 10);
  if (!Number.isSafeInteger(seq)) throw new Error(`no event: ${json.slice(0, 200)}`);
  return seq;
}

function occurrences(text: string, part: string): number {
  let count = 0;
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) count += 1;
  return count;
}

type RowValue = string | number | boolean;

/** Counts and sums the rows of a table whatever their order; a row that is put again with the same content counts once. */
export class RowTally {
  readonly #seen = new Map<string, number>();
  repeats = 0;
  #sum = 0;

  /** @throws Error where a key comes back with other content */
  add(key: string, row: Readonly<Record<string, RowValue>>): void {
    const hash = rowHash(row);
    const before = this.#seen.get(key);
    if (before !== undefined) {
      if (before !== hash) throw new Error(`${key} was written with another content before`);
      this.repeats += 1;
      return;
    }
    this.#seen.set(key, hash);
    this.#sum = (this.#sum + hash) % 2 ** 48;
  }

  get rows(): number {
    return this.#seen.size;
  }

  get sum(): number {
    return this.#sum;
  }
}

/** FNV-1a over the attributes in the order of their names. */
function rowHash(row: Readonly<Record<string, RowValue>>): number {
  let hash = 0x811c9dc5;
  for (const name of Object.keys(row).sort()) {
    const text = `${name}=${String(row[name])};`;
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return hash >>> 0;
}
