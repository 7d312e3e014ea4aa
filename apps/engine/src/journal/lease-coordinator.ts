import { reportFailure, retry, type BackoffPorts, type Lifetime } from '../backoff.js';
import { EngineError, type EngineErrorCode } from '../errors.js';
import { RULES_VERSION } from '../matching/books.js';
import { PortError, type KinesisPort, type Shard } from '../ports.js';
import { HeldLease } from './held-lease.js';
import { LeaseObserver } from './lease-observer.js';
import { forgottenRows, lineageOf, planLeases } from './lease-plan.js';
import type { LeaseRow, LeaseTable } from './lease-table.js';

/** A lease is renewed five times in its life, and looked at as often, or twice a second. */
const RENEWALS = 5;
const MAX_LOOK_MS = 500;
/** How often the stream is asked for its shards; more often when one has ended. */
const DISCOVERY_MS = 10_000;
/** Longest wait for the first look, ms. */
const START_MS = 60_000;

/** What can be wrong with one shard's journal or snapshots, or with what it takes to open it. */
const SHARD_ERRORS: ReadonlySet<EngineErrorCode> = new Set([
  'JOURNAL_GAP',
  'BAD_SNAPSHOT',
  'RULES_UNKNOWN',
  'START_TIMEOUT',
]);

/** What works a shard once its lease is held. */
export interface ShardWork {
  /** Goes on until {@link stop} or the end of the shard, and leaves checkpoint and manifest behind. */
  run(): Promise<'STOPPED' | 'ENDED'>;
  stop(): void;
}

export interface LeaseCoordinatorOptions {
  ordersStream: string;
  leases: LeaseTable;
  kinesis: KinesisPort;
  owner: string;
  /** How long a lease lasts without a renewal. */
  leaseMs: number;
  /** Restores a shard; its `life` ends with the lease, or before where it is given up. */
  open: (shard: Shard, row: LeaseRow, lease: HeldLease, life: Lifetime) => Promise<ShardWork>;
  /** Deletes what a shard that is forgotten left behind. */
  forget: (row: LeaseRow) => Promise<void>;
  onFatal: (error: unknown) => void;
}

/** A shard that this engine let go of, since going on with it would be wrong. */
export interface Refusal {
  shardId: string;
  error: EngineError;
  /** Monotonic. */
  since: number;
}

interface Holding {
  lease: HeldLease;
  life: Lifetime;
  work: ShardWork | undefined;
  stopping: boolean;
  renewAt: number;
  /** Resolves when the lease has been let go of. */
  done: Promise<void>;
}

/**
 * Takes, renews and lets go of the leases of one engine among its rivals, as KCL does: expired leases are taken, a fair
 * share each, parents before children, and a shard changes hands in an orderly way wherever its owner lives.
 */
export class LeaseCoordinator {
  readonly #holdings = new Map<string, Holding>();
  /** Shards that could not be opened; another engine may have what this one lacks. */
  readonly #refused = new Map<string, Refusal>();
  readonly #observer: LeaseObserver;
  readonly #lookMs: number;
  #shards: readonly Shard[] = [];
  #discoverAt = -Infinity;
  #freeBefore: ReadonlySet<string> = new Set();
  #stopping = false;
  #watching: Promise<void> = Promise.resolve();
  #failures = 0;
  #isSettled = false;
  #settled: () => void = () => undefined;
  #lookAgain = false;
  #pause: Lifetime | undefined;

  constructor(
    private readonly options: LeaseCoordinatorOptions,
    private readonly ports: BackoffPorts,
    private readonly life: Lifetime,
  ) {
    this.#observer = new LeaseObserver(options.leaseMs);
    this.#lookMs = Math.min(MAX_LOOK_MS, options.leaseMs / RENEWALS);
  }

