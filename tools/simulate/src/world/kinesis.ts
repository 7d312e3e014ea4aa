import { PortError, type JournalPage, type JournalRecord, type Shard, type StartAt } from '@supernoba/engine/ports';
import type { StreamRecord } from '@supernoba/engine/ports';
import { createHash } from 'node:crypto';
import type { Random } from '../random.js';

const MAX_HASH = (1n << 128n) - 1n;
const ITERATOR_MS = 300_000;

/** A record with what only the simulator knows. */
interface StoredRecord extends JournalRecord {
  /** Name of the process that put it, and when, virtual ms. */
  writer: string;
  storedAt: number;
}

export interface VirtualShard {
  shardId: string;
  parents: string[];
  start: bigint;
  end: bigint;
  /** All that was ever stored: the audit reads it whole. */
  records: StoredRecord[];
  /** Records before this place have been trimmed. */
  trimmed: number;
  closed: boolean;
}

interface Iterator {
  shard: VirtualShard;
  /** Place in the shard's records. */
  next: number;
  issuedAt: number;
}

/** Kinesis in memory: the streams, their shards and iterators. Calls take effect at once; the network adds the rest. */
export class VirtualKinesis {
  readonly #streams = new Map<string, VirtualShard[]>();
  readonly #iterators = new Map<string, Iterator>();
  #sequence: bigint;
  #tokens = 0;
  #delayedFrom = 0;
  #delayedUntil = 0;
  /** So many records too early begin the iterators of a stream for a while. */
  #early = { stream: '', count: 0, until: 0 };

  constructor(
    /** Epoch ms. */
    private readonly now: () => number,
    private readonly random: Random,
  ) {
    // Real numbers have 56 digits; short ones that gain a digit on the way show who compares them as text.
    this.#sequence = random.chance(0.5) ? 9_000n : 49_590_338_271_490_256_608_559_692_538_361_571_095_921_575_989_136n;
  }

  createStream(name: string, shardCount: number): void {
    const size = (MAX_HASH + 1n) / BigInt(shardCount);
    const shards = Array.from({ length: shardCount }, (_, index) =>
      shardOf(index, [], BigInt(index) * size, index === shardCount - 1 ? MAX_HASH : BigInt(index + 1) * size - 1n),
    );
    this.#streams.set(name, shards);
  }

  shards(stream: string): readonly VirtualShard[] {
    const shards = this.#streams.get(stream);
    if (shards === undefined) throw new PortError('NOT_FOUND', `there is no stream ${stream}`);
    return shards;
  }

  listShards(stream: string): Shard[] {
    return this.shards(stream).map(({ shardId, parents, start, end }) => ({
      shardId,
      parents: [...parents],
      startingHashKey: String(start),
      endingHashKey: String(end),
    }));
  }

  /** Stores one record. */
  put(stream: string, record: StreamRecord, writer: string): void {
    const hash = record.explicitHashKey === undefined ? hashOfKey(record.partitionKey) : BigInt(record.explicitHashKey);
    const shard = this.shards(stream).find(({ closed, start, end }) => !closed && start <= hash && hash <= end);
    if (shard === undefined) throw new Error(`${stream}: no open shard takes ${hash}`);
    const now = this.now();
    shard.records.push({
      sequenceNumber: this.#nextSequence(),
      // Approximate: it may go back between two records.
      arrivalMs: Math.floor(now) - (this.random.chance(0.2) ? this.random.integer(0, 30) : 0),
      partitionKey: record.partitionKey,
      data: Uint8Array.from(record.data),
      writer,
      storedAt: now,
    });
  }

  iterator(stream: string, shardId: string, start: StartAt): string {
    const shard = this.shards(stream).find((one) => one.shardId === shardId);
    if (shard === undefined) throw new PortError('NOT_FOUND', `${stream} has no shard ${shardId}`);
    let next = shard.trimmed;
    if (start.type !== 'TRIM_HORIZON') {
      const place = shard.records.findIndex(({ sequenceNumber }) => sequenceNumber === start.sequenceNumber);
      if (place === -1) throw new PortError('BAD_POSITION', `${shardId} does not know ${start.sequenceNumber}`);
      const first = start.type === 'AT_SEQUENCE_NUMBER' ? place : place + 1;
      const { count, until, stream: again } = this.#early;
      next = Math.max(shard.trimmed, again === stream && this.now() < until ? first - count : first);
    }
    return this.#token(shard, next);
  }

