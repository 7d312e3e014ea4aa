import { uniformRanges, type HashRange } from './hash-range.js';
import type { Shard, ShardRow, Stream } from './stream.js';

/** The children of a split: below `at`, and from `at` on. */
export function splitShard(stream: Stream, shard: Shard, at: bigint, nowMs: number): Shard[] {
  const lower = childRow(stream, 0, [shard], { start: shard.range.start, end: at - 1n }, nowMs);
  const upper = childRow(stream, 1, [shard], { start: at, end: shard.range.end }, nowMs);
  return stream.replaceShards([shard], [lower, upper], nowMs);
}

/** The child of two neighbours, in either order. */
export function mergeShards(stream: Stream, shard: Shard, adjacent: Shard, nowMs: number): Shard[] {
  const [lower, upper] = shard.range.start < adjacent.range.start ? [shard, adjacent] : [adjacent, shard];
  const range = { start: lower.range.start, end: upper.range.end };
  return stream.replaceShards([shard, adjacent], [childRow(stream, 0, [shard, adjacent], range, nowMs)], nowMs);
}

/**
 * Uniform scaling by splits and merges alone, so that no shard has more than two parents: first every border that the
 * target needs is cut, then every border that it lacks is closed. Shards in between are born closed, as with the real one.
 */
export function scaleUniformly(stream: Stream, targetCount: number, nowMs: number): void {
  const borders = new Set(uniformRanges(targetCount).map((range) => range.start));
  for (const border of borders) {
    const shard = stream.shardForHash(border);
    if (shard.range.start !== border) splitShard(stream, shard, border, nowMs);
  }
  for (;;) {
    const open = stream.openShards;
    const index = open.findIndex((shard) => !borders.has(shard.range.start));
    const lower = open[index - 1];
    const upper = open[index];
    if (lower === undefined || upper === undefined) return;
    mergeShards(stream, lower, upper, nowMs);
  }
}

function childRow(
  stream: Stream,
  offset: number,
  parents: readonly Shard[],
  range: HashRange,
  nowMs: number,
): ShardRow {
  const [parent, adjacent] = parents;
  return {
    index: stream.row.nextShardIndex + offset,
    ...(parent && { parent: parent.row.index }),
    ...(adjacent && { adjacentParent: adjacent.row.index }),
    hashStart: range.start.toString(),
    hashEnd: range.end.toString(),
    createdMs: nowMs,
    sequenceSecond: Math.max(Math.floor(nowMs / 1000), ...parents.map(({ row }) => row.sequenceSecond + 1)),
  };
}
