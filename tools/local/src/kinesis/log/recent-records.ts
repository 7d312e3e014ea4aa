import type { LogRecord } from './frame.js';

/** What a record costs beside its data: key, numbers, object heads. */
const OVERHEAD_BYTES = 200;

/** The newest records of a shard, so that readers at the tip do not touch the file. Bounded by bytes. */
export class RecentRecords {
  #records: LogRecord[] = [];
  #head = 0;
  #bytes = 0;
  /** Every record from this counter on is here. */
  #completeFrom: number;

  /** @param nextCounter records below it were never seen by this cache */
  constructor(
    private readonly maxBytes: number,
    nextCounter: number,
  ) {
    this.#completeFrom = nextCounter;
  }

  add(record: LogRecord): void {
    this.#records.push(record);
    this.#bytes += cost(record);
    while (this.#bytes > this.maxBytes) this.#dropOldest();
    this.#compact();
  }

  /** Drops the records with a counter below `counter`. */
  forgetBelow(counter: number): void {
    for (;;) {
      const oldest = this.#records[this.#head];
      if (oldest === undefined || oldest.counter >= counter) break;
      this.#dropOldest();
    }
    this.#compact();
  }

  /** The records from counter `from` on, oldest first; undefined where some of them are no longer here. */
  from(from: number): Iterable<LogRecord> | undefined {
    return from < this.#completeFrom ? undefined : this.#iterate(from);
  }

  *#iterate(from: number): Generator<LogRecord> {
    const records = this.#records;
    let low = this.#head;
    let high = records.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((records[middle]?.counter ?? 0) < from) low = middle + 1;
      else high = middle;
    }
    for (let index = low; index < records.length; index++) {
      const record = records[index];
      if (record !== undefined) yield record;
    }
  }

  #compact(): void {
    if (this.#head <= 1024 || this.#head * 2 <= this.#records.length) return;
    this.#records = this.#records.slice(this.#head);
    this.#head = 0;
  }

  #dropOldest(): void {
    const record = this.#records[this.#head];
    if (record === undefined) return;
    this.#records[this.#head] = RELEASED;
    this.#head++;
    this.#bytes -= cost(record);
    this.#completeFrom = record.counter + 1;
  }
}

const cost = (record: LogRecord): number => record.data.length + OVERHEAD_BYTES;

/** Stands where a record was dropped, so that its data can be freed before the array is cut. */
const RELEASED: LogRecord = { counter: 0, arrivedMs: 0, partitionKey: '', data: Buffer.alloc(0) };
