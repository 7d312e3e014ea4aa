import type { BackoffPorts, Lifetime } from '../backoff.js';
import { EngineError } from '../errors.js';
import { BatchOutput } from '../matching/output.js';
import type { Position } from '../matching/positions.js';
import { SnapshotNeeded } from '../matching/restores.js';
import type { ShardMatcher } from '../matching/shard-matcher.js';
import type { SymbolMachine } from '../matching/symbol-machine.js';
import type { JournalPage, JournalRecord } from '../ports.js';
import type { MarketData } from '../publish/market-data.js';
import type { Pipeline } from '../publish/pipeline.js';
import type { RestoreSource } from '../snapshot/restore-source.js';
import type { Snapshotter } from '../snapshot/snapshotter.js';
import type { Checkpointer } from './checkpointer.js';
import type { JournalReplay } from './journal-replay.js';
import type { ShardWork } from './lease-coordinator.js';
import type { Ticker } from './ticker.js';

/** A batch ends after so many entries or events: what is matched in one go delays everything else. */
const BATCH_ENTRIES = 1_000;
const BATCH_EVENTS = 5_000;
/** How often a shard at the tip is looked at for timers that are overdue. */
const TICK_CHECK_MS = 250;
/** Kinesis speaks so often, at least, where it pushes. */
const PUSH_HEARTBEAT_MS = 5_000;

export interface ShardParts {
  shardId: string;
  /** Brings the matcher to the published checkpoint; its reader goes on from there. */
  replay: JournalReplay;
  matcher: ShardMatcher;
  restores: RestoreSource;
  pipeline: Pipeline;
  marketData: MarketData;
  checkpointer: Checkpointer;
  snapshotter: Snapshotter;
  ticker: Ticker;
  hasManifest: boolean;
  snapshotIntervalMs: number;
  onFatal: (error: unknown) => void;
}

/** Reads, matches and publishes one shard until it is stopped, or the shard ends. */
export class ShardRunner implements ShardWork {
  #stopping = false;
  #ended = false;
  #atTip = false;
  #hasManifest: boolean;
  #lastPageAt: number;
  #snapshotAt: number;

  /** @param reading life of the reader: ends before that of the shard, when it is stopped */
  constructor(
    private readonly parts: ShardParts,
    private readonly ports: BackoffPorts,
    private readonly life: Lifetime,
    private readonly reading: Lifetime,
  ) {
    this.#hasManifest = parts.hasManifest;
    this.#lastPageAt = ports.clock.monotonic();
    this.#snapshotAt = this.#lastPageAt;
  }

  get shardId(): string {
    return this.parts.shardId;
  }

  /** How long something has been due without coming about, ms: a page, or an acknowledgement. */
  get stalledMs(): number {
    const waiting = this.parts.pipeline.oldestMs;
    if (waiting > 0) return waiting;
    const silence = this.ports.clock.monotonic() - this.#lastPageAt;
    return this.parts.replay.reader.isPushed ? Math.max(0, silence - PUSH_HEARTBEAT_MS) : silence;
  }

  get symbols(): number {
    return this.parts.matcher.machines.size;
  }

  get machines(): Iterable<SymbolMachine> {
    return this.parts.matcher.machines.values();
  }

  /** Records matched and not acknowledged everywhere. */
  get unpublished(): number {
    return this.parts.pipeline.recordsInFlight;
  }

