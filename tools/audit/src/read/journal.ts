import { readArchive, type ArchivedRecord } from '@supernoba/journal-archive';
import type { HeldRow, HeldShard } from '../held.js';
import type { AuditSettings } from '../settings.js';
import type { Bucket } from './bucket.js';
import type { StoreClients } from './clients.js';
import { listShards, readShard } from './stream.js';

/** Stands after every record: a shard at its end has published all of them. */
const EVERYTHING = '9'.repeat(200);
const ARCHIVED_SHARD = /^journal\/shard=([^/]+)\//;

type ShardShape = Pick<HeldShard, 'shardId' | 'parents' | 'startingHashKey' | 'endingHashKey'>;

/** Archive and stream of every shard. `leases` were read before any other store. */
export async function readJournal(
  { kinesis }: Pick<StoreClients, 'kinesis'>,
  bucket: Bucket,
  settings: Pick<AuditSettings, 'KINESIS_ORDERS_STREAM'>,
  leases: ReadonlyMap<string, HeldRow>,
  signal: AbortSignal,
): Promise<HeldShard[]> {
  const stream = settings.KINESIS_ORDERS_STREAM;
  const streamed = new Map<string, ShardShape>();
  for (const shard of await listShards(kinesis, stream)) {
    streamed.set(shard.ShardId!, {
      shardId: shard.ShardId!,
      parents: [shard.ParentShardId, shard.AdjacentParentShardId].filter((id) => id !== undefined),
      startingHashKey: shard.HashKeyRange!.StartingHashKey!,
      endingHashKey: shard.HashKeyRange!.EndingHashKey!,
    });
  }
  const known = new Map([...streamed]);
  for (const [shardId, row] of leases) if (!known.has(shardId)) known.set(shardId, shapeOf(shardId, row));
  for (const shardId of await archivedShards(bucket)) {
    if (!known.has(shardId)) {
      throw new Error(
        `the archive has the shard ${shardId}, which neither the stream nor the lease table knows any more`,
      );
    }
  }
  return Promise.all(
    [...known.values()].map(async (shape) => {
      const [archive, records] = await Promise.all([
        archivedRecords(bucket, shape.shardId, signal),
        streamed.has(shape.shardId) ? readShard(kinesis, stream, shape.shardId, signal) : [],
      ]);
      // A parent that is forgotten everywhere has left its symbols to its children's snapshots alone.
      const parents = shape.parents.filter((parent) => known.has(parent));
      return { ...shape, parents, archive, stream: records, publishedTo: publishedTo(leases.get(shape.shardId)) };
    }),
  );
}

async function archivedRecords(bucket: Bucket, shardId: string, signal: AbortSignal): Promise<ArchivedRecord[]> {
  const all: ArchivedRecord[] = [];
  for await (const { records } of readArchive(bucket, shardId)) {
    signal.throwIfAborted();
    for (const record of records) all.push(record);
  }
  return all;
}

/** Ids of the shards with segments: one listing a shard. */
async function archivedShards(bucket: Bucket): Promise<string[]> {
  const found: string[] = [];
  for (let after = 'journal/'; ;) {
    const [key] = await bucket.list('journal/', after);
    if (key === undefined) return found;
    const shardId = ARCHIVED_SHARD.exec(key)?.[1];
    if (shardId !== undefined) found.push(shardId);
    // `~` comes after every digit that a segment's name begins with.
    after = shardId === undefined ? key : `journal/shard=${shardId}/~`;
  }
}

function publishedTo(lease: HeldRow | undefined): string {
  const checkpoint = lease?.['checkpoint'];
  if (checkpoint === 'SHARD_END') return EVERYTHING;
  return typeof checkpoint === 'string' && checkpoint !== 'TRIM_HORIZON' ? checkpoint : '';
}

function shapeOf(shardId: string, row: HeldRow): ShardShape {
  const parents = row['parentShardId'];
  return {
    shardId,
    parents: parents instanceof Set ? [...(parents as Set<string>)] : [],
    startingHashKey: String(row['startingHashKey']),
    endingHashKey: String(row['endingHashKey']),
  };
}
