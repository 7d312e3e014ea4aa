import { RULES_VERSION } from '../matching/books.js';
import { comparePositions, type Position } from '../matching/positions.js';
import type { ShardMatcher } from '../matching/shard-matcher.js';
import type { SymbolMachine } from '../matching/symbol-machine.js';
import type { WrittenManifest } from '../journal/checkpointer.js';
import type { Timers } from '../ports.js';
import type { Manifest, SnapshotRef } from './manifest.js';
import type { SnapshotRetention } from './snapshot-retention.js';
import type { SnapshotStore } from './snapshot-store.js';
import { captureSymbol } from './symbol-snapshot.js';

/** Uploads at a time. */
const MAX_UPLOADS = 8;

export interface SnapshotterOptions {
  shardId: string;
  matcher: ShardMatcher;
  store: SnapshotStore;
  retention: SnapshotRetention;
  /** The manifest that the books were restored from. */
  restored: Manifest | undefined;
  timers: Timers;
}

/**
 * Writes snapshots of the symbols that changed and a manifest over all; one at a time. The market goes on between two
 * symbols, so some snapshots hold more than the manifest's position says: a replay skips per symbol what it holds.
 */
export class Snapshotter {
  readonly #symbols: Map<string, SnapshotRef>;
  #position: Position;
  #running: Promise<WrittenManifest | undefined> | undefined;

  constructor(private readonly options: SnapshotterOptions) {
    this.#symbols = new Map(Object.entries(options.restored?.symbols ?? {}));
    this.#position = options.restored?.position ?? '';
  }

  /** Captures what changed. Resolves to undefined where no record came since the last manifest. */
  take(): Promise<WrittenManifest | undefined> {
    return this.#alone(() =>
      this.options.matcher.position === this.#position ? Promise.resolve(undefined) : this.#write(),
    );
  }

  /** The last manifest of a shard: children start from it, so there is one even where no record ever came. */
  async final(): Promise<WrittenManifest> {
    let manifest: WrittenManifest | undefined;
    await this.#alone(async () => (manifest = await this.#write()));
    return manifest!;
  }

  async #alone(write: () => Promise<WrittenManifest | undefined>): Promise<WrittenManifest | undefined> {
    while (this.#running !== undefined) await this.#running;
    this.#running = write();
    try {
      return await this.#running;
    } finally {
      this.#running = undefined;
    }
  }

  async #write(): Promise<WrittenManifest> {
    const { shardId, matcher, store, retention, timers } = this.options;
    const { position } = matcher;
    const replaced: string[] = [];
    const uploads = new Set<Promise<void>>();
    let reach = position;
    for (const machine of matcher.machines.values()) {
      if (!machine.dirty) continue;
      if (uploads.size >= MAX_UPLOADS) await Promise.race(uploads);
      if (comparePositions(machine.position, reach) > 0) reach = machine.position;
      const before = this.#symbols.get(machine.symbol);
      if (before !== undefined) replaced.push(before.key);
      const upload: Promise<void> = this.#put(machine).then(() => void uploads.delete(upload));
      // One that failed stays among them: whoever waits for them next learns of it.
      upload.catch(() => undefined);
      uploads.add(upload);
      await timers.breathe();
    }
    await Promise.all(uploads);
    const symbols = Object.fromEntries(this.#symbols);
    const key = await store.putManifest({ shard: shardId, position, rules: RULES_VERSION, symbols });
    retention.written(key, replaced);
    this.#position = position;
    return { key, reach };
  }

  async #put(machine: SymbolMachine): Promise<void> {
    machine.dirty = false;
    const { shardId, store, timers } = this.options;
    const { symbol, position, seq } = machine;
    const pieces: Uint8Array[] = [];
    for (const piece of captureSymbol(machine)) {
      pieces.push(piece);
      await timers.breathe();
    }
    this.#symbols.set(symbol, await store.put({ shardId, symbol, position, seq }, Buffer.concat(pieces)));
  }
}
