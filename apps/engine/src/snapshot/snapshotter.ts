import { RULES_VERSION } from '../matching/books.js';
import type { ShardMatcher } from '../matching/shard-matcher.js';
import type { WrittenManifest } from '../journal/checkpointer.js';
import type { SnapshotRef } from './manifest.js';
import type { SnapshotStore } from './snapshot-store.js';
import { encodeSnapshot } from './symbol-snapshot.js';

/** Uploads at a time. */
const MAX_UPLOADS = 8;

/** Writes snapshots of the symbols that changed and a manifest over all; one at a time. */
export class Snapshotter {
  readonly #symbols: Map<string, SnapshotRef>;
  #running: Promise<WrittenManifest | undefined> | undefined;

  constructor(
    private readonly shardId: string,
    private readonly matcher: ShardMatcher,
    private readonly store: SnapshotStore,
    restored: Readonly<Record<string, SnapshotRef>>,
    /** Position of the last manifest written; '' without one. */
    private position: string,
  ) {
    this.#symbols = new Map(Object.entries(restored));
  }

  get busy(): boolean {
    return this.#running !== undefined;
  }

  /** Captures the books as they are now. Resolves to undefined where no record came since the last manifest. */
  async take(): Promise<WrittenManifest | undefined> {
    while (this.#running !== undefined) await this.#running;
    this.#running = this.#write();
    try {
      return await this.#running;
    } finally {
      this.#running = undefined;
    }
  }

  async #write(): Promise<WrittenManifest | undefined> {
    const { position } = this.matcher;
    if (position === this.position) return undefined;
    const changed: { symbol: string; position: string; bytes: Uint8Array }[] = [];
    for (const machine of this.matcher.machines.values()) {
      if (!machine.dirty) continue;
      machine.dirty = false;
      changed.push({ symbol: machine.symbol, position: machine.position, bytes: encodeSnapshot(machine) });
    }
    for (let first = 0; first < changed.length; first += MAX_UPLOADS) {
      const uploads = changed.slice(first, first + MAX_UPLOADS).map(async (one) => {
        this.#symbols.set(one.symbol, await this.store.put(this.shardId, one.symbol, one.position, one.bytes));
      });
      await Promise.all(uploads);
    }
    const symbols = Object.fromEntries(this.#symbols);
    const key = await this.store.putManifest({ shard: this.shardId, position, rules: RULES_VERSION, symbols });
    this.position = position;
    return { key, position };
  }
}
