import { retry, type BackoffPorts, type Lifetime } from '../backoff.js';
import { PortError, type DynamoPort, type Item } from '../ports.js';

/** Most items of one BatchWriteItem call. */
const MAX_BATCH_ITEMS = 25;
/** Calls at a time. */
const MAX_CALLS = 8;

/**
 * Puts rows into one table, in calls of 25, several at a time; what the table did not take goes again. Rows are made when
 * they are sent: what waits for its call, or for an answer, is the far smaller thing that a row is made from.
 */
export class TableWriter<T> {
  #calls = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(
    private readonly name: string,
    private readonly table: string,
    private readonly rowOf: (source: T) => Item,
    private readonly dynamo: DynamoPort,
    private readonly ports: BackoffPorts,
    private readonly life: Lifetime,
  ) {}

  /** Resolves once the table holds every row. Keys must be distinct; a put of the same row again changes nothing. */
  async write(sources: readonly T[]): Promise<void> {
    const calls: Promise<void>[] = [];
    for (let first = 0; first < sources.length; first += MAX_BATCH_ITEMS) {
      calls.push(this.#put(sources.slice(first, first + MAX_BATCH_ITEMS)));
    }
    await Promise.all(calls);
  }

  async #put(sources: T[]): Promise<void> {
    if (this.#calls >= MAX_CALLS) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#calls++;
    try {
      let left: readonly Item[] | undefined;
      const call = async () => {
        left = await this.dynamo.putBatch(this.table, left ?? sources.map(this.rowOf));
        if (left.length > 0) throw new PortError('THROTTLED', `${left.length} items were not taken`);
      };
      await retry(call, this.ports, this.life, { label: this.name });
    } finally {
      this.#calls--;
      this.#waiting.shift()?.();
    }
  }
}
