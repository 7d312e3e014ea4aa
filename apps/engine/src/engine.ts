import { createKeys } from '@supernoba/valkey-keys';
import { Lifetime, retry, type RetryOptions } from './backoff.js';
import { EngineError } from './errors.js';
import { LeaseCoordinator } from './journal/lease-coordinator.js';
import { LeaseTable, type LeaseRow } from './journal/lease-table.js';
import type { ShardRunner } from './journal/shard-runner.js';
import { orderBooks, type BookFactory } from './matching/books.js';
import type { SymbolMachine } from './matching/symbol-machine.js';
import type { EnginePorts } from './ports.js';
import type { EngineSettings } from './settings.js';
import { openShard, type AssemblyOptions } from './shard-assembly.js';
import { decodeManifest } from './snapshot/manifest.js';
import { deleteShardObjects } from './snapshot/snapshot-retention.js';

/** Longest wait for a part that is not up yet at the start. */
const START_MS: Partial<RetryOptions> = { forMs: 60_000 };
const HOUR_MS = 3_600_000;

export interface ShardHealth {
  shardId: string;
  symbols: number;
  position: string;
  checkpoint: string;
  stalledMs: number;
  /** Records matched and not acknowledged everywhere. */
  unpublished: number;
  /** Since the last manifest was written, or the shard was opened, ms. */
  snapshotAgeMs: number;
}

/** A book as its engine has it at this moment: read it, and let go of it. */
export interface HeldBook {
  shardId: string;
  machine: SymbolMachine;
}

export interface EngineHealth {
  state: 'starting' | 'running' | 'stopping' | 'stopped' | 'failed';
  /** Highest epoch of the leases held; 0 for an engine that stands by. */
  epoch: number;
  error?: string;
  /** Shards held; one that could not be opened stays here, stalled, until another engine has it or this one is restarted. */
  shards: ShardHealth[];
}

export interface Engine {
  /**
   * Takes its share of the shards of the orders stream, restores their books and starts matching. Resolves when every
   * shard is owned by an engine that lives, and those of this one are at their published checkpoint and go on from there.
   * From then on it gains and loses shards as engines come and go and as the stream is resharded. Resolves too where it is
   * stopped meanwhile.
   *
   * @throws EngineError where going on would be wrong
   */
  start(): Promise<void>;
  /** Resolves at a clean stop; rejects with what ended the engine otherwise. */
  readonly ended: Promise<void>;
  /** Drains: publishes what has been matched, leaves snapshots and checkpoints behind, hands its shards over. */
  stop(): Promise<void>;
  health(): EngineHealth;
  /** The books of the shards held. */
  heldBooks(): IterableIterator<HeldBook>;
}

/** The matching engine. It touches the world through its ports alone. */
export function createEngine(ports: EnginePorts, settings: EngineSettings, books: BookFactory = orderBooks): Engine {
  return new RunningEngine(ports, settings, books);
}

class RunningEngine implements Engine {
  readonly ended: Promise<void>;
  readonly #life = new Lifetime();
  readonly #leases: LeaseTable;
  readonly #runners = new Set<ShardRunner>();
  #coordinator: LeaseCoordinator | undefined;
  #state: EngineHealth['state'] = 'starting';
  #error: unknown;
  #resolveEnded: () => void = () => undefined;
  #rejectEnded: (error: unknown) => void = () => undefined;

  constructor(
    private readonly ports: EnginePorts,
    private readonly settings: EngineSettings,
    private readonly books: BookFactory,
  ) {
    this.#leases = new LeaseTable(settings.leasesTable, ports.dynamo);
    this.ended = new Promise((resolve, reject) => {
      this.#resolveEnded = resolve;
      this.#rejectEnded = reject;
    });
    // A caller that only awaits start() or stop() learns of the failure there.
    this.ended.catch(() => undefined);
  }

