import { createKeys, type Keys } from '@supernoba/valkey-keys';
import { Lifetime, retry, type RetryOptions } from './backoff.js';
import { EngineError } from './errors.js';
import { Checkpointer } from './journal/checkpointer.js';
import { LeaseTable, reshardNotAvailable, type HeldLease, type Lease } from './journal/leases.js';
import { ShardReader } from './journal/shard-reader.js';
import { ShardRunner } from './journal/shard-runner.js';
import { Ticker } from './journal/ticker.js';
import { orderBooks, type BookFactory } from './matching/books.js';
import { ShardMatcher } from './matching/shard-matcher.js';
import type { EnginePorts, Shard } from './ports.js';
import { DeadLetters } from './publish/dead-letters.js';
import { fillsStream } from './publish/fills.js';
import { MarketData } from './publish/market-data.js';
import { orderStatusStream } from './publish/order-status.js';
import { Pipeline } from './publish/pipeline.js';
import { TradeHistory } from './publish/trade-history.js';
import type { EngineSettings } from './settings.js';
import type { Manifest } from './snapshot/manifest.js';
import { SnapshotStore } from './snapshot/snapshot-store.js';
import { Snapshotter } from './snapshot/snapshotter.js';
import { decodeSnapshot } from './snapshot/symbol-snapshot.js';

/** Longest wait for a part that is not up yet at the start. */
const START_MS: Partial<RetryOptions> = { forMs: 60_000 };
const LEASE_ATTEMPTS = 5;
/** Books of a shard restored at a time. */
const MAX_DOWNLOADS = 8;

export interface ShardHealth {
  shardId: string;
  symbols: number;
  position: string;
  checkpoint: string;
  stalledMs: number;
}

export interface EngineHealth {
  state: 'starting' | 'running' | 'stopping' | 'stopped' | 'failed';
  epoch: number;
  error?: string;
  shards: ShardHealth[];
}

export interface Engine {
  /**
   * Takes the shards of the orders stream, restores their books and starts matching. Resolves when every shard is at
   * its published checkpoint and goes on from there.
   *
   * @throws EngineError where going on would be wrong
   */
  start(): Promise<void>;
  /** Resolves at a clean stop; rejects with what ended the engine otherwise. */
  readonly ended: Promise<void>;
  /** Drains: publishes what has been matched, leaves snapshots and checkpoints behind. */
  stop(): Promise<void>;
  health(): EngineHealth;
}

/** The matching engine. It touches the world through its ports alone. */
export function createEngine(ports: EnginePorts, settings: EngineSettings, books: BookFactory = orderBooks): Engine {
  return new RunningEngine(ports, settings, books);
}

class RunningEngine implements Engine {
  readonly ended: Promise<void>;
  readonly #life = new Lifetime();
  readonly #keys: Keys;
  readonly #leases: LeaseTable;
  readonly #owner: string;
  #runners: ShardRunner[] = [];
  #state: EngineHealth['state'] = 'starting';
  #epoch = 0;
  #error: unknown;
  #resolveEnded: () => void = () => undefined;
  #rejectEnded: (error: unknown) => void = () => undefined;

  constructor(
    private readonly ports: EnginePorts,
    private readonly settings: EngineSettings,
    private readonly books: BookFactory,
  ) {
    this.#keys = createKeys({ hashTags: settings.hashTags });
    this.#leases = new LeaseTable(settings.leasesTable, ports.dynamo);
    this.#owner = `engine-${Math.floor(ports.random.next() * 2 ** 48).toString(36)}`;
    this.ended = new Promise((resolve, reject) => {
      this.#resolveEnded = resolve;
      this.#rejectEnded = reject;
    });
    // A caller that only awaits start() or stop() learns of the failure there.
    this.ended.catch(() => undefined);
  }

