import type { SnapshotObject } from '@supernoba/protocol';
import { createHash } from 'node:crypto';
import { retry, type BackoffPorts, type Lifetime } from '../backoff.js';
import { EngineError } from '../errors.js';
import type { BatchOutput } from '../matching/output.js';
import type { ShardMatcher } from '../matching/shard-matcher.js';
import { SnapshotNeeded } from '../matching/restores.js';
import type { JournalRecord, ObjectStore } from '../ports.js';
import { decodeSnapshot } from './symbol-snapshot.js';

/** Fetches the snapshots that RESTORE records name: matching itself asks nobody. */
export class RestoreSource {
  constructor(
    private readonly objects: ObjectStore,
    private readonly ports: BackoffPorts,
    private readonly life: Lifetime,
  ) {}

  /**
   * Applies a record that the matcher could not apply for want of a snapshot; what else it failed for is thrown on.
   *
   * @throws EngineError `BAD_SNAPSHOT` where an object is gone or is another: without it the journal cannot be followed
   */
  async apply(
    matcher: ShardMatcher,
    record: JournalRecord,
    out: BatchOutput | undefined,
    failure: unknown,
  ): Promise<void> {
    for (let error = failure; ;) {
      if (!(error instanceof SnapshotNeeded)) throw error;
      matcher.supply(error.object, bookIn(await this.#fetch(error.object)));
      try {
        return matcher.apply(record, out);
      } catch (next) {
        // A record may hold several: each is asked for in its turn.
        error = next;
      }
    }
  }

  async #fetch({ key, sha256 }: SnapshotObject): Promise<Uint8Array> {
    const bytes = await retry(() => this.objects.get(key), this.ports, this.life, { label: 'restore' });
    if (bytes === undefined) throw new EngineError('BAD_SNAPSHOT', `the journal restores from ${key}, which is gone`);
    if (createHash('sha256').update(bytes).digest('hex') !== sha256) {
      throw new EngineError('BAD_SNAPSHOT', `the journal restores from ${key}, which is not what it was then`);
    }
    return bytes;
  }
}

/** The book's own bytes; undefined for what is no snapshot: the same bytes say the same in every replay. */
function bookIn(bytes: Uint8Array): Uint8Array | undefined {
  try {
    return decodeSnapshot(bytes).book;
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return undefined;
  }
}
