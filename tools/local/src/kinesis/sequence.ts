/**
 * Sequence numbers have the shape of the real ones: 56 digits that begin with 49 (until 2055), growing within a shard as
 * BigInt.
 * Bits from the top: 2 (so that the decimal form always has that shape), 36 for the shard's creation second, 64 for the
 * record's counter, 32 for the shard's index, 52 zeros.
 */
const TOP = 2n << 184n;
const SECOND_SHIFT = 148n;
const COUNTER_SHIFT = 84n;
const SHARD_SHIFT = 52n;
const ZERO_BITS = (1n << SHARD_SHIFT) - 1n;
const COUNTER_MASK = (1n << 64n) - 1n;
const SHARD_MASK = (1n << 32n) - 1n;

/** What every sequence number of one shard carries. */
export interface SequenceBase {
  /** Epoch seconds; a child's is later than its parents', so its numbers are greater than theirs. */
  readonly second: number;
  readonly shardIndex: number;
}

/** @param counter 0 is the shard's own starting number; records count from the arrival time, see {@link nextCounter} */
export function formatSequence(base: SequenceBase, counter: number): string {
  const prefix = TOP | (BigInt(base.second) << SECOND_SHIFT) | (BigInt(base.shardIndex) << SHARD_SHIFT);
  return (prefix | (BigInt(counter) << COUNTER_SHIFT)).toString();
}

/** @returns undefined where the text is no sequence number of this server */
export function parseSequence(text: string): (SequenceBase & { readonly counter: number }) | undefined {
  if (!/^[1-9]\d{55}$/.test(text)) return undefined;
  const value = BigInt(text);
  if (value >> 184n !== 2n || (value & ZERO_BITS) !== 0n) return undefined;
  const counter = Number((value >> COUNTER_SHIFT) & COUNTER_MASK);
  if (!Number.isSafeInteger(counter)) return undefined;
  return {
    second: Number((value >> SECOND_SHIFT) & ((1n << 36n) - 1n)),
    shardIndex: Number((value >> SHARD_SHIFT) & SHARD_MASK),
    counter,
  };
}

/**
 * The counter of the next record. It follows the clock (1,024 steps a millisecond), so that a number is never given
 * twice even where the end of a log was lost; a clock that steps back leaves it growing by one.
 */
export const nextCounter = (last: number, nowMs: number): number => Math.max(last + 1, nowMs * 1024);
