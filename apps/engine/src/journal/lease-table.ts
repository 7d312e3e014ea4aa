import { EngineError } from '../errors.js';
import { RULES_VERSION } from '../matching/books.js';
import type { Position } from '../matching/positions.js';
import { PortError, type DynamoPort, type Item, type Shard } from '../ports.js';
import type { HeldLease } from './held-lease.js';

/** Row that hands out epochs: one counter for all shards, so that an epoch only grows, across splits too. */
const EPOCH_ROW = '#epoch';
/** What KCL writes while nothing has been processed, and once everything has been. */
const NEVER = 'TRIM_HORIZON';
const SHARD_END = 'SHARD_END';

/** The part of a lease row that the engine reads. */
export interface LeaseRow {
  shardId: string;
  owner: string | undefined;
  counter: number | undefined;
  epoch: number | undefined;
  /** Engine that asks the owner to hand the shard over. */
  requestedBy: string | undefined;
  /** '' while the shard was never checkpointed, and once it has ended. */
  checkpoint: Position;
  /** Whether the shard was read to its end: its children may be leased. */
  ended: boolean;
  /** Object key of the current manifest. */
  manifest: string | undefined;
  rules: number | undefined;
  /** How often the owner changed since the last checkpoint: a shard that kills its owners shows here. */
  ownerSwitches: number;
  /** Wall clock, epoch ms: everything that had arrived by then lies at or before the checkpoint. */
  caughtUpAt: number | undefined;
}

export interface StoredCheckpoint {
  /** '' where there was none. */
  position: Position;
  manifest: string | undefined;
}

export interface Checkpoint {
  position: Position;
  manifest: string;
  /** Wall clock, epoch ms, where the checkpoint is known to be at the tip. */
  caughtUpAt: number | undefined;
}

/**
 * Leases of the shards, in KCL's columns, with `epoch`, `manifest`, `rules`, `leaseRequestedBy` and `caughtUpAt` beside
 * them.
 */
export class LeaseTable {
  constructor(
    private readonly table: string,
    private readonly dynamo: DynamoPort,
  ) {}

  nextEpoch(): Promise<number> {
    return this.dynamo.increment(this.table, { leaseKey: EPOCH_ROW }, 'epoch');
  }

  /** Every shard's row, by shard. */
  async all(): Promise<Map<string, LeaseRow>> {
    const rows = new Map<string, LeaseRow>();
    for (const item of await this.dynamo.scan(this.table)) {
      const shardId = text(item, 'leaseKey');
      if (shardId !== undefined && !shardId.startsWith('#')) rows.set(shardId, leaseRow(shardId, item));
    }
    return rows;
  }

  async read(shardId: string): Promise<LeaseRow> {
    return leaseRow(shardId, (await this.dynamo.get(this.table, { leaseKey: shardId })) ?? {});
  }

  /**
   * Takes the lease, on the condition that nobody has taken or renewed it since `row` was read.
   *
   * @throws EngineError `LEASE_LOST`
   */
  async acquire(shard: Shard, row: LeaseRow, owner: string, epoch: number): Promise<number> {
    const counter = (row.counter ?? 0) + 1;
    const switched = row.owner !== undefined && row.owner !== owner;
    const set: Item = {
      leaseOwner: owner,
      leaseCounter: counter,
      epoch,
      leaseRequestedBy: undefined,
      rules: RULES_VERSION,
      checkpoint: row.checkpoint === '' ? NEVER : row.checkpoint,
      checkpointSubSequenceNumber: 0,
      ownerSwitchesSinceCheckpoint: row.ownerSwitches + (switched ? 1 : 0),
      startingHashKey: shard.startingHashKey,
      endingHashKey: shard.endingHashKey,
      ...(shard.parents.length === 0 ? {} : { parentShardId: new Set(shard.parents) }),
    };
    const expect = { leaseOwner: row.owner, leaseCounter: row.counter, epoch: row.epoch };
    try {
      await this.#update(shard.shardId, set, expect);
    } catch (error) {
      // The answer may have been lost after the write: then the row says so.
      const now = await this.read(shard.shardId);
      if (now.owner !== owner || now.epoch !== epoch) throw error;
    }
    return counter;
  }

  /** @throws EngineError `LEASE_LOST` where another engine owns the shard now */
  async renew(lease: HeldLease): Promise<void> {
    await this.#update(lease.shardId, { leaseCounter: ++lease.counter }, ownedBy(lease));
  }

