import { comparePositions } from '@supernoba/protocol';
import { ArchiveError } from './error.js';
import { archivePrefix, keyBefore, rangeOf, type SegmentRange } from './segment-key.js';
import { decodeSegment, type Segment } from './segment.js';

/** Where segments lie: one bucket. */
export interface ArchiveStore {
  /** Keys that begin with `prefix` and come after `after`, ascending, a page of them; empty where there are no more. */
  list(prefix: string, after?: string): Promise<readonly string[]>;
  get(key: string): Promise<Uint8Array | undefined>;
}

/**
 * The archived records of a shard in their order, each once, a segment at a time. Segments may overlap, since an owner
 * goes on from the published checkpoint and not from the end of the archive.
 *
 * @param from first record wanted; everything unless told. The first segment may begin before it and holds it, if the
 *   archive has it: whoever must not miss a record looks whether the first one is the one asked for.
 * @throws ArchiveError `ARCHIVE_HOLE` where records are missing in between, `BAD_SEGMENT`; what the store throws
 */
export async function* readArchive(
  store: ArchiveStore,
  shardId: string,
  from?: string,
): AsyncGenerator<Segment, undefined> {
  let position: string | undefined;
  for (const { key } of await listSegments(store, shardId, from)) {
    const bytes = await store.get(key);
    if (bytes === undefined) throw new ArchiveError('ARCHIVE_HOLE', `${key} is gone`);
    const segment = decodeSegment(bytes, key);
    if (segment.shard !== shardId) throw new ArchiveError('BAD_SEGMENT', `${key} is one of ${segment.shard}`);
    if (position !== undefined && comparePositions(segment.after, position) > 0) {
      throw new ArchiveError('ARCHIVE_HOLE', `${shardId}: nothing holds what comes after ${position}, before ${key}`);
    }
    const after = position ?? segment.after;
    const records = segment.records.filter(
      ({ sequenceNumber }) =>
        comparePositions(sequenceNumber, after) > 0 &&
        (from === undefined || comparePositions(sequenceNumber, from) >= 0),
    );
    const last = segment.records[segment.records.length - 1]!.sequenceNumber;
    if (comparePositions(last, after) > 0) position = last;
    if (records.length > 0) yield { shard: shardId, after, records };
  }
}

/** Ordered by their first record: then everything before a segment's first record was in those before it. */
async function listSegments(store: ArchiveStore, shardId: string, from: string | undefined) {
  const prefix = archivePrefix(shardId);
  const segments: (SegmentRange & { key: string })[] = [];
  let after = from === undefined ? undefined : keyBefore(shardId, from);
  for (;;) {
    const keys = await store.list(prefix, after);
    for (const key of keys) {
      const range = rangeOf(key);
      if (range !== undefined) segments.push({ key, ...range });
    }
    after = keys[keys.length - 1];
    if (after === undefined) break;
  }
  return segments.sort((a, b) => comparePositions(a.first, b.first) || comparePositions(a.last, b.last));
}
