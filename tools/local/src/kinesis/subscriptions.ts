import { assertReady, SHARD_ID_RULE, shardOf, type KinesisContext } from './context.js';
import { notFound, resourceInUse, type KinesisError } from './errors.js';
import type { Fields } from './fields.js';
import { consumerOfArn } from './operations/consumers.js';
import { POSITION_TYPES, resolvePosition } from './position.js';
import type { Stream } from './stream.js';
import { Subscription, type EventSink, type SubscriptionTimes } from './subscription.js';

interface SubscriptionSettings extends SubscriptionTimes {
  /** For so long after a successful call nobody else may take the same consumer's shard over. */
  readonly takeoverMs: number;
}

interface Entry {
  readonly consumerArn: string;
  readonly sinceMs: number;
  /** Absent once the answer has ended; the entry stays until it may be taken over. */
  subscription: Subscription | undefined;
}

/** The subscriptions that are being served: at most one a consumer and shard. */
export class Subscriptions {
  readonly #entries = new Map<string, Entry>();

  constructor(private readonly settings: SubscriptionSettings) {}

  /**
   * Checks a SubscribeToShard request.
   * @returns what begins the answer; nothing has been written before it is called
   * @throws KinesisError
   */
  prepare(context: KinesisContext, fields: Fields): (sink: EventSink) => void {
    const arn = fields.requiredText('ConsumerARN', { min: 1, max: 2048 });
    const shardId = fields.requiredText('ShardId', SHARD_ID_RULE);
    const starting = fields.requiredStructure('StartingPosition');
    const type = starting.requiredText('Type', { oneOf: POSITION_TYPES });
    const sequenceNumber = starting.text('SequenceNumber', { pattern: /^(?:0|([1-9]\d{0,128}))$/ });
    const timeMs = starting.timeMs('Timestamp');
    fields.unsupported('DryRun', false);
    fields.check();
    const stream = assertReady(context, consumerOfArn(context, arn).stream);
    const shard = shardOf(context, stream, shardId);
    const position = resolvePosition(context, stream, shard, { type, sequenceNumber, timeMs });
    const key = `${arn} ${shard.id}`;
    const nowMs = context.now();
    const previous = this.#entries.get(key);
    if (previous !== undefined && nowMs - previous.sinceMs < this.settings.takeoverMs) {
      throw resourceInUse(
        `Another active subscription exists for this consumer: ${arn} on ${shard.id}. It can be taken over ` +
          `${this.settings.takeoverMs} milliseconds after it began.`,
      );
    }
    previous?.subscription?.end(resourceInUse('Another subscription has taken this one over.'));
    const entry: Entry = { consumerArn: arn, sinceMs: nowMs, subscription: undefined };
    this.#forgetEnded(nowMs);
    this.#entries.set(key, entry);
    return (sink) => {
      entry.subscription = new Subscription(context, stream, shard, position, sink, this.settings, () => {
        entry.subscription = undefined;
      });
      entry.subscription.start();
    };
  }

  /** After a reshard: readers of closed shards learn of the end. */
  wake(stream: Stream): void {
    for (const subscription of this.#live()) if (subscription.stream === stream) subscription.wake();
  }

  endOfStream(stream: Stream): void {
    for (const subscription of this.#live()) {
      if (subscription.stream === stream) subscription.end(notFound(`Stream ${stream.name} was deleted.`));
    }
  }

  endOfConsumer(arn: string): void {
    this.#endEntries((entry) => entry.consumerArn === arn, notFound(`Consumer ${arn} was deregistered.`));
  }

  endAll(): void {
    this.#endEntries(() => true);
  }

  #endEntries(chosen: (entry: Entry) => boolean, error?: KinesisError): void {
    for (const [key, entry] of this.#entries) {
      if (!chosen(entry)) continue;
      entry.subscription?.end(error);
      this.#entries.delete(key);
    }
  }

  #live(): Subscription[] {
    return [...this.#entries.values()].flatMap(({ subscription }) => (subscription ? [subscription] : []));
  }

  #forgetEnded(nowMs: number): void {
    for (const [key, { subscription, sinceMs }] of this.#entries) {
      if (subscription === undefined && nowMs - sinceMs >= this.settings.takeoverMs) this.#entries.delete(key);
    }
  }
}
