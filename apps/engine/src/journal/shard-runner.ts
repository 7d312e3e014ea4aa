import type { BackoffPorts, Lifetime } from '../backoff.js';
import { EngineError } from '../errors.js';
import { BatchOutput } from '../matching/output.js';
import { comparePositions, type Position } from '../matching/positions.js';
import type { ShardMatcher } from '../matching/shard-matcher.js';
import type { JournalPage, JournalRecord } from '../ports.js';
import type { MarketData } from '../publish/market-data.js';
import type { Pipeline } from '../publish/pipeline.js';
import type { Snapshotter } from '../snapshot/snapshotter.js';
import type { Checkpointer } from './checkpointer.js';
import { reshardNotAvailable } from './leases.js';
import type { ShardReader } from './shard-reader.js';
import type { Ticker } from './ticker.js';

/** A batch ends after so many entries or events: what is matched in one go delays everything else. */
const BATCH_ENTRIES = 1_000;
const BATCH_EVENTS = 5_000;

export interface ShardParts {
  shardId: string;
  reader: ShardReader;
  matcher: ShardMatcher;
  pipeline: Pipeline;
  marketData: MarketData;
  checkpointer: Checkpointer;
  snapshotter: Snapshotter;
  ticker: Ticker;
  /** Checkpoint to replay to in silence; '' where there is nothing to replay. */
  replayTo: Position;
  hasManifest: boolean;
  snapshotIntervalMs: number;
  onFatal: (error: unknown) => void;
}

/** Reads, matches and publishes one shard until it is stopped. */
export class ShardRunner {
  #silent: boolean;
  #stopping = false;
  #hasManifest: boolean;
  #loop: Promise<void> | undefined;
  #lastPageAt = 0;

  constructor(
    private readonly parts: ShardParts,
    private readonly ports: BackoffPorts,
    private readonly life: Lifetime,
  ) {
    this.#hasManifest = parts.hasManifest;
    this.#silent = parts.replayTo !== '' && parts.matcher.position !== parts.replayTo;
  }

  get shardId(): string {
    return this.parts.shardId;
  }

  /** How long something has been due without coming about, ms: a page, or an acknowledgement. */
  get stalledMs(): number {
    const waiting = this.parts.pipeline.oldestMs;
    return waiting > 0 ? waiting : this.ports.clock.monotonic() - this.#lastPageAt;
  }

  get symbols(): number {
    return this.parts.matcher.machines.size;
  }

  get position(): Position {
    return this.parts.matcher.position;
  }

  get checkpoint(): Position {
    return this.parts.checkpointer.stored;
  }

  /**
   * Replays in silence what was published before. The first page is read in any case: it shows that the journal is whole.
   *
   * @throws EngineError `JOURNAL_GAP`
   */
  async restore(forMs: number): Promise<void> {
    const { reader, marketData, replayTo } = this.parts;
    const first = await this.#page(() => reader.page({ forMs }));
    this.ports.logger.info({ shard: this.shardId, replayTo, from: this.position }, 'replaying');
    let page = first;
    for (;;) {
      const rest = this.#replay(page);
      if (!this.#silent) {
        marketData.open();
        await this.#consume(rest);
        return this.#checkEnd(page);
      }
      if (page.behindMs === 0 || page.next === undefined) throw this.#gap();
      await this.ports.timers.breathe();
      page = await this.#page(() => reader.page({ forMs }));
    }
  }

  /** Goes on until {@link stop}. */
  run(): Promise<void> {
    this.#loop = this.#run();
    this.#snapshotLater();
    return this.#loop;
  }

