import fc from 'fast-check';
import { formatSequence, nextCounter, parseSequence } from './sequence.js';

/** From 2055 on the numbers would begin with 50. */
const END_OF_2054 = Date.UTC(2055, 0, 1) / 1000;
const bases = fc.record({
  second: fc.integer({ min: 1, max: END_OF_2054 }),
  shardIndex: fc.integer({ min: 0, max: 2 ** 31 }),
});
const counters = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });

test('a sequence number has 56 digits that begin with 49, and says what went into it', () => {
  fc.assert(
    fc.property(bases, counters, (base, counter) => {
      const text = formatSequence(base, counter);
      expect(text).toMatch(/^49\d{54}$/);
      expect(parseSequence(text)).toEqual({ ...base, counter });
    }),
  );
});

test('sequence numbers of a shard are ordered as their counters, and a younger shard’s are greater', () => {
  fc.assert(
    fc.property(bases, counters, counters, (base, a, b) => {
      const [x, y] = [BigInt(formatSequence(base, a)), BigInt(formatSequence(base, b))];
      expect(x < y).toBe(a < b);
      const child = { second: base.second + 1, shardIndex: 0 };
      expect(BigInt(formatSequence(child, a)) > y).toBe(true);
    }),
  );
});

test.each(['', '0', '49', '4'.repeat(56), '9'.repeat(56), `-${'4'.repeat(55)}`, 'x'.repeat(56)])(
  '%j is no sequence number',
  (text) => expect(parseSequence(text)).toBeUndefined(),
);

test('counters follow the clock, and go on growing when it steps back', () => {
  expect(nextCounter(0, 1_700_000_000_000)).toBe(1_700_000_000_000 * 1024);
  expect(nextCounter(1_700_000_000_000 * 1024, 1_700_000_000_000)).toBe(1_700_000_000_000 * 1024 + 1);
  expect(nextCounter(1_700_000_000_000 * 1024, 5)).toBe(1_700_000_000_000 * 1024 + 1);
});
