import { EngineError } from '../errors.js';
import { RULES_VERSION } from '../matching/books.js';
import type { Position } from '../matching/positions.js';

/** One symbol's snapshot in the object store. */
export interface SnapshotRef {
  /** Last journal record that it holds. */
  position: Position;
  key: string;
  sha256: string;
}

/** What a shard starts from: an immutable object. */
export interface Manifest {
  shard: string;
  /** Every record up to here is in the snapshots. */
  position: Position;
  rules: number;
  symbols: Record<string, SnapshotRef>;
}

/** @throws EngineError `BAD_SNAPSHOT`, `RULES_UNKNOWN` */
export function decodeManifest(bytes: Uint8Array, shard: string): Manifest {
  const manifest = JSON.parse(Buffer.from(bytes).toString('utf8')) as Manifest;
  if (manifest.shard !== shard || typeof manifest.position !== 'string' || typeof manifest.symbols !== 'object') {
    throw new EngineError('BAD_SNAPSHOT', `the manifest is not one of ${shard}`);
  }
  if (manifest.rules !== RULES_VERSION) {
    throw new EngineError(
      'RULES_UNKNOWN',
      `the manifest is of rules ${manifest.rules}, this build has ${RULES_VERSION}`,
    );
  }
  return manifest;
}

/** The same manifest always gives the same bytes. */
export function encodeManifest({ shard, position, rules, symbols }: Manifest): Uint8Array {
  const sorted = Object.fromEntries(Object.entries(symbols).sort(([a], [b]) => (a < b ? -1 : 1)));
  return Buffer.from(JSON.stringify({ shard, position, rules, symbols: sorted }));
}
