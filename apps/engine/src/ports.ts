import type { ValkeyScript } from '@supernoba/valkey-keys';

/**
 * Everything the engine needs of the world. `main.ts` makes the real ones (`adapters/`); a simulator makes its own and
 * runs the same engine.
 */
export interface EnginePorts {
  clock: Clock;
  timers: Timers;
  random: RandomSource;
  kinesis: KinesisPort;
  dynamo: DynamoPort;
  objects: ObjectStore;
  /** Depth cache: market data. */
  depthCache: ScriptCache;
  /** Backup cache: copies of snapshots. */
  backupCache: BlobCache;
  metrics: MetricsSink;
  logger: EngineLogger;
}

export interface Clock {
  /** Wall clock, epoch ms. Never decides an event: only when to append a TICK, and what a metric shows. */
  now(): number;
  /** Never goes back; ms. */
  monotonic(): number;
}

export interface Timers {
  /** Runs `task` once after `ms`; the answer calls it off. */
  after(ms: number, task: () => void): () => void;
  /** Resolves after I/O that is ready had its turn. */
  breathe(): Promise<void>;
}

export interface RandomSource {
  /** A number in [0, 1). */
  next(): number;
}

export interface EngineLogger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Why a port failed, as far as the engine cares. Anything that is not fatal is tried again. */
export type PortErrorCode =
  'UNAVAILABLE' | 'THROTTLED' | 'EXPIRED_ITERATOR' | 'BAD_POSITION' | 'NOT_FOUND' | 'CONDITION_FAILED' | 'INVALID';

export class PortError extends Error {
  constructor(
    readonly code: PortErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'PortError';
  }

  /** `NOT_FOUND` too: a stream or table may be on its way. */
  get retryable(): boolean {
    return this.code === 'UNAVAILABLE' || this.code === 'THROTTLED' || this.code === 'NOT_FOUND';
  }
}

export interface Shard {
  shardId: string;
  parents: readonly string[];
  /** Decimal 128-bit hash keys, both included. */
  startingHashKey: string;
  endingHashKey: string;
}

export interface JournalRecord {
  sequenceNumber: string;
  /** Approximate arrival, epoch ms. */
  arrivalMs: number;
  partitionKey: string;
  data: Uint8Array;
}

export type StartAt =
  { type: 'TRIM_HORIZON' } | { type: 'AT_SEQUENCE_NUMBER' | 'AFTER_SEQUENCE_NUMBER'; sequenceNumber: string };

export interface JournalPage {
  records: readonly JournalRecord[];
  /** Undefined at the end of a closed shard. */
  next: string | undefined;
  /** 0 at the tip. */
  behindMs: number;
}

export interface StreamRecord {
  partitionKey: string;
  explicitHashKey?: string;
  data: Uint8Array;
}

/** Every call rejects with a {@link PortError} alone. */
export interface KinesisPort {
  retentionHours(stream: string): Promise<number>;
  listShards(stream: string): Promise<Shard[]>;
  /** `BAD_POSITION` when the stream does not know the sequence number. */
  iterator(stream: string, shardId: string, start: StartAt): Promise<string>;
  /** `EXPIRED_ITERATOR` after five minutes. */
  records(iterator: string, limit: number): Promise<JournalPage>;
  /** One answer a record, in order: undefined where it is stored, else the error code of Kinesis. */
  putRecords(stream: string, records: readonly StreamRecord[]): Promise<(string | undefined)[]>;
  /** Registers an enhanced fan-out consumer, or finds the one of that name; resolves with its ARN once it is active. */
  registerConsumer(stream: string, name: string): Promise<string>;
  /** Takes the consumer's subscription of a shard, also from another reader. `BAD_POSITION` as {@link iterator}. */
  subscribe(consumerArn: string, shardId: string, start: StartAt): Promise<ShardSubscription>;
}

/** What enhanced fan-out pushes of one shard. It ends by itself after five minutes. */
export interface ShardSubscription {
  /** The next event; undefined once the subscription has ended. Its `next` is undefined at the end of a closed shard. */
  page(): Promise<JournalPage | undefined>;
  /** Ends it: a waiting {@link page} resolves to undefined. */
  close(): void;
}