  async start(): Promise<void> {
    try {
      const shards = await this.#shards();
      this.#epoch = await this.#atStart('epoch', () => this.#leases.nextEpoch());
      const { ordersStream } = this.settings;
      this.ports.logger.info(
        { ordersStream, shards: shards.length, epoch: this.#epoch, owner: this.#owner },
        'starting',
      );
      this.#runners = await Promise.all(shards.map((shard) => this.#restoreShard(shard)));
      this.#life.check();
      this.#state = 'running';
      for (const runner of this.#runners) runner.run().catch(this.#fail);
      this.ports.logger.info({ shards: this.health().shards }, 'running');
    } catch (error) {
      this.#fail(error);
      throw this.#error ?? error;
    }
  }

  async stop(): Promise<void> {
    if (this.#state === 'running') {
      this.#state = 'stopping';
      await Promise.race([Promise.all(this.#runners.map((runner) => runner.stop())), this.ended]);
    }
    if (this.#state === 'failed') throw this.#error;
    this.#state = 'stopped';
    this.#life.end();
    this.#resolveEnded();
  }

  health(): EngineHealth {
    return {
      state: this.#state,
      epoch: this.#epoch,
      ...(this.#error instanceof Error ? { error: this.#error.message } : {}),
      shards: this.#runners.map(({ shardId, symbols, position, checkpoint, stalledMs }) => ({
        shardId,
        symbols,
        position,
        checkpoint,
        stalledMs: Math.round(stalledMs),
      })),
    };
  }

  /** The first failure ends the engine: everything after it follows from it. */
  readonly #fail = (error: unknown): void => {
    if (this.#life.ended) return;
    this.#error = error;
    this.#state = 'failed';
    this.#life.end();
    this.#rejectEnded(error);
  };

  async #shards(): Promise<Shard[]> {
    const { ordersStream, minRetentionHours } = this.settings;
    const { kinesis } = this.ports;
    const hours = await this.#atStart('orders stream', () => kinesis.retentionHours(ordersStream));
    if (hours < minRetentionHours) {
      throw new EngineError(
        'JOURNAL_RETENTION',
        `${ordersStream} keeps its records for ${hours} h; a replay may need ${minRetentionHours} h (JOURNAL_MIN_RETENTION_HOURS)`,
      );
    }
    const shards = await this.#atStart('orders stream', () => kinesis.listShards(ordersStream));
    const split = shards.find(({ parents }) => parents.length > 0);
    if (split !== undefined) throw reshardNotAvailable(split.parents.join(', '));
    return shards;
  }

  async #restoreShard(shard: Shard): Promise<ShardRunner> {
    const { ports, settings } = this;
    const life = this.#life;
    const { shardId } = shard;
    const onFatal = this.#fail;
    const { lease, held } = await this.#takeLease(shard);
    const store = new SnapshotStore(ports.objects, ports.backupCache, this.#keys, ports, life);
    const matcher = new ShardMatcher(this.books);
    const manifest =
      lease.manifest === undefined ? undefined : await store.getManifest(shardId, lease.manifest, START_MS);
    if (manifest !== undefined) await restoreBooks(matcher, manifest, store);

    const checkpointer = new Checkpointer(
      {
        leases: this.#leases,
        lease: held,
        checkpoint: lease.checkpoint,
        manifest: manifest && { key: lease.manifest!, position: manifest.position },
        intervalMs: settings.checkpointIntervalMs,
        onFatal,
      },
      ports,
      life,
    );
    const marketData = new MarketData(
      { cache: ports.depthCache, keys: this.#keys, epoch: held.epoch, machines: matcher.machines, onFatal },
      ports,
      life,
    );
    const pipeline = new Pipeline({
      destinations: [
        fillsStream(settings.fillsStream, ports.kinesis, ports, life),
        orderStatusStream(settings.statusStream, ports.kinesis, ports, life),
        new TradeHistory(settings.tradeTable, ports.dynamo, ports, life),
        marketData,
        new DeadLetters(shardId, settings.deadLettersTable, ports.dynamo, ports, life),
      ],
      maxInFlight: settings.maxBatchesInFlight,
      clock: ports.clock,
      onPublished: (position) => checkpointer.published(position),
      onFatal,
    });
    const runner = new ShardRunner(
      {
        shardId,
        reader: new ShardReader(
          { stream: settings.ordersStream, shardId, pollMs: settings.pollMs },
          matcher.position,
          ports.kinesis,
          ports,
          life,
        ),
        matcher,
        pipeline,
        marketData,
        checkpointer,
        snapshotter: new Snapshotter(shardId, matcher, store, manifest?.symbols ?? {}, matcher.position),
        ticker: new Ticker(settings.ordersStream, shard, ports.kinesis, ports),
        replayTo: lease.checkpoint,
        hasManifest: manifest !== undefined,
        snapshotIntervalMs: settings.snapshotIntervalMs,
        onFatal,
      },
      ports,
      life,
    );
    await runner.restore(60_000);
    return runner;
  }

  /** A write that its last owner still had on its way may come in between; then what it wrote counts. */
  async #takeLease(shard: Shard): Promise<{ lease: Lease; held: HeldLease }> {
    const { shardId } = shard;
    for (let attempt = 1; ; attempt++) {
      const lease = await this.#atStart('lease', () => this.#leases.read(shardId));
      if (lease.checkpoint !== '' && lease.manifest === undefined) {
        throw new EngineError(
          'JOURNAL_GAP',
          `${shardId} has a checkpoint and no manifest: nothing shows where to replay from`,
        );
      }
      try {
        const held = await this.#atStart('lease', () => this.#leases.acquire(shard, lease, this.#owner, this.#epoch));
        return { lease, held };
      } catch (error) {
        if (!(error instanceof EngineError) || error.code !== 'LEASE_LOST' || attempt === LEASE_ATTEMPTS) throw error;
      }
    }
  }

  #atStart<T>(label: string, call: () => Promise<T>): Promise<T> {
    return retry(call, this.ports, this.#life, { label, ...START_MS });
  }
}

async function restoreBooks(matcher: ShardMatcher, manifest: Manifest, store: SnapshotStore): Promise<void> {
  const symbols = Object.entries(manifest.symbols);
  for (let first = 0; first < symbols.length; first += MAX_DOWNLOADS) {
    const some = symbols.slice(first, first + MAX_DOWNLOADS).map(async ([symbol, ref]) => {
      const { book, state } = decodeSnapshot(await store.get(symbol, ref, START_MS));
      matcher.restore(symbol, book, state);
    });
    await Promise.all(some);
  }
  matcher.position = manifest.position;
}
