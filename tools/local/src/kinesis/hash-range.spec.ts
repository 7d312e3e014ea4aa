import fc from 'fast-check';
import { hashOfKey, MAX_HASH, uniformRanges } from './hash-range.js';

test('uniform ranges cover the hash space without gap or overlap, none longer than another by more than the rest', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100 }), (count) => {
      const ranges = uniformRanges(count);
      expect(ranges).toHaveLength(count);
      expect(ranges[0]?.start).toBe(0n);
      expect(ranges.at(-1)?.end).toBe(MAX_HASH);
      expect(ranges.slice(1).map(({ start }) => start)).toEqual(ranges.slice(0, -1).map(({ end }) => end + 1n));
      const sizes = ranges.map(({ start, end }) => end - start);
      expect(sizes.every((size) => size >= (sizes[0] ?? 0n) && size - (sizes[0] ?? 0n) < BigInt(count))).toBe(true);
    }),
  );
});

test('a key hashes to its MD5 as an unsigned number', () => {
  // MD5("") and MD5("a") as RFC 1321 lists them.
  expect(hashOfKey('')).toBe(0xd41d8cd98f00b204e9800998ecf8427en);
  expect(hashOfKey('a')).toBe(0x0cc175b9c0f1b6a831c399e269772661n);
});
