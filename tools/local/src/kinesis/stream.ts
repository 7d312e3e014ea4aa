import { join } from 'node:path';
import type { HashRange } from './hash-range.js';
import { ShardRates } from './limits.js';
import type { TornTail } from './log/segment.js';
import { ShardLog, type LogOptions, type ReadResult } from './log/shard-log.js';
import { nextCounter, type SequenceBase } from './sequence.js';

export type StreamMode = 'PROVISIONED' | 'ON_DEMAND';
export type StreamStatus = 'CREATING' | 'UPDATING' | 'DELETING' | 'ACTIVE';

/** What is written down about a shard. */
export interface ShardRow {
  readonly index: number;
  readonly parent?: number;
  readonly adjacentParent?: number;
  readonly hashStart: string;
  readonly hashEnd: string;
  readonly createdMs: number;
  /** Epoch second inside its sequence numbers. */
  readonly sequenceSecond: number;
  closed?: { readonly atMs: number; readonly counter: number };
}

export interface Consumer {
  readonly name: string;
  readonly createdMs: number;
}

interface Passing {
  readonly status: 'CREATING' | 'UPDATING' | 'DELETING';
  readonly fromMs: number;
  readonly untilMs: number;
}

/** What is written down about a stream. */
export interface StreamRow {
  readonly name: string;
  /** Names the folder; a stream created again under the same name has another one. */
  readonly id: string;
  readonly mode: StreamMode;
  readonly createdMs: number;
  retentionHours: number;
  nextShardIndex: number;
  shards: ShardRow[];
  consumers: Consumer[];
  /** A state that passes by itself. */
  passing?: Passing;
}

export interface ShardSettings {
  readonly streamsDir: string;
  readonly log: LogOptions;
  onTorn(tail: TornTail): void;
}

export const shardIdOf = (index: number): string => `shardId-${String(index).padStart(12, '0')}`;

/** A shard with its log, which is opened at first use. */
export class Shard {
  readonly id: string;
  readonly range: HashRange;
  readonly sequence: SequenceBase;
  #log: ShardLog | undefined;
  #rates: ShardRates | undefined;

  constructor(
    readonly row: ShardRow,
    private readonly dir: string,
    private readonly settings: ShardSettings,
  ) {
    this.id = shardIdOf(row.index);
    this.range = { start: BigInt(row.hashStart), end: BigInt(row.hashEnd) };
    this.sequence = { second: row.sequenceSecond, shardIndex: row.index };
  }

  get log(): ShardLog {
    this.#log ??= ShardLog.open(this.dir, this.settings.log, (tail) => this.settings.onTorn(tail));
    return this.#log;
  }

  get open(): boolean {
    return this.row.closed === undefined;
  }

  rates(nowMs: number): ShardRates {
    this.#rates ??= new ShardRates(nowMs);
    return this.#rates;
  }

  /** True where `read` brought the last records that a closed shard will ever hold. */
  endsWith(read: ReadResult): boolean {
    return !this.open && read.nextArrivedMs === undefined;
  }

  async close(): Promise<void> {
    await this.#log?.close();
    this.#log = undefined;
  }
}

/** A stream with its shards, oldest first. Shard ids are never given twice. */
export class Stream {
  readonly dir: string;
  #shards: Shard[];
  #open: Shard[] = [];

  constructor(
    readonly row: StreamRow,
    private readonly settings: ShardSettings,
  ) {
    this.dir = join(settings.streamsDir, row.id);
    this.#shards = row.shards.map((shard) => this.#shardOf(shard));
    this.#sortOpen();
  }

  get name(): string {
    return this.row.name;
  }

  get shards(): readonly Shard[] {
    return this.#shards;
  }

  /** By their hash ranges, ascending: together they cover the hash space. */
  get openShards(): readonly Shard[] {
    return this.#open;
  }

  status(nowMs: number): StreamStatus {
    return this.#isPassing(nowMs)?.status ?? 'ACTIVE';
  }

  /** True for a deleted stream whose name is free again. */
  gone(nowMs: number): boolean {
    return this.row.passing?.status === 'DELETING' && this.#isPassing(nowMs) === undefined;
  }

  shard(id: string): Shard | undefined {
    return this.#shards.find((shard) => shard.id === id);
  }

  shardForHash(hash: bigint): Shard {
    let low = 0;
    let high = this.#open.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (hash <= (this.#open[middle]?.range.end ?? 0n)) high = middle;
      else low = middle + 1;
    }
    const shard = this.#open[low];
    if (shard === undefined) throw new Error(`stream ${this.name} has no open shard`);
    return shard;
  }

  childrenOf(shard: Shard): Shard[] {
    const { index } = shard.row;
    return this.#shards.filter(({ row }) => row.parent === index || row.adjacentParent === index);
  }

  /** Closes the parents and opens their children. */
  replaceShards(parents: readonly Shard[], children: readonly ShardRow[], nowMs: number): Shard[] {
    for (const parent of parents) {
      parent.row.closed = { atMs: nowMs, counter: nextCounter(parent.log.lastCounter, nowMs) };
    }
    const added = children.map((row) => this.#shardOf(row));
    this.row.shards.push(...children);
    this.row.nextShardIndex += children.length;
    this.#shards.push(...added);
    this.#sortOpen();
    return added;
  }

  /** Forgets closed shards that ended before `cutoffMs`: all their records are past retention. */
  async expireShards(cutoffMs: number): Promise<Shard[]> {
    const expired = this.#shards.filter(({ row }) => row.closed !== undefined && row.closed.atMs < cutoffMs);
    if (expired.length === 0) return [];
    this.#shards = this.#shards.filter((shard) => !expired.includes(shard));
    this.row.shards = this.#shards.map(({ row }) => row);
    for (const shard of expired) await shard.close();
    return expired;
  }

  folderOf(shard: Shard): string {
    return join(this.dir, shard.id);
  }

  async close(): Promise<void> {
    for (const shard of this.#shards) await shard.close();
  }

  /** Both ends are looked at: a clock that stepped back must not hold a stream in a state for hours. */
  #isPassing(nowMs: number): Passing | undefined {
    const { passing } = this.row;
    return passing && nowMs >= passing.fromMs && nowMs < passing.untilMs ? passing : undefined;
  }

  #shardOf(row: ShardRow): Shard {
    return new Shard(row, join(this.dir, shardIdOf(row.index)), this.settings);
  }

  #sortOpen(): void {
    this.#open = this.#shards
      .filter((shard) => shard.open)
      .sort((a, b) => (a.range.start < b.range.start ? -1 : a.range.start > b.range.start ? 1 : 0));
  }
}