export type Item = Record<string, unknown>;

/** Every call rejects with a {@link PortError} alone. */
export interface DynamoPort {
  /** A strongly consistent read. */
  get(table: string, key: Item): Promise<Item | undefined>;
  /** Every row of a small table, strongly consistent. */
  scan(table: string): Promise<Item[]>;
  /** Writes at most 25 items; returns those the table did not take. */
  putBatch(table: string, items: readonly Item[]): Promise<Item[]>;
  /**
   * Sets attributes of one row, creating it where it is absent; a value that is undefined removes its attribute. A `Set`
   * of strings is a string set.
   *
   * @param expect attributes that must be equal, or absent where the value is undefined; else `CONDITION_FAILED`
   */
  update(table: string, key: Item, set: Item, expect: Item): Promise<void>;
  /** Deletes one row, absent or not, under the conditions of {@link update}. */
  delete(table: string, key: Item, expect: Item): Promise<void>;
  /** Adds 1 to a number attribute (0 where absent) and returns the new value. */
  increment(table: string, key: Item, attribute: string): Promise<number>;
}

/** Every call rejects with a {@link PortError} alone. */
export interface ObjectStore {
  put(key: string, bytes: Uint8Array, contentType: string): Promise<void>;
  get(key: string): Promise<Uint8Array | undefined>;
  /** At most 1,000 keys that begin with `prefix` and come after `after`, ascending; empty where there are no more. */
  list(prefix: string, after?: string): Promise<string[]>;
  /** An object that is absent is deleted too. */
  delete(key: string): Promise<void>;
}

/** Every call rejects with a {@link PortError} alone, at once while the server is away. */
export interface ScriptCache {
  run(script: ValkeyScript, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown>;
  /** Told at every (re)connection, until the answer is called. */
  onReady(listener: () => void): () => void;
}

/** Who writes a blob, and of which state: a lower `epoch`, or a lower `seq` of the same epoch, does not overwrite. */
export interface BlobFence {
  key: string;
  epoch: number;
  seq: number;
}

/** Every call rejects with a {@link PortError} alone. */
export interface BlobCache {
  /** Sets the key, and the fence beside it, unless the fence is of a later writer: then false, and nothing changes. */
  set(key: string, bytes: Uint8Array, fence: BlobFence): Promise<boolean>;
  get(key: string): Promise<Uint8Array | undefined>;
}

export const COUNTERS = {
  records: 'Journal records read',
  entries: 'Journal entries matched',
  orders: 'Orders, changes and cancels of clients',
  rejects: 'Statuses that say no',
  fills: 'Executions',
  statuses: 'Order statuses',
  dead_letters: 'Journal elements set aside',
  retries: 'Failed calls that were tried again',
  ticks: 'TICK records appended',
  gaps: 'Times the market data was written as a whole',
  snapshots: 'Manifests written',
  checkpoints: 'Checkpoints written',
  snapshots_deleted: 'Snapshots and manifests deleted once newer ones had replaced them',
  leases_taken: 'Shards taken over',
  leases_lost: 'Shards lost to another engine',
  subscriptions: 'Enhanced fan-out subscriptions begun',
} as const;
export type Counter = keyof typeof COUNTERS;

export const GAUGES = {
  behind_ms: 'How far the reader is behind the tip of its shard',
  in_flight: 'Batches that a destination has not acknowledged',
  destination_down: '1 while calls to a destination fail',
  symbols: 'Books held',
  leases_held: 'Shards held by this engine',
  leases_free: 'Shards that could be read and that nobody reads',
} as const;
export type Gauge = keyof typeof GAUGES;

export const HISTOGRAMS = {
  batch_records: 'Journal records of a batch',
  batch_events: 'Events of a batch',
  flush_ms: 'From handing a batch to a destination until it acknowledged',
} as const;
export type Histogram = keyof typeof HISTOGRAMS;

export interface MetricsSink {
  count(counter: Counter, by: number, label: string): void;
  gauge(gauge: Gauge, value: number, label: string): void;
  observe(histogram: Histogram, value: number, label: string): void;
}
