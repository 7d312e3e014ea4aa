import { reportFailure, type BackoffPorts } from '../backoff.js';
import { PortError, type JournalPage, type KinesisPort, type ShardSubscription, type StartAt } from '../ports.js';

/**
 * Least time between two subscriptions of a shard, and before the first after a take-over: so long Kinesis keeps one from
 * being taken over.
 */
const SUBSCRIBE_MS = 5_000;
/** Kinesis sends an event at least every five seconds; silence of so many ms is a dead connection. */
const SILENCE_MS = 15_000;

export interface FanOutOptions {
  shardId: string;
  /** ARN of the consumer, which all engines share. */
  consumerArn: string;
}

/** Enhanced fan-out of one shard: at most one subscription, and the time to try for the next. */
export class FanOut {
  #subscription: ShardSubscription | undefined;
  #nextTryAt: number;
  #failures = 0;

  constructor(
    private readonly options: FanOutOptions,
    private readonly kinesis: KinesisPort,
    private readonly ports: BackoffPorts,
  ) {
    this.#nextTryAt = ports.clock.monotonic() + SUBSCRIBE_MS;
  }

  get isOpen(): boolean {
    return this.#subscription !== undefined;
  }

  /** Whether it is time to subscribe. */
  get isDue(): boolean {
    return !this.isOpen && this.ports.clock.monotonic() >= this.#nextTryAt;
  }

  /** Subscribes; where that fails the reader polls until the next try. @throws PortError `BAD_POSITION` */
  async open(start: StartAt): Promise<void> {
    this.#nextTryAt = this.ports.clock.monotonic() + SUBSCRIBE_MS;
    const { consumerArn, shardId } = this.options;
    try {
      this.#subscription = await this.kinesis.subscribe(consumerArn, shardId, start);
      this.ports.metrics.count('subscriptions', 1, shardId);
    } catch (error) {
      this.#failed(error);
    }
  }

  /** The next event; undefined once the subscription has ended, however it did. */
  async page(): Promise<JournalPage | undefined> {
    const subscription = this.#subscription;
    if (subscription === undefined) return undefined;
    const cancel = this.ports.timers.after(SILENCE_MS, () => subscription.close());
    try {
      const page = await subscription.page();
      if (page === undefined) this.close();
      else if (this.#failures > 0) this.#recovered();
      return page;
    } catch (error) {
      this.close();
      this.#failed(error);
      return undefined;
    } finally {
      cancel();
    }
  }

  close(): void {
    this.#subscription?.close();
    this.#subscription = undefined;
  }

  #failed(error: unknown): void {
    if (!(error instanceof PortError) || error.code === 'BAD_POSITION' || error.code === 'INVALID') throw error;
    reportFailure(error, ++this.#failures, `subscription ${this.options.shardId}`, this.ports);
  }

  #recovered(): void {
    this.#failures = 0;
    this.ports.metrics.gauge('destination_down', 0, `subscription ${this.options.shardId}`);
  }
}
