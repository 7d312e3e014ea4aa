import { createHash } from 'node:crypto';

/** Both ends belong to the range. */
export interface HashRange {
  readonly start: bigint;
  readonly end: bigint;
}

const HASH_SPACE = 1n << 128n;
export const MAX_HASH = HASH_SPACE - 1n;

/** The 128-bit MD5 of the partition key, which decides its shard. */
export const hashOfKey = (partitionKey: string): bigint =>
  BigInt(`0x${createHash('md5').update(partitionKey, 'utf8').digest('hex')}`);

/** The whole hash space in `count` ranges of equal size, the last one taking what is left over. */
export function uniformRanges(count: number): HashRange[] {
  const size = HASH_SPACE / BigInt(count);
  return Array.from({ length: count }, (_, index) => ({
    start: size * BigInt(index),
    end: index === count - 1 ? MAX_HASH : size * BigInt(index + 1) - 1n,
  }));
}