  /**
   * Writes how far everything has been published, and the manifest to start from next time, over what `previous` wrote: a
   * write that arrives late, after its repeat and others, changes nothing.
   *
   * @throws EngineError `LEASE_LOST` where another engine owns the shard now
   */
  async checkpoint(lease: HeldLease, previous: StoredCheckpoint, next: Checkpoint): Promise<void> {
    const set: Item = {
      checkpoint: next.position,
      manifest: next.manifest,
      leaseCounter: ++lease.counter,
      ownerSwitchesSinceCheckpoint: 0,
    };
    if (next.caughtUpAt !== undefined) set['caughtUpAt'] = next.caughtUpAt;
    const expect = { ...ownedBy(lease), checkpoint: previous.position || NEVER, manifest: previous.manifest };
    try {
      await this.#update(lease.shardId, set, expect);
    } catch (error) {
      // A repeat after a lost answer finds its own first write.
      if (!(error instanceof EngineError)) throw error;
      const now = await this.read(lease.shardId);
      const isOurs = now.owner === lease.owner && now.epoch === lease.epoch;
      if (!isOurs || now.checkpoint !== next.position || now.manifest !== next.manifest) throw error;
    }
  }

  /**
   * Writes that the shard was read and published to its end, names its final manifest, and lets go of it.
   *
   * @throws EngineError `LEASE_LOST` where another engine owns the shard now
   */
  async end(lease: HeldLease, manifest: string): Promise<void> {
    const set = { checkpoint: SHARD_END, manifest, leaseOwner: undefined, leaseRequestedBy: undefined };
    try {
      await this.#update(lease.shardId, set, ownedBy(lease));
    } catch (error) {
      // A repeat after a lost answer finds its own first write.
      const now = await this.read(lease.shardId);
      if (!now.ended || now.epoch !== lease.epoch) throw error;
    }
  }

  /** Lets go of the shard, so that another engine takes it at once. One that was taken already stays as it is. */
  async release(lease: HeldLease): Promise<void> {
    try {
      await this.#update(lease.shardId, { leaseOwner: undefined, leaseCounter: ++lease.counter }, ownedBy(lease));
    } catch (error) {
      if (!(error instanceof EngineError) || error.code !== 'LEASE_LOST') throw error;
    }
  }

  /**
   * Asks the owner to hand the shard over.
   *
   * @throws EngineError `LEASE_LOST` where it has another owner by now
   */
  async request(row: LeaseRow, by: string): Promise<void> {
    await this.#update(row.shardId, { leaseRequestedBy: by }, { leaseOwner: row.owner, epoch: row.epoch });
  }

  /** Deletes the row of a shard that has ended. */
  async remove(row: LeaseRow): Promise<void> {
    await this.dynamo.delete(this.table, { leaseKey: row.shardId }, { checkpoint: SHARD_END, epoch: row.epoch });
  }

  async #update(shardId: string, set: Item, expect: Item): Promise<void> {
    try {
      await this.dynamo.update(this.table, { leaseKey: shardId }, set, expect);
    } catch (error) {
      if (!(error instanceof PortError) || error.code !== 'CONDITION_FAILED') throw error;
      throw new EngineError('LEASE_LOST', `${shardId}: another engine has taken the lease`, { cause: error });
    }
  }
}

function ownedBy(lease: HeldLease): Item {
  return { leaseOwner: lease.owner, epoch: lease.epoch };
}

function leaseRow(shardId: string, item: Item): LeaseRow {
  const checkpoint = text(item, 'checkpoint');
  return {
    shardId,
    owner: text(item, 'leaseOwner'),
    counter: integer(item, 'leaseCounter'),
    epoch: integer(item, 'epoch'),
    requestedBy: text(item, 'leaseRequestedBy'),
    checkpoint: checkpoint === undefined || checkpoint === NEVER || checkpoint === SHARD_END ? '' : checkpoint,
    ended: checkpoint === SHARD_END,
    manifest: text(item, 'manifest'),
    rules: integer(item, 'rules'),
    ownerSwitches: integer(item, 'ownerSwitchesSinceCheckpoint') ?? 0,
    caughtUpAt: integer(item, 'caughtUpAt'),
  };
}

function text(row: Item, field: string): string | undefined {
  const value = row[field];
  return typeof value === 'string' ? value : undefined;
}

function integer(row: Item, field: string): number | undefined {
  const value = row[field];
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined;
}
