/** The sizes of the Kinesis API, in force always. */
export const API = {
  /** Data and partition key of one record. */
  maxRecordBytes: 1024 * 1024,
  maxBatchRecords: 500,
  maxBatchBytes: 5 * 1024 * 1024,
  maxPartitionKeyChars: 256,
  maxGetRecords: 10_000,
  maxGetBytes: 10 * 1024 * 1024,
  maxConsumersPerStream: 20,
  minRetentionHours: 24,
  maxRetentionHours: 8760,
} as const;

/** Rates of one shard, a second, in force with the option `limits`. */
const RATES = {
  writeBytes: 1024 * 1024,
  writeRecords: 1000,
  readCalls: 5,
  readBytes: 2 * 1024 * 1024,
} as const;

/** Refills with `perSecond` and holds at most one second's worth; may be overdrawn by what nobody could foresee. */
class TokenBucket {
  #level: number;
  #atMs: number;

  constructor(
    private readonly perSecond: number,
    nowMs: number,
  ) {
    this.#level = perSecond;
    this.#atMs = nowMs;
  }

  level(nowMs: number): number {
    const elapsedMs = Math.max(0, nowMs - this.#atMs);
    this.#level = Math.min(this.perSecond, this.#level + (elapsedMs / 1000) * this.perSecond);
    this.#atMs = nowMs;
    return this.#level;
  }

  take(amount: number): void {
    this.#level -= amount;
  }
}

/** The throughput of one shard as the real service grants it. */
export class ShardRates {
  readonly #writeBytes: TokenBucket;
  readonly #writeRecords: TokenBucket;
  readonly #readCalls: TokenBucket;
  readonly #readBytes: TokenBucket;

  constructor(nowMs: number) {
    this.#writeBytes = new TokenBucket(RATES.writeBytes, nowMs);
    this.#writeRecords = new TokenBucket(RATES.writeRecords, nowMs);
    this.#readCalls = new TokenBucket(RATES.readCalls, nowMs);
    this.#readBytes = new TokenBucket(RATES.readBytes, nowMs);
  }

  /** Takes one record of `bytes`; false where it would pass the shard's 1 MB or 1,000 records a second. */
  tryWrite(bytes: number, nowMs: number): boolean {
    if (this.#writeBytes.level(nowMs) < bytes || this.#writeRecords.level(nowMs) < 1) return false;
    this.#writeBytes.take(bytes);
    this.#writeRecords.take(1);
    return true;
  }

  /** Takes one GetRecords call; false above 5 a second, or while an earlier answer's bytes are not paid off. */
  tryRead(nowMs: number): boolean {
    if (this.#readCalls.level(nowMs) < 1 || this.#readBytes.level(nowMs) <= 0) return false;
    this.#readCalls.take(1);
    return true;
  }

  /** What the answer to a granted call held: up to 10 MiB at once, and then silence until 2 MB a second caught up. */
  noteRead(bytes: number): void {
    this.#readBytes.take(bytes);
  }
}

/** The 2 MB a second that an enhanced fan-out subscription has of a shard for itself. */
export class SubscriptionPace {
  readonly #bytes: TokenBucket;

  constructor(nowMs: number) {
    this.#bytes = new TokenBucket(RATES.readBytes, nowMs);
  }

  /** Counts a push and says how long the next one has to wait, in milliseconds. */
  delayAfter(bytes: number, nowMs: number): number {
    this.#bytes.level(nowMs);
    this.#bytes.take(bytes);
    const level = this.#bytes.level(nowMs);
    return level >= 0 ? 0 : Math.ceil((-level / RATES.readBytes) * 1000);
  }
}