  /** One page; it may be short, or empty though there is more. */
  records(token: string, limit: number): { page: JournalPage; shardId: string } {
    const iterator = this.#iterators.get(token);
    if (iterator === undefined) throw new PortError('EXPIRED_ITERATOR', 'the iterator is not known');
    if (this.now() - iterator.issuedAt > ITERATOR_MS)
      throw new PortError('EXPIRED_ITERATOR', 'the iterator has expired');
    const { shard } = iterator;
    const first = Math.max(iterator.next, shard.trimmed);
    const most = this.random.chance(0.05) ? 0 : this.random.chance(0.1) ? this.random.integer(1, 5) : limit;
    const visible = this.#visible(shard);
    const last = Math.max(first, Math.min(visible, first + most));
    const records = shard.records.slice(first, last);
    const ended = shard.closed && last === shard.records.length;
    // A record that cannot be read yet is not known to be there.
    const newest = last < visible ? shard.records[last] : undefined;
    const page = {
      records,
      next: ended ? undefined : this.#token(shard, last),
      behindMs: newest === undefined ? 0 : Math.max(1, Math.floor(this.now() - newest.storedAt)),
    };
    return { page, shardId: shard.shardId };
  }

  /** For a while nothing newer than now can be read. */
  delay(ms: number): void {
    this.#delayedFrom = this.now();
    this.#delayedUntil = this.now() + ms;
  }

  /** Every reader of the stream gets the last records once more, and so does who begins to read within `ms`. Returns whether there is one. */
  redeliver(stream: string, count: number, ms: number): boolean {
    this.#early = { stream, count, until: this.now() + ms };
    const shards = new Set(this.shards(stream));
    const iterators = [...this.#iterators.values()].filter(
      ({ shard, next }) => shards.has(shard) && next > shard.trimmed,
    );
    for (const iterator of iterators) iterator.next = Math.max(iterator.shard.trimmed, iterator.next - count);
    return iterators.length > 0;
  }

  expireIterators(): boolean {
    const any = this.#iterators.size > 0;
    this.#iterators.clear();
    return any;
  }

  /**
   * Forgets the records of a shard before a checkpoint, as the end of the retention does; all of them where that is the
   * shard's end. Returns how many.
   */
  trim(stream: string, shardId: string, checkpoint: string): number {
    const shard = this.shards(stream).find((one) => one.shardId === shardId);
    if (shard === undefined || checkpoint === 'TRIM_HORIZON') return 0;
    const { records } = shard;
    const place = records.findIndex(({ sequenceNumber }) => sequenceNumber === checkpoint);
    const next = checkpoint === 'SHARD_END' ? records.length : Math.max(place, shard.trimmed);
    const count = next - shard.trimmed;
    shard.trimmed = next;
    for (const [token, iterator] of this.#iterators) {
      if (iterator.shard === shard && iterator.next < next) this.#iterators.delete(token);
    }
    return count;
  }

  /** Splits a shard in the middle of its range. */
  split(stream: string, shard: VirtualShard): VirtualShard[] {
    const middle = (shard.start + shard.end) / 2n;
    return this.#reshard(
      stream,
      [shard],
      [
        [shard.start, middle],
        [middle + 1n, shard.end],
      ],
    );
  }

  /** Merges two shards whose ranges meet. */
  merge(stream: string, left: VirtualShard, right: VirtualShard): VirtualShard[] {
    if (left.end + 1n !== right.start) throw new Error(`${left.shardId} and ${right.shardId} are no neighbours`);
    return this.#reshard(stream, [left, right], [[left.start, right.end]]);
  }

  #visible(shard: VirtualShard): number {
    if (this.now() >= this.#delayedUntil) return shard.records.length;
    const hidden = shard.records.findIndex(({ storedAt }) => storedAt > this.#delayedFrom);
    return hidden === -1 ? shard.records.length : hidden;
  }

  #reshard(stream: string, parents: VirtualShard[], ranges: [bigint, bigint][]): VirtualShard[] {
    const shards = this.#streams.get(stream)!;
    for (const parent of parents) parent.closed = true;
    const children = ranges.map(([start, end], index) =>
      shardOf(
        shards.length + index,
        parents.map(({ shardId }) => shardId),
        start,
        end,
      ),
    );
    shards.push(...children);
    return children;
  }

  #nextSequence(): string {
    this.#sequence += BigInt(this.random.integer(1, 50));
    return String(this.#sequence);
  }

  #token(shard: VirtualShard, next: number): string {
    const token = `iterator-${this.#tokens++}`;
    this.#iterators.set(token, { shard, next, issuedAt: this.now() });
    return token;
  }
}

function hashOfKey(partitionKey: string): bigint {
  return BigInt(`0x${createHash('md5').update(partitionKey).digest('hex')}`);
}

function shardOf(number: number, parents: string[], start: bigint, end: bigint): VirtualShard {
  const shardId = `shardId-${String(number).padStart(12, '0')}`;
  return { shardId, parents, start, end, records: [], trimmed: 0, closed: false };
}