  /** Ends reading, publishes what has been matched, leaves a snapshot and a checkpoint behind. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#loop;
    await this.parts.pipeline.drained();
    await this.#snapshot();
    await this.parts.checkpointer.settled();
  }

  async #run(): Promise<void> {
    const { reader, ticker, matcher } = this.parts;
    while (!this.#stopping) {
      const page = await this.#page(() => reader.page());
      await this.#consume(page.records);
      this.#checkEnd(page);
      if (page.behindMs === 0 && page.records.length === 0) await ticker.offer(() => matcher.nextDeadline());
    }
  }

  async #page(read: () => Promise<JournalPage>): Promise<JournalPage> {
    const page = await read();
    this.#lastPageAt = this.ports.clock.monotonic();
    this.ports.metrics.gauge('behind_ms', page.behindMs, this.shardId);
    this.ports.metrics.count('records', page.records.length, this.shardId);
    return page;
  }

  /** Applies what was published before; gives back the records after it. */
  #replay(page: JournalPage): readonly JournalRecord[] {
    const { replayTo, matcher } = this.parts;
    let index = 0;
    for (const record of page.records) {
      if (!this.#silent) break;
      const order = comparePositions(record.sequenceNumber, replayTo);
      if (order > 0) throw this.#gap();
      matcher.apply(record, undefined);
      if (order === 0) this.#silent = false;
      index++;
    }
    return page.records.slice(index);
  }

  /** Wherever this waits, everything that was matched has been handed over. */
  async #consume(records: readonly JournalRecord[]): Promise<void> {
    const { pipeline, matcher } = this.parts;
    let batch: BatchOutput | undefined;
    for (const record of records) {
      if (batch === undefined) {
        // The reader waits here while a destination is away.
        await pipeline.room();
        if (this.#stopping || this.life.ended) return;
        batch = new BatchOutput();
      }
      matcher.apply(record, batch);
      batch.position = record.sequenceNumber;
      if (batch.entries + batch.deadLetters.length < BATCH_ENTRIES && batch.events < BATCH_EVENTS) continue;
      this.#submit(batch);
      batch = undefined;
      await this.ports.timers.breathe();
    }
    if (batch !== undefined) this.#submit(batch);
  }

  #submit(batch: BatchOutput): void {
    const { pipeline } = this.parts;
    const { metrics } = this.ports;
    pipeline.submit(batch);
    metrics.gauge('in_flight', pipeline.inFlight, this.shardId);
    metrics.gauge('symbols', this.symbols, this.shardId);
    metrics.count('entries', batch.entries, this.shardId);
    metrics.count('fills', batch.fills, this.shardId);
    metrics.count('statuses', batch.events - batch.fills, this.shardId);
    for (const { reason, message, sequenceNumber, index } of batch.deadLetters) {
      metrics.count('dead_letters', 1, reason);
      this.ports.logger.warn({ shard: this.shardId, sequenceNumber, index, reason, message }, 'dead letter');
    }
    // A checkpoint needs a manifest: the first batch of a new shard makes one.
    if (this.#hasManifest) return;
    this.#hasManifest = true;
    this.#snapshot().catch(this.parts.onFatal);
  }

  #snapshotLater(): void {
    this.life
      .sleep(this.parts.snapshotIntervalMs, this.ports.timers)
      .then(async () => {
        if (this.#stopping || this.life.ended) return;
        await this.#snapshot();
        this.#snapshotLater();
      })
      .catch(this.parts.onFatal);
  }

  async #snapshot(): Promise<void> {
    const manifest = await this.parts.snapshotter.take();
    if (manifest === undefined) return;
    this.ports.metrics.count('snapshots', 1, this.shardId);
    this.ports.logger.debug({ shard: this.shardId, ...manifest }, 'manifest written');
    this.parts.checkpointer.offer(manifest);
  }

  #checkEnd(page: JournalPage): void {
    if (page.next === undefined) throw reshardNotAvailable(this.shardId);
  }

  #gap(): EngineError {
    const { replayTo } = this.parts;
    return new EngineError(
      'JOURNAL_GAP',
      `${this.shardId}: the journal has no record ${replayTo}, up to which everything was published`,
    );
  }
}
