/** A sequence number of a shard; '' stands before the first. */
export type Position = string;

/** Order of two sequence numbers of one shard: as the decimal integers they are, without making any. */
export function comparePositions(a: Position, b: Position): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}