  /** Time since the last manifest was written, or the shard was opened, ms. Grows while no record comes: none is due then. */
  get snapshotAgeMs(): number {
    return this.ports.clock.monotonic() - this.#snapshotAt;
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
  async restore(): Promise<void> {
    const { replay, marketData } = this.parts;
    const askedAt = this.ports.clock.now();
    const page = await replay.run();
    this.#seen(page);
    marketData.open();
    await this.#consume(page, askedAt);
  }

  /** Goes on until {@link stop} or the end of the shard; then publishes what was matched and leaves all of it behind. */
  async run(): Promise<'STOPPED' | 'ENDED'> {
    this.#every(this.parts.snapshotIntervalMs, () => this.#snapshot());
    this.#every(TICK_CHECK_MS, () => this.#tick());
    await this.#read();
    const { pipeline, checkpointer, snapshotter } = this.parts;
    await pipeline.drained();
    await this.#snapshot();
    if (!this.#ended) {
      await checkpointer.settled();
      return 'STOPPED';
    }
    const last = await snapshotter.final();
    checkpointer.offer(last);
    await checkpointer.settled();
    await checkpointer.end(last);
    return 'ENDED';
  }

  stop(): void {
    this.#stopping = true;
    this.reading.end();
  }

  async #read(): Promise<void> {
    try {
      while (!this.#stopping && !this.#ended) {
        const askedAt = this.ports.clock.now();
        const page = await this.parts.replay.reader.page();
        this.#seen(page);
        await this.#consume(page, askedAt);
      }
    } catch (error) {
      if (!this.#stopping || !(error instanceof EngineError) || error.code !== 'STOPPED') throw error;
    }
  }

  #seen(page: JournalPage): void {
    this.#lastPageAt = this.ports.clock.monotonic();
    this.ports.metrics.gauge('behind_ms', page.behindMs, this.shardId);
    this.ports.metrics.count('records', page.records.length, this.shardId);
  }

  /** Wherever this waits, everything that was matched has been handed over. */
  async #consume(page: JournalPage, askedAt: number): Promise<void> {
    this.#atTip = false;
    if (!(await this.#match(page.records))) return;
    this.#atTip = page.behindMs === 0;
    this.#ended = page.next === undefined;
    if (this.#atTip) this.parts.checkpointer.atTip(this.position, askedAt);
  }

  /** Returns false where it was stopped before the last record. */
  async #match(records: readonly JournalRecord[]): Promise<boolean> {
    const { pipeline, matcher, restores } = this.parts;
    let batch: BatchOutput | undefined;
    for (const record of records) {
      if (batch === undefined) {
        // The reader waits here while a destination is away.
        await pipeline.room();
        if (this.#stopping || this.life.ended) return false;
        batch = new BatchOutput();
      }
      try {
        matcher.apply(record, batch);
      } catch (error) {
        if (!(error instanceof SnapshotNeeded)) throw error;
        if (batch.records.length > 0) this.#submit(batch);
        batch = new BatchOutput();
        await restores.apply(matcher, record, batch, error);
      }
      batch.position = record.sequenceNumber;
      if (batch.entries + batch.deadLetters.length < BATCH_ENTRIES && batch.events < BATCH_EVENTS) continue;
      this.#submit(batch);
      batch = undefined;
      await this.ports.timers.breathe();
    }
    if (batch !== undefined) this.#submit(batch);
    return true;
  }

  #submit(batch: BatchOutput): void {
    const { pipeline } = this.parts;
    const { metrics } = this.ports;
    pipeline.submit(batch);
    metrics.gauge('in_flight', pipeline.inFlight, this.shardId);
    metrics.gauge('symbols', this.symbols, this.shardId);
    metrics.observe('batch_records', batch.records.length, this.shardId);
    metrics.observe('batch_events', batch.events, this.shardId);
    metrics.count('entries', batch.entries, this.shardId);
    metrics.count('orders', batch.orders, this.shardId);
    for (const [reason, count] of batch.rejects) metrics.count('rejects', count, reason);
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

  /** Whatever else the shard is busy with: an idle symbol's timer must not wait for a quiet shard. */
  async #tick(): Promise<void> {
    const { ticker, matcher } = this.parts;
    if (this.#atTip) await ticker.offer(() => matcher.nextDeadline());
  }

  #every(ms: number, task: () => Promise<void>): void {
    this.reading
      .sleep(ms, this.ports.timers)
      .then(async () => {
        if (this.#stopping || this.#ended || this.reading.ended) return;
        await task();
        this.#every(ms, task);
      })
      .catch(this.parts.onFatal);
  }

  async #snapshot(): Promise<void> {
    const manifest = await this.parts.snapshotter.take();
    if (manifest === undefined) return;
    this.#snapshotAt = this.ports.clock.monotonic();
    this.ports.metrics.count('snapshots', 1, this.shardId);
    this.ports.logger.debug({ shard: this.shardId, ...manifest }, 'manifest written');
    this.parts.checkpointer.offer(manifest);
  }
}
