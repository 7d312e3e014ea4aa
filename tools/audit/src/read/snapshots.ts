import { createHash } from 'node:crypto';
import type { HeldRow, HeldSnapshot } from '../held.js';
import type { Bucket } from './bucket.js';

/** What is read of a bucket. */
type Objects = Pick<Bucket, 'listAll' | 'get'>;

/** A symbol that a child shard has not moved yet is carried over from its parent: its place is the one in the name. */
const PLACE = /\/(\d+)-[0-9a-f]{16}\.snap$/;

interface Manifest {
  shard: string;
  symbols: Readonly<Record<string, { position: string; key: string; sha256: string }>>;
}

/** Every snapshot that a manifest names: those that the leases name, and those that lie beside them. */
export async function readSnapshots(bucket: Objects, leases: ReadonlyMap<string, HeldRow>): Promise<HeldSnapshot[]> {
  const snapshots: HeldSnapshot[] = [];
  const hashes = new Map<string, string | undefined>();
  for (const [shardId, row] of leases) {
    const current = row['manifest'];
    const keys = new Set(await bucket.listAll(`snapshots/shard=${shardId}/manifests/`));
    if (typeof current === 'string') keys.add(current);
    const named = await Promise.all([...keys].map((key) => namedBy(bucket, key, hashes)));
    // A manifest that no lease came to name may outlive its snapshots; and what an ended shard left behind goes once all
    // its children have manifests of their own.
    const needed = row['checkpoint'] === 'SHARD_END' ? undefined : current;
    snapshots.push(
      ...named.flat().filter(({ manifest, actualSha256 }) => manifest === needed || actualSha256 !== undefined),
    );
  }
  return snapshots;
}

async function namedBy(bucket: Objects, key: string, hashes: Map<string, string | undefined>): Promise<HeldSnapshot[]> {
  const bytes = await bucket.get(key);
  // Superseded and deleted while this was reading.
  if (bytes === undefined) return [];
  const manifest = JSON.parse(Buffer.from(bytes).toString('utf8')) as Manifest;
  const named: HeldSnapshot[] = [];
  for (const [symbol, { position: inShard, key: object, sha256 }] of Object.entries(manifest.symbols)) {
    const position = inShard === '' ? (PLACE.exec(object)?.[1] ?? '') : inShard;
    if (!hashes.has(object)) hashes.set(object, hashOf(await bucket.get(object)));
    named.push({ manifest: key, shard: manifest.shard, symbol, position, sha256, actualSha256: hashes.get(object) });
  }
  if (named.some(({ actualSha256 }) => actualSha256 === undefined) && (await bucket.get(key)) === undefined) return [];
  return named;
}

function hashOf(bytes: Uint8Array | undefined): string | undefined {
  return bytes && createHash('sha256').update(bytes).digest('hex');
}
