import { createHash } from 'node:crypto';
import type { Shard } from '../ports.js';

/** Whether Kinesis puts records of a partition key (a symbol) on a shard: MD5 of the key, as a 128-bit number. */
export function takesKey(shard: Shard, partitionKey: string): boolean {
  const hash = BigInt(`0x${createHash('md5').update(partitionKey).digest('hex')}`);
  return BigInt(shard.startingHashKey) <= hash && hash <= BigInt(shard.endingHashKey);
}
