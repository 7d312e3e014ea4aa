/** A sequence number of a shard, decimal; '' stands before the first. Compared only within a shard. */
export type Position = string;

/** Order of two sequence numbers of one shard: as the decimal integers they are, without making any. */
export function comparePositions(a: Position, b: Position): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}
