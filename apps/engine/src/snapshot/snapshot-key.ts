import type { Position } from '../matching/positions.js';

/** Everything that the owners of a shard wrote. */
export function shardPrefix(shardId: string): string {
  return `snapshots/shard=${shardId}/`;
}

/** Names that the content decides, so that a repeat writes the same object. */
export function snapshotKey(shardId: string, symbol: string, position: Position, sha256: string): string {
  return `${shardPrefix(shardId)}symbol=${symbol}/${position}-${sha256.slice(0, 16)}.snap`;
}

export function manifestKey(shardId: string, position: Position, sha256: string): string {
  return `${shardPrefix(shardId)}manifests/${position}-${sha256.slice(0, 16)}.json`;
}

/** Position in the name of a snapshot or manifest; undefined for any other object. */
export function placeOf(key: string): Position | undefined {
  return /\/(\d*)-[0-9a-f]{16}\.(snap|json)$/.exec(key)?.[1];
}
