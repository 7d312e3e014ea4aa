import { retry, type BackoffPorts, type Lifetime, type RetryOptions } from '../backoff.js';
import { EngineError } from '../errors.js';
import { comparePositions, type Position } from '../matching/positions.js';
import { PortError, type JournalPage, type KinesisPort, type StartAt } from '../ports.js';
import type { FanOut } from './fan-out.js';

/** Records of one page: a page of a shard's greatest rate for two seconds. */
const PAGE_RECORDS = 2_000;

export interface ShardReaderOptions {
  stream: string;
  shardId: string;
  /** Least time between two calls, ms: Kinesis takes 5 a second and shard. */
  pollMs: number;
  /** Enhanced fan-out, where it is used: the reader polls whenever that gives nothing. */
  fanOut: FanOut | undefined;
  /** So long the stream keeps a record in any case, ms. */
  retainedMs: number;
  /** When it was known that nothing had come after the record to go on from, epoch ms; undefined where nobody knows. */
  caughtUpAt: number | undefined;
}

/**
 * Reads one shard in order, page by page, without a hole: it starts where it is told, checks that the journal still has
 * the record it goes on from, and finds its way back by that record after any failure. It never starts at LATEST.
 */
export class ShardReader {
  #iterator: string | undefined;
  /** Last record given out, or the position to go on after. */
  #position: Position;
  /** Arrival of that record, epoch ms; undefined where it was read by somebody else. */
  #arrivalMs: number | undefined;
  #caughtUpAt: number | undefined;
  /** Whether the current iterator or subscription is known to give all that comes after `#position`. */
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
    this.#caughtUpAt = options.caughtUpAt;
    life.onEnd(() => options.fanOut?.close());
  }

  /** Whether records are pushed: then Kinesis speaks every five seconds, not at every call. */
  get isPushed(): boolean {
    return this.options.fanOut?.isOpen === true;
  }

  /**
   * Waits for its turn and reads one page. The page may be empty.
   *
   * @throws EngineError `JOURNAL_GAP` where the journal no longer has the record to go on from
   */
  async page(limits: Partial<RetryOptions> = {}): Promise<JournalPage> {
    const label = `read ${this.options.shardId}`;
    const askedAt = this.ports.clock.now();
    const page = await retry(() => this.#next(), this.ports, this.life, { label, ...limits });
    if (!this.#verified) this.#verify(page);
    // Kinesis may give again what it gave before.
    const records = page.records.filter(({ sequenceNumber }) => comparePositions(sequenceNumber, this.#position) > 0);
    const last = records[records.length - 1];
    if (last !== undefined) {
      this.#position = last.sequenceNumber;
      this.#arrivalMs = last.arrivalMs;
    }
    if (this.#verified && page.behindMs === 0) this.#caughtUpAt = askedAt;
    return { ...page, records };
  }

  async #next(): Promise<JournalPage> {
    return (await this.#pushed()) ?? (await this.#poll());
  }

  async #pushed(): Promise<JournalPage | undefined> {
    const { fanOut } = this.options;
    if (fanOut === undefined) return undefined;
    try {
      if (fanOut.isDue) {
        await fanOut.open(this.#start());
        if (this.life.ended) fanOut.close();
        // Whoever reads next, the subscription or the next iterator, begins at the same record.
        this.#iterator = undefined;
      }
      const page = await fanOut.page();
      if (page === undefined) this.life.check();
      return page;
    } catch (error) {
      if (error instanceof PortError && error.code === 'BAD_POSITION') throw this.#gap(error);
      throw error;
    }
  }

  async #poll(): Promise<JournalPage> {
    await this.#turn();
    try {
      if (this.#iterator === undefined) {
        this.#iterator = await this.kinesis.iterator(this.options.stream, this.options.shardId, this.#start());
        // The time to the next read counts from when this one is sent, not from when its iterator was asked for.
        this.#called();
      }
      const page = await this.kinesis.records(this.#iterator, PAGE_RECORDS);
      this.#iterator = page.next;
      return page;
    } catch (error) {
      if (!(error instanceof PortError)) throw error;
      if (error.code === 'BAD_POSITION') throw this.#gap(error);
      // An iterator is worth nothing after an error that Kinesis does not explain: it is cheap to get another.
      if (error.code !== 'THROTTLED') this.#iterator = undefined;
      if (error.code === 'EXPIRED_ITERATOR') throw new PortError('UNAVAILABLE', error.message, { cause: error });
      throw error;
    }
  }

  #start(): StartAt {
    this.#verified = this.#position === '';
    return this.#verified ? { type: 'TRIM_HORIZON' } : { type: 'AT_SEQUENCE_NUMBER', sequenceNumber: this.#position };
  }

  /** The first record that was not given before must be the one to go on from; what follows it is new. */
  #verify(page: JournalPage): void {
    const first = page.records.find(({ sequenceNumber }) => comparePositions(sequenceNumber, this.#position) >= 0);
    if (first?.sequenceNumber === this.#position || this.#mayBeGone) {
      this.#verified = true;
      return;
    }
    if (first !== undefined) throw this.#gap();
    // A push may begin with an empty event; a poll that begins so at the tip has nothing to give.
    if (page.next === undefined || (page.behindMs === 0 && !this.isPushed)) throw this.#gap();
  }

  /** Whether the stream may have forgotten the record to go on from, and nothing after it. */
  get #mayBeGone(): boolean {
    const keptSince = this.ports.clock.now() - this.options.retainedMs;
    const isOld = this.#arrivalMs === undefined || this.#arrivalMs < keptSince;
    return isOld && this.#caughtUpAt !== undefined && this.#caughtUpAt > keptSince;
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
    this.#called();
  }

  #called(): void {
    this.#nextCallAt = this.ports.clock.monotonic() + this.options.pollMs;
  }
}
