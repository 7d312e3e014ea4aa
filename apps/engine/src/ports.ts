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
}

export type Item = Record<string, unknown>;

/** Every call rejects with a {@link PortError} alone. */
export interface DynamoPort {
  /** A strongly consistent read. */
  get(table: string, key: Item): Promise<Item | undefined>;
  /** Writes at most 25 items; returns those the table did not take. */
  putBatch(table: string, items: readonly Item[]): Promise<Item[]>;
  /**
   * Sets attributes of one row, creating it where it is absent.
   *
   * @param expect attributes that must be equal, or absent where the value is undefined; else `CONDITION_FAILED`
   */
  update(table: string, key: Item, set: Item, expect: Item): Promise<void>;
  /** Adds 1 to a number attribute (0 where absent) and returns the new value. */
  increment(table: string, key: Item, attribute: string): Promise<number>;
}

/** Every call rejects with a {@link PortError} alone. */
export interface ObjectStore {
  put(key: string, bytes: Uint8Array, contentType: string): Promise<void>;
  get(key: string): Promise<Uint8Array | undefined>;
}

/** Every call rejects with a {@link PortError} alone, at once while the server is away. */
export interface ScriptCache {
  run(script: ValkeyScript, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown>;
  /** Told at every (re)connection. */
  onReady(listener: () => void): void;
}

/** Every call rejects with a {@link PortError} alone. */
export interface BlobCache {
  set(key: string, bytes: Uint8Array): Promise<void>;
  get(key: string): Promise<Uint8Array | undefined>;
}

export const COUNTERS = {
  records: 'Journal records read',
  entries: 'Journal entries matched',
  fills: 'Executions',
  statuses: 'Order statuses',
  dead_letters: 'Journal elements set aside',
  retries: 'Failed calls that were tried again',
  ticks: 'TICK records appended',
  gaps: 'Times the market data was written as a whole',
  snapshots: 'Manifests written',
  checkpoints: 'Checkpoints written',
} as const;
export type Counter = keyof typeof COUNTERS;

export const GAUGES = {
  behind_ms: 'How far the reader is behind the tip of its shard',
  in_flight: 'Batches that a destination has not acknowledged',
  destination_down: '1 while calls to a destination fail',
  symbols: 'Books held',
} as const;
export type Gauge = keyof typeof GAUGES;

export interface MetricsSink {
  count(counter: Counter, by: number, label: string): void;
  gauge(gauge: Gauge, value: number, label: string): void;
}
