import type { KinesisContext } from './context.js';
import { describeChildren, describeRecord } from './describe.js';
import { KinesisError } from './errors.js';
import { encodeEvent, encodeException } from './event-stream.js';
import { API, SubscriptionPace } from './limits.js';
import { recordBytes, type ReadResult } from './log/shard-log.js';
import { millisBehind, nextPosition } from './operations/get-records.js';
import { formatSequence } from './sequence.js';
import type { Shard, Stream } from './stream.js';

/** The body of an answer that is still being written. */
export interface EventSink {
  /** False while the reader lags: `drain` follows. */
  write(bytes: Buffer): boolean;
  end(): unknown;
  on(event: 'drain' | 'close', listener: () => void): unknown;
}

export interface SubscriptionTimes {
  /** Silence after which an event without records is sent. */
  readonly heartbeatMs: number;
  /** Life of a subscription. */
  readonly lifeMs: number;
}

const MAX_EVENT_BYTES = 1024 * 1024;

/** One enhanced fan-out reader of one shard: pushes records as they are appended, waits while the reader lags. */
export class Subscription {
  readonly #pace: SubscriptionPace | undefined;
  #stopListening: () => void = () => undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  #life: NodeJS.Timeout | undefined;
  #pause: NodeJS.Timeout | undefined;
  #scheduled = false;
  #lagging = false;
  #ended = false;

  constructor(
    private readonly context: KinesisContext,
    readonly stream: Stream,
    private readonly shard: Shard,
    private position: number,
    private readonly sink: EventSink,
    private readonly times: SubscriptionTimes,
    private readonly onEnd: () => void,
  ) {
    this.#pace = context.limits ? new SubscriptionPace(context.now()) : undefined;
  }

  start(): void {
    // Clients hold the call open until the first frame: it goes out before there are records.
    this.sink.write(encodeEvent('initial-response', {}));
    this.sink.on('drain', () => {
      this.#lagging = false;
      this.wake();
    });
    this.sink.on('close', () => this.#finish());
    this.#stopListening = this.shard.log.onAppend(() => this.wake());
    this.#heartbeat = setInterval(() => this.#push(true), this.times.heartbeatMs);
    this.#life = setTimeout(() => this.end(), this.times.lifeMs);
    this.#push(false);
  }

  /** Pushes what is new, once this turn of the event loop is over: appends that come together travel together. */
  wake(): void {
    if (this.#ended || this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#pushNext());
  }

  /** Ends the answer; with an error, the reader is told. */
  end(error?: KinesisError): void {
    if (this.#ended) return;
    if (error !== undefined) this.sink.write(encodeException(error.type, error.message));
    this.sink.end();
    this.#finish();
  }

  #pushNext(): void {
    this.#scheduled = false;
    this.#push(false);
  }

  #push(evenEmpty: boolean): void {
    if (this.#ended || this.#lagging) return;
    try {
      this.#pushRecords(evenEmpty);
    } catch (error) {
      this.context.log('error', 'a subscription failed', { shard: this.shard.id, error: String(error) });
      this.end(new KinesisError('InternalFailureException', 'Internal Service Failure', 500));
    }
  }

  #pushRecords(evenEmpty: boolean): void {
    const read = this.shard.log.read(this.position, API.maxGetRecords, MAX_EVENT_BYTES);
    const nowMs = this.context.now();
    this.position = nextPosition(this.position, read);
    const shardEnded = this.shard.endsWith(read);
    if (read.records.length > 0 || shardEnded || evenEmpty) {
      this.#lagging = !this.sink.write(encodeEvent('SubscribeToShardEvent', this.#event(read, nowMs, shardEnded)));
      this.#heartbeat?.refresh();
    }
    if (shardEnded) this.end();
    else if (read.nextArrivedMs !== undefined || this.#pace) this.#continue(read, nowMs);
  }

  /** Goes on with what is left, at the pace of the real service where that is asked for. */
  #continue(read: ReadResult, nowMs: number): void {
    const bytes = read.records.reduce((sum, record) => sum + recordBytes(record), 0);
    const delayMs = this.#pace?.delayAfter(bytes, nowMs) ?? 0;
    if (delayMs > 0) {
      this.#scheduled = true;
      clearTimeout(this.#pause);
      this.#pause = setTimeout(() => this.#pushNext(), delayMs);
    } else if (read.nextArrivedMs !== undefined) this.wake();
  }

  #event(read: ReadResult, nowMs: number, shardEnded: boolean): object {
    const seen = Math.max(0, this.position - 1);
    return {
      Records: read.records.map((record) => describeRecord(this.shard, record)),
      MillisBehindLatest: millisBehind(read, nowMs),
      ...(shardEnded
        ? { ContinuationSequenceNumber: null, ChildShards: describeChildren(this.stream, this.shard) }
        : { ContinuationSequenceNumber: formatSequence(this.shard.sequence, seen) }),
    };
  }

  #finish(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#stopListening();
    clearInterval(this.#heartbeat);
    clearTimeout(this.#life);
    clearTimeout(this.#pause);
    this.onEnd();
  }
}
