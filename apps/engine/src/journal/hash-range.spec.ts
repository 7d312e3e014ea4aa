import type { Shard } from '../ports.js';
import { takesKey } from './hash-range.js';

const shard = (startingHashKey: bigint, endingHashKey: bigint): Shard => ({
  shardId: 's0',
  parents: [],
  startingHashKey: String(startingHashKey),
  endingHashKey: String(endingHashKey),
});

test('a symbol is on the shard whose range holds the MD5 of its name, both ends included', () => {
  const hash = 0x033bd94b1168d7e4f0d644c3c95e35bfn; // md5 of TEST
  expect(takesKey(shard(hash, hash), 'TEST')).toBe(true);
  expect(takesKey(shard(0n, hash - 1n), 'TEST')).toBe(false);
  expect(takesKey(shard(hash + 1n, (1n << 128n) - 1n), 'TEST')).toBe(false);
  expect(takesKey(shard(0n, (1n << 128n) - 1n), 'ANY')).toBe(true);
});
