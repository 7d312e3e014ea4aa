import { EngineError } from '../errors.js';
import { RULES_VERSION } from '../matching/books.js';
import type { Position } from '../matching/positions.js';
import { PortError, type DynamoPort, type Item, type Shard } from '../ports.js';

/** Row that hands out epochs: one counter for all shards, so that an epoch only grows, across splits too. */
const EPOCH_ROW = '#epoch';
/** What KCL writes while nothing has been processed. */
const NEVER = 'TRIM_HORIZON';

/** The part of a lease row that the engine reads. */
export interface Lease {
  owner: string | undefined;
  counter: number | undefined;
  epoch: number | undefined;
  /** '' while the shard was never checkpointed. */
  checkpoint: Position;
  /** Object key of the current manifest. */
  manifest: string | undefined;
  rules: number | undefined;
}

export interface HeldLease {
  shardId: string;
  owner: string;
  epoch: number;
  counter: number;
}

/** Leases of the shards, in KCL's columns, with `epoch`, `manifest` and `rules` beside them. */
export class LeaseTable {
  constructor(
    private readonly table: string,
    private readonly dynamo: DynamoPort,
  ) {}

  nextEpoch(): Promise<number> {
    return this.dynamo.increment(this.table, { leaseKey: EPOCH_ROW }, 'epoch');
  }

  async read(shardId: string): Promise<Lease> {
    const row = (await this.dynamo.get(this.table, { leaseKey: shardId })) ?? {};
    const checkpoint = text(row, 'checkpoint');
    if (checkpoint === 'SHARD_END') throw reshardNotAvailable(shardId);
    return {
      owner: text(row, 'leaseOwner'),
      counter: integer(row, 'leaseCounter'),
      epoch: integer(row, 'epoch'),
      checkpoint: checkpoint === undefined || checkpoint === NEVER ? '' : checkpoint,
      manifest: text(row, 'manifest'),
      rules: integer(row, 'rules'),
    };
  }

  /**
   * Takes the lease, on the condition that nobody has taken it since it was read.
   *
   * @throws EngineError `LEASE_LOST`, `RULES_UNKNOWN`
   */
  async acquire(shard: Shard, lease: Lease, owner: string, epoch: number): Promise<HeldLease> {
    if (lease.rules !== undefined && lease.rules !== RULES_VERSION) {
      throw new EngineError(
        'RULES_UNKNOWN',
        `${shard.shardId} runs rules ${lease.rules}, this build has ${RULES_VERSION}`,
      );
    }
    const counter = (lease.counter ?? 0) + 1;
    const set: Item = {
      leaseOwner: owner,
      leaseCounter: counter,
      epoch,
      rules: RULES_VERSION,
      checkpoint: lease.checkpoint === '' ? NEVER : lease.checkpoint,
      checkpointSubSequenceNumber: 0,
      ownerSwitchesSinceCheckpoint: 0,
      startingHashKey: shard.startingHashKey,
      endingHashKey: shard.endingHashKey,
    };
    const expect = { leaseOwner: lease.owner, leaseCounter: lease.counter, epoch: lease.epoch };
    try {
      await this.#update(shard.shardId, set, expect);
    } catch (error) {
      // A repeat after a lost answer finds its own first write.
      const now = await this.read(shard.shardId);
      if (now.owner !== owner || now.epoch !== epoch) throw error;
    }
    return { shardId: shard.shardId, owner, epoch, counter };
  }

  /**
   * Writes how far everything has been published, and the manifest to start from next time.
   *
   * @throws EngineError `LEASE_LOST` where another engine owns the shard now
   */
  async checkpoint(lease: HeldLease, checkpoint: Position, manifest: string): Promise<void> {
    const set = { checkpoint, manifest, leaseCounter: ++lease.counter };
    await this.#update(lease.shardId, set, { leaseOwner: lease.owner, epoch: lease.epoch });
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

export function reshardNotAvailable(shardId: string): EngineError {
  return new EngineError(
    'RESHARD_NOT_AVAILABLE',
    `${shardId} was split or merged: this version does not follow a reshard`,
  );
}

function text(row: Item, field: string): string | undefined {
  const value = row[field];
  return typeof value === 'string' ? value : undefined;
}

function integer(row: Item, field: string): number | undefined {
  const value = row[field];
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined;
}