  /** Highest epoch of the leases held; 0 without one. */
  get epoch(): number {
    return Math.max(0, ...[...this.#holdings.values()].map(({ lease }) => lease.epoch));
  }

  /**
   * Begins. Resolves once every shard that can be read is owned by an engine that was seen to live, and those of this one
   * are at work.
   */
  start(): Promise<void> {
    const settled = new Promise<void>((resolve) => (this.#settled = resolve));
    this.#watching = this.#watch().catch(this.options.onFatal);
    this.#keep().catch(this.options.onFatal);
    return settled;
  }

  /** Hands every shard over. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#wake();
    for (const holding of this.#holdings.values()) this.#giveUp(holding);
    await this.#watching;
    await Promise.all([...this.#holdings.values()].map(({ done }) => done));
  }

  get refusals(): readonly Refusal[] {
    return [...this.#refused.values()];
  }

  async #watch(): Promise<void> {
    const begun = this.ports.clock.monotonic();
    let looked = false;
    while (!this.#stopping && !this.life.ended) {
      try {
        await this.#look();
        looked = true;
        if (this.#failures > 0) this.ports.metrics.gauge('destination_down', 0, 'leases');
        this.#failures = 0;
      } catch (error) {
        if (!(error instanceof PortError) || !error.retryable) throw error;
        if (!looked && this.ports.clock.monotonic() - begun > START_MS) {
          throw new EngineError('START_TIMEOUT', `leases: ${error.message}`, { cause: error });
        }
        reportFailure(error, ++this.#failures, 'leases', this.ports);
      }
      // Engines that were started together do not look together for ever.
      await this.#rest(this.#lookMs * (0.75 + this.ports.random.next() / 2));
    }
  }

  async #rest(ms: number): Promise<void> {
    this.#pause = this.life.child();
    if (this.#lookAgain || this.#stopping) this.#pause.end();
    this.#lookAgain = false;
    await this.#pause.sleep(ms, this.ports.timers);
    this.#pause.end();
  }

  #wake(): void {
    this.#lookAgain = true;
    this.#pause?.end();
  }

  async #look(): Promise<void> {
    const { leases, owner, kinesis, ordersStream } = this.options;
    const { clock } = this.ports;
    const discovered = clock.monotonic() >= this.#discoverAt;
    if (discovered) {
      this.#shards = await kinesis.listShards(ordersStream);
      this.#discoverAt = clock.monotonic() + DISCOVERY_MS;
    }
    const rows = await leases.all();
    const now = clock.monotonic();
    this.#observer.observe(rows, now);
    if (this.#stopping || this.life.ended) return;
    this.#checkOwned(rows);
    for (const [shardId, row] of rows) if (this.#observer.alive(row, now)) this.#refused.delete(shardId);
    const readable = this.#readable(rows);
    const plan = planLeases({
      owner,
      shards: readable,
      rows,
      held: new Set(this.#holdings.keys()),
      expired: (row) => this.#observer.expired(row, now),
      freeBefore: this.#freeBefore,
    });
    for (const shardId of plan.handOver) {
      const holding = this.#holdings.get(shardId);
      if (holding?.work !== undefined) this.#giveUp(holding);
    }
    await this.#takeAll(plan.take, rows);
    this.#freeBefore = new Set(plan.free.map(({ shardId }) => shardId).filter((id) => !this.#holdings.has(id)));
    if (plan.request !== undefined) await this.#request(plan.request);
    this.ports.metrics.gauge('leases_held', this.#holdings.size, owner);
    const unread = this.#freeBefore.size + this.#refused.size;
    this.ports.metrics.gauge('leases_free', unread, ordersStream);
    if (discovered) await this.#forget(rows);
    this.#settleIfOwned(rows, now);
  }

  /** The row is the truth: an engine that it does not name has lost the shard, however that came about. */
  #checkOwned(rows: ReadonlyMap<string, LeaseRow>): void {
    for (const { lease } of this.#holdings.values()) {
      const epoch = rows.get(lease.shardId)?.epoch ?? 0;
      if (epoch <= lease.epoch) continue;
      this.ports.metrics.count('leases_lost', 1, lease.shardId);
      throw new EngineError('LEASE_LOST', `${lease.shardId}: another engine has taken the lease`);
    }
  }

  /** Shards that this build can read. @throws EngineError where going on would skip records */
  #readable(rows: ReadonlyMap<string, LeaseRow>): Shard[] {
    return this.#shards.filter((shard) => {
      const { shardId } = shard;
      if (this.#holdings.has(shardId)) return true;
      if (this.#refused.has(shardId)) return false;
      const row = rows.get(shardId);
      const lineage = lineageOf(shard, rows, this.#shards);
      if (lineage === 'PARENTS_UNKNOWN') {
        const parents = shard.parents.join(', ');
        throw new EngineError('JOURNAL_GAP', `${shardId} comes from ${parents}, of which nothing is known any more`);
      }
      if (row === undefined || !hasOtherRules(row)) return true;
      const message = `${shardId} runs rules ${row.rules}, this build has ${RULES_VERSION}`;
      // An engine of another build owns it, or is on its way; a start must say so, or nobody might.
      if (row.owner !== undefined || this.#isSettled || this.#holdings.size > 0) return false;
      throw new EngineError('RULES_UNKNOWN', message);
    });
  }

  /** Side by side: markets stand still meanwhile. All must be over before the next look, which would take them again. */
  async #takeAll(shards: readonly Shard[], rows: ReadonlyMap<string, LeaseRow>): Promise<void> {
    const takes = await Promise.allSettled(shards.map((shard) => this.#take(shard, rows.get(shard.shardId))));
    const failed = takes.find((take) => take.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  async #take(shard: Shard, known: LeaseRow | undefined): Promise<void> {
    const { leases, owner, leaseMs } = this.options;
    const { clock, logger, metrics } = this.ports;
    const { shardId } = shard;
    const row = known ?? (await leases.read(shardId));
    if (row.checkpoint !== '' && row.manifest === undefined) {
      const message = `${shardId} has a checkpoint and no manifest: nothing shows where to replay from`;
      throw new EngineError('JOURNAL_GAP', message);
    }
    const epoch = await leases.nextEpoch();
    const sentAt = clock.monotonic();
    let counter: number;
    try {
      counter = await leases.acquire(shard, row, owner, epoch);
    } catch (error) {
      // Another engine was quicker, or its owner lives.
      if (error instanceof EngineError && error.code === 'LEASE_LOST') return;
      throw error;
    }
    const lease = new HeldLease(shardId, owner, epoch, counter, leaseMs, clock, sentAt);
    logger.info({ shard: shardId, epoch, from: row.owner, ownerSwitches: row.ownerSwitches }, 'lease taken');
    metrics.count('leases_taken', 1, shardId);
    const life = this.life.child();
    const holding: Holding = {
      lease,
      life,
      work: undefined,
      stopping: false,
      renewAt: sentAt + leaseMs / RENEWALS,
      done: Promise.resolve(),
    };
    this.#holdings.set(shardId, holding);
    if (this.#stopping) this.#giveUp(holding);
    holding.done = this.#work(shard, row, holding).catch(this.options.onFatal);
  }

  async #work(shard: Shard, row: LeaseRow, holding: Holding): Promise<void> {
    const { lease, life } = holding;
    let end: 'STOPPED' | 'ENDED' = 'STOPPED';
    try {
      holding.work = await this.options.open(shard, row, lease, life);
      if (!life.ended) end = await holding.work.run();
    } catch (error) {
      if (!(error instanceof EngineError) || holding.work !== undefined) throw error;
      // Given up before it was at work: nothing is to be handed over but the lease.
      const isGivenUp = holding.stopping && error.code === 'STOPPED';
      if (!isGivenUp) this.#refuse(shard.shardId, error);
    }
    life.end();
    if (end === 'STOPPED') await this.#release(lease);
    this.#holdings.delete(shard.shardId);
    this.ports.logger.info({ shard: shard.shardId, epoch: lease.epoch, end }, 'lease released');
    if (end === 'STOPPED') return;
    this.#discoverAt = -Infinity;
    this.#wake();
  }

  /** One shard that cannot be opened must not stop the others. @throws the error at the start, or where it is of another kind */
  #refuse(shardId: string, error: EngineError): void {
    if (!this.#isSettled || !SHARD_ERRORS.has(error.code)) throw error;
    if (error.code === 'START_TIMEOUT') {
      this.ports.logger.error({ shard: shardId, err: error }, 'the shard could not be opened, it will be tried again');
      return;
    }
    this.#refused.set(shardId, { shardId, error, since: this.ports.clock.monotonic() });
    this.ports.logger.error({ shard: shardId, err: error }, 'the shard cannot be opened, the others go on');
  }

  /** A row that cannot be written runs out by itself. */
  async #release(lease: HeldLease): Promise<void> {
    const { leaseMs, leases } = this.options;
    try {
      await retry(() => leases.release(lease), this.ports, this.life, { label: 'leases', forMs: leaseMs });
    } catch (error) {
      if (!(error instanceof EngineError) || error.code !== 'START_TIMEOUT') throw error;
      this.ports.logger.warn({ shard: lease.shardId, error: error.message }, 'the lease could not be released');
    }
  }

  #giveUp(holding: Holding): void {
    if (holding.stopping) return;
    holding.stopping = true;
    if (holding.work === undefined) holding.life.end();
    else holding.work.stop();
  }

  async #request(row: LeaseRow): Promise<void> {
    try {
      await this.options.leases.request(row, this.options.owner);
      this.ports.logger.info({ shard: row.shardId, owner: row.owner }, 'asked for a shard');
    } catch (error) {
      if (!(error instanceof EngineError) || error.code !== 'LEASE_LOST') throw error;
    }
  }

  async #forget(rows: ReadonlyMap<string, LeaseRow>): Promise<void> {
    for (const row of forgottenRows(this.#shards, rows)) {
      await this.options.forget(row);
      await this.options.leases.remove(row);
      this.ports.logger.info({ shard: row.shardId }, 'the row of a shard that is gone was deleted');
    }
  }

  #settleIfOwned(rows: ReadonlyMap<string, LeaseRow>, now: number): void {
    const owned = this.#shards.every((shard) => {
      const holding = this.#holdings.get(shard.shardId);
      if (holding !== undefined) return holding.work !== undefined;
      if (lineageOf(shard, rows, this.#shards) !== 'READY') return true;
      const row = rows.get(shard.shardId);
      return row !== undefined && (hasOtherRules(row) || this.#observer.alive(row, now));
    });
    if (!owned) return;
    this.#isSettled = true;
    this.#settled();
  }

  /** Renews what is held. Whoever could not in time ends: others may take the shards from then on. */
  async #keep(): Promise<void> {
    const everyMs = this.options.leaseMs / RENEWALS;
    while (!this.life.ended) {
      for (const holding of this.#holdings.values()) {
        const { lease } = holding;
        if (!holding.life.ended) lease.check();
        const now = this.ports.clock.monotonic();
        if (now < holding.renewAt) continue;
        holding.renewAt = now + everyMs;
        // Not awaited: an answer that hangs must not keep the next one from being tried.
        void this.#renew(holding, now);
      }
      await this.life.sleep(everyMs / 4, this.ports.timers);
    }
  }

  async #renew(holding: Holding, sentAt: number): Promise<void> {
    const { lease } = holding;
    try {
      await this.options.leases.renew(lease);
      lease.renewed(sentAt);
    } catch (error) {
      if (holding.life.ended) return;
      if (error instanceof PortError && error.retryable) {
        this.ports.metrics.count('retries', 1, 'leases');
        this.ports.logger.warn({ shard: lease.shardId, error: error.message }, 'a lease could not be renewed');
        return;
      }
      this.ports.metrics.count('leases_lost', 1, lease.shardId);
      this.options.onFatal(error);
    }
  }
}

function hasOtherRules({ rules }: LeaseRow): boolean {
  return rules !== undefined && rules !== RULES_VERSION;
}
