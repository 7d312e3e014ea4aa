import { retry, type BackoffPorts, type Lifetime, type RetryOptions } from '../backoff.js';
import { EngineError } from '../errors.js';
import type { Position } from '../matching/positions.js';
import { PortError, type JournalPage, type JournalRecord, type KinesisPort, type StartAt } from '../ports.js';

/** Records of one page: a page of a shard's greatest rate for two seconds. */
const PAGE_RECORDS = 2_000;

export interface ShardReaderOptions {
  stream: string;
  shardId: string;
  /** Least time between two calls, ms: Kinesis takes 5 a second and shard. */
  pollMs: number;
}

/**
 * Reads one shard in order, page by page, without a hole: it starts where it is told, checks that the journal still has
 * the record it goes on from, and finds its way back by that record after any failure. It never starts at LATEST.
 */
export class ShardReader {
  #iterator: string | undefined;
  /** Last record given out, or the position to go on after. */
  #position: Position;
  /** Whether the record at `#position` was seen by the current iterator. */
  #verified = false;
  #nextCallAt = 0;

  constructor(
    private readonly options: ShardReaderOptions,
    after: Position,
    private readonly kinesis: KinesisPort,
    private readonly ports: BackoffPorts,
    private readonly life: Lifetime,
  ) {
    this.#position = after;
  }

  /**
   * Waits for its turn and reads one page. The page may be empty.
   *
   * @throws EngineError `JOURNAL_GAP` where the journal no longer has the record to go on from
   */
  async page(limits: Partial<RetryOptions> = {}): Promise<JournalPage> {
    const label = `read ${this.options.shardId}`;
    const page = await retry(() => this.#read(), this.ports, this.life, { label, ...limits });
    this.#iterator = page.next;
    const records = this.#verified ? page.records : this.#verify(page);
    const last = records[records.length - 1];
    if (last !== undefined) this.#position = last.sequenceNumber;
    return { ...page, records };
  }

  async #read(): Promise<JournalPage> {
    await this.#turn();
    try {
      this.#iterator ??= await this.#open();
      return await this.kinesis.records(this.#iterator, PAGE_RECORDS);
    } catch (error) {
      if (!(error instanceof PortError)) throw error;
      if (error.code === 'BAD_POSITION') throw this.#gap(error);
      // An iterator is worth nothing after an error that Kinesis does not explain: it is cheap to get another.
      if (error.code !== 'THROTTLED') this.#iterator = undefined;
      if (error.code === 'EXPIRED_ITERATOR') throw new PortError('UNAVAILABLE', error.message, { cause: error });
      throw error;
    }
  }

  #open(): Promise<string> {
    const start: StartAt =
      this.#position === '' ? { type: 'TRIM_HORIZON' } : { type: 'AT_SEQUENCE_NUMBER', sequenceNumber: this.#position };
    this.#verified = this.#position === '';
    return this.kinesis.iterator(this.options.stream, this.options.shardId, start);
  }

  /** The first record must be the one to go on from; what follows it is new. */
  #verify(page: JournalPage): readonly JournalRecord[] {
    const [first, ...rest] = page.records;
    if (first === undefined) {
      if (page.behindMs === 0 || page.next === undefined) throw this.#gap();
      return [];
    }
    if (first.sequenceNumber !== this.#position) throw this.#gap();
    this.#verified = true;
    return rest;
  }

  #gap(cause?: unknown): EngineError {
    const { stream, shardId } = this.options;
    const message = `${stream} ${shardId}: the journal no longer has the record ${this.#position}; going on would number events anew`;
    return new EngineError('JOURNAL_GAP', message, { cause });
  }

  async #turn(): Promise<void> {
    const { clock, timers } = this.ports;
    const wait = this.#nextCallAt - clock.monotonic();
    if (wait > 0) await this.life.sleep(wait, timers);
    this.life.check();
    this.#nextCallAt = clock.monotonic() + this.options.pollMs;
  }
}
