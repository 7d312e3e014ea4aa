import { RECENT_TRADES } from '@supernoba/protocol';

/** The newest trades of a symbol as JSON rows, numbered without a hole, oldest first. */
export class TradeTail {
  #rows: string[] = [];
  #last = 0;
  readonly #joined = new Map<number, string>();

  /** Number of the newest trade; 0 before the first. */
  get last(): number {
    return this.#last;
  }

  /** How many of the newest rows to read so that nothing up to trade number `q` is missing. */
  wanted(q: number): number {
    return Math.min(Math.max(q - this.#last, 0), RECENT_TRADES);
  }

  /**
   * Takes the newest rows of the cache's list. Answers false, having taken none, where they do not follow what is here
   * although the list may hold more: trades came between the two reads, so more rows are to be read.
   *
   * @throws SyntaxError, TypeError for a row that is no trade
   */
  take(rows: readonly string[], asked: number): boolean {
    const numbered = rows.map((row) => ({ no: tradeNumber(row), row })).filter(({ no }) => no > this.#last);
    const first = numbered[0];
    if (!first) return true;
    const hasHole = first.no > this.#last + 1;
    if (hasHole && asked < RECENT_TRADES && rows.length >= asked) return false;
    if (hasHole) this.#rows = [];
    for (const { row } of numbered) this.#rows.push(row);
    if (this.#rows.length > RECENT_TRADES) this.#rows = this.#rows.slice(-RECENT_TRADES);
    this.#last = numbered.at(-1)?.no ?? this.#last;
    this.#joined.clear();
    return true;
  }

  /** The rows after trade number `no`, joined by commas; '' where there are none. At most 1,000, the newest. */
  since(no: number): string {
    const count = Math.min(this.#last - no, this.#rows.length);
    if (count <= 0) return '';
    let joined = this.#joined.get(count);
    if (joined === undefined) {
      joined = this.#rows.slice(-count).join(',');
      this.#joined.set(count, joined);
    }
    return joined;
  }
}

function tradeNumber(row: string): number {
  const [no]: unknown[] = Array.from(JSON.parse(row) as unknown[]);
  if (typeof no !== 'number' || !Number.isSafeInteger(no) || no < 1)
    throw new TypeError(`no trade: ${row.slice(0, 100)}`);
  return no;
}
