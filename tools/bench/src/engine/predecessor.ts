import { orderBooks, RULES_VERSION, ShardMatcher } from '@supernoba/engine/matching';
import { encodeSnapshot } from '@supernoba/engine/snapshot';
import { createHash } from 'node:crypto';
import type { Bucket } from './bucket.js';
import { sequenceNumber, type ShardJournal } from './journal.js';
import type { Tables } from './tables.js';

/**
 * Leaves what an engine leaves that took its only snapshot after the first record of a shard, published everything up to
 * the last one, and is gone.
 */
export function leaveShard(journal: ShardJournal, bucket: Bucket, tables: Tables): void {
  const { shardId } = journal.shard;
  const { json, ...first } = journal.record(0);
  const matcher = new ShardMatcher(orderBooks);
  matcher.apply({ ...first, data: Buffer.from(json) }, undefined);
  const position = first.sequenceNumber;
  const prefix = `snapshots/shard=${shardId}/`;
  const symbols: Record<string, { position: string; key: string; sha256: string }> = {};
  for (const machine of matcher.machines.values()) {
    const bytes = Buffer.from(encodeSnapshot(machine));
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const key = `${prefix}symbol=${machine.symbol}/${position}-${sha256.slice(0, 16)}.snap`;
    bucket.put(key, bytes);
    symbols[machine.symbol] = { position, key, sha256 };
  }
  const manifest = Buffer.from(JSON.stringify({ shard: shardId, position, rules: RULES_VERSION, symbols }));
  const sha256 = createHash('sha256').update(manifest).digest('hex');
  const key = `${prefix}manifests/${position}-${sha256.slice(0, 16)}.json`;
  bucket.put(key, manifest);
  tables.leave(shardId, { checkpoint: sequenceNumber(journal.length - 1), manifest: key });
}
