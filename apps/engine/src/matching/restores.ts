import type { DecodedRecord, SnapshotObject } from '@supernoba/protocol';

/**
 * A record restores a book from an object that the matcher has not been given. Nothing of the record was applied: supply
 * the object, then apply it again.
 */
export class SnapshotNeeded extends Error {
  constructor(readonly object: SnapshotObject) {
    super(`a RESTORE names ${object.key}: to be supplied before it is applied`);
    this.name = 'SnapshotNeeded';
  }
}

/** The first object that a RESTORE among the elements names and that was not supplied. Every record passes here: it allocates nothing. */
export function firstMissing(
  elements: DecodedRecord,
  supplied: ReadonlyMap<string, unknown>,
): SnapshotObject | undefined {
  for (const element of elements) {
    if (!element.ok || element.entry.action !== 'SYMBOL') continue;
    const { snapshot } = element.entry;
    if (snapshot !== undefined && !supplied.has(snapshot.sha256)) return snapshot;
  }
  return undefined;
}
