import { decodeRecord } from '@supernoba/protocol';
import type { HeldShard } from '../held.js';
import type { Bucket } from './bucket.js';

/** The objects that RESTORE records name, by key; one that is gone is left out. */
export async function readRestoreObjects(
  bucket: Bucket,
  shards: readonly HeldShard[],
): Promise<Map<string, Uint8Array>> {
  const objects = new Map<string, Uint8Array>();
  for (const { archive, stream } of shards) {
    for (const { data, partitionKey } of [...archive, ...stream]) {
      // Few records restore anything: the others are not decoded.
      if (!Buffer.from(data.buffer, data.byteOffset, data.byteLength).includes('"RESTORE"')) continue;
      for (const element of decodeRecord(data, partitionKey)) {
        if (!element.ok || element.entry.action !== 'SYMBOL') continue;
        const key = element.entry.snapshot?.key;
        if (key === undefined || objects.has(key)) continue;
        const bytes = await bucket.get(key);
        if (bytes !== undefined) objects.set(key, bytes);
      }
    }
  }
  return objects;
}
