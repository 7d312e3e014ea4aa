import { indexOfSequence, sequenceNumber, type ShardJournal } from './journal.js';

/** Records that are not served yet look this old to the reader, ms. */
const BEHIND_MS = 1_000;

/** The orders stream as the engine reads it: nothing until it is opened, then every record there is. */
export class OrdersStream {
  readonly #shards: Map<string, ServedShard>;
  #isOpen = false;

  constructor(journals: readonly ShardJournal[]) {
    this.#shards = new Map(journals.map((journal) => [journal.shard.shardId, { journal, served: 0 }]));
  }

  open(): void {
    this.#isOpen = true;
  }

  close(): void {
    this.#isOpen = false;
  }

  /** Records handed out, by shard. */
  served(): Record<string, number> {
    return Object.fromEntries([...this.#shards].map(([shardId, { served }]) => [shardId, served]));
  }

  describeShards() {
    return [...this.#shards.values()].map(({ journal: { shard } }) => ({
      ShardId: shard.shardId,
      HashKeyRange: { StartingHashKey: shard.startingHashKey, EndingHashKey: shard.endingHashKey },
      SequenceNumberRange: { StartingSequenceNumber: sequenceNumber(0) },
    }));
  }

  iterator(shardId: string, type: string, sequence: string | undefined): string {
    const start =
      type === 'TRIM_HORIZON' ? 0 : indexOfSequence(sequence ?? '') + (type === 'AFTER_SEQUENCE_NUMBER' ? 1 : 0);
    return `${shardId}:${start}`;
  }

  /** The answer of GetRecords, as JSON. */
  page(iterator: string, limit: number): string {
    const [shardId = '', start = ''] = iterator.split(':');
    const shard = this.#shards.get(shardId);
    const first = Number(start);
    if (shard === undefined || !Number.isInteger(first)) throw new Error(`no iterator of ours: ${iterator}`);
    const end = this.#isOpen ? Math.min(first + limit, shard.journal.length) : Math.max(first, shard.served);
    const count = Math.min(end - first, limit);
    const page = count === 0 ? '' : this.#prepared(shard, first, count);
    shard.served = Math.max(shard.served, first + count);
    if (this.#isOpen) setImmediate(() => this.#prepared(shard, first + count, limit));
    const behind = this.#isOpen && shard.served < shard.journal.length ? BEHIND_MS : 0;
    return `{"Records":[${page}],"NextShardIterator":"${shardId}:${first + count}","MillisBehindLatest":${behind}}`;
  }

  /** The page that is asked for next is made while the engine works on the one before it. */
  #prepared(shard: ServedShard, first: number, count: number): string {
    const { next } = shard;
    if (next?.first === first && next.count === count) return next.json;
    const json = recordsJson(shard.journal, first, Math.min(first + count, shard.journal.length));
    shard.next = { first, count, json };
    return json;
  }
}

interface ServedShard {
  journal: ShardJournal;
  served: number;
  next?: { first: number; count: number; json: string };
}

function recordsJson(journal: ShardJournal, from: number, to: number): string {
  const records: string[] = [];
  for (let index = from; index < to; index += 1) {
    const { sequenceNumber: sequence, arrivalMs, partitionKey, json } = journal.record(index);
    const data = Buffer.from(json).toString('base64');
    const arrival = `${Math.floor(arrivalMs / 1000)}.${String(arrivalMs % 1000).padStart(3, '0')}`;
    records.push(
      `{"ApproximateArrivalTimestamp":${arrival},"Data":"${data}","PartitionKey":"${partitionKey}","SequenceNumber":"${sequence}"}`,
    );
  }
  return records.join(',');
}