  async start(): Promise<void> {
    try {
      const assembly = await this.#assembly();
      this.#life.check();
      const owner = `engine-${Math.floor(this.ports.random.next() * 2 ** 48).toString(36)}`;
      const { ordersStream, leaseMs } = this.settings;
      this.ports.logger.info({ ordersStream, owner, leaseMs }, 'starting');
      this.#coordinator = new LeaseCoordinator(
        {
          ordersStream,
          leases: this.#leases,
          kinesis: this.ports.kinesis,
          owner,
          leaseMs,
          open: async (shard, row, lease, life) => {
            const runner = await openShard(assembly, shard, row, lease, life);
            this.#runners.add(runner);
            life.onEnd(() => this.#runners.delete(runner));
            return runner;
          },
          forget: (row) => this.#forget(row),
          onFatal: this.#fail,
        },
        this.ports,
        this.#life,
      );
      await Promise.race([this.#coordinator.start(), this.ended]);
      this.#life.check();
      if (this.#state === 'starting') this.#state = 'running';
      this.ports.logger.info({ shards: this.health().shards }, 'running');
    } catch (error) {
      // It was stopped before it was at work.
      if (this.#state === 'stopping' || this.#state === 'stopped') return;
      this.#fail(error);
      throw this.#error ?? error;
    }
  }

  async stop(): Promise<void> {
    if (this.#state === 'running' || this.#state === 'starting') {
      this.#state = 'stopping';
      if (this.#coordinator !== undefined) await Promise.race([this.#coordinator.stop(), this.ended]);
    }
    if (this.#state === 'failed') throw this.#error;
    this.#state = 'stopped';
    this.#life.end();
    this.#resolveEnded();
  }

  health(): EngineHealth {
    const now = this.ports.clock.monotonic();
    const refusals = this.#coordinator?.refusals ?? [];
    const error = this.#error ?? refusals[0]?.error;
    return {
      state: this.#state,
      epoch: this.#coordinator?.epoch ?? 0,
      ...(error instanceof Error ? { error: error.message } : {}),
      shards: [
        ...[...this.#runners].map((runner) => ({
          shardId: runner.shardId,
          symbols: runner.symbols,
          position: runner.position,
          checkpoint: runner.checkpoint,
          stalledMs: Math.round(runner.stalledMs),
          unpublished: runner.unpublished,
          snapshotAgeMs: Math.round(runner.snapshotAgeMs),
        })),
        ...refusals.map(({ shardId, since }) => ({
          shardId,
          symbols: 0,
          position: '',
          checkpoint: '',
          stalledMs: Math.round(now - since),
          unpublished: 0,
          snapshotAgeMs: 0,
        })),
      ],
    };
  }

  *heldBooks(): IterableIterator<HeldBook> {
    for (const { shardId, machines } of this.#runners) {
      for (const machine of machines) yield { shardId, machine };
    }
  }

  /** The first failure ends the engine: everything after it follows from it. */
  readonly #fail = (error: unknown): void => {
    if (this.#life.ended) return;
    this.#error = error;
    this.#state = 'failed';
    this.#life.end();
    this.#rejectEnded(error);
  };

  async #assembly(): Promise<AssemblyOptions> {
    const { ports, settings, books } = this;
    const { ordersStream, minRetentionHours, consumer, consumerName } = settings;
    const hours = await this.#atStart('orders stream', () => ports.kinesis.retentionHours(ordersStream));
    if (hours < minRetentionHours) {
      throw new EngineError(
        'JOURNAL_RETENTION',
        `${ordersStream} keeps its records for ${hours} h; a replay may need ${minRetentionHours} h (JOURNAL_MIN_RETENTION_HOURS)`,
      );
    }
    const consumerArn =
      consumer === 'polling'
        ? undefined
        : await this.#atStart('consumer', () => ports.kinesis.registerConsumer(ordersStream, consumerName));
    return {
      ports,
      settings,
      books,
      keys: createKeys({ hashTags: settings.hashTags }),
      retentionMs: hours * HOUR_MS,
      consumerArn,
      onFatal: this.#fail,
    };
  }

  /** Deletes the snapshots of a shard that the stream has forgotten, but for those that its descendants still name. */
  async #forget({ shardId }: LeaseRow): Promise<void> {
    const { objects } = this.ports;
    const used = new Set<string>();
    for (const row of (await this.#leases.all()).values()) {
      if (row.shardId === shardId || row.manifest === undefined) continue;
      const bytes = await objects.get(row.manifest);
      // It was replaced meanwhile: the next look decides.
      if (bytes === undefined) return;
      for (const { key } of Object.values(decodeManifest(bytes, row.shardId).symbols)) used.add(key);
    }
    await deleteShardObjects(objects, shardId, used, this.ports, this.#life);
  }

  #atStart<T>(label: string, call: () => Promise<T>): Promise<T> {
    return retry(call, this.ports, this.#life, { label, ...START_MS });
  }
}
