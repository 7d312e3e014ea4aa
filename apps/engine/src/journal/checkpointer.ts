import { retry, type BackoffPorts, type Lifetime } from '../backoff.js';
import { comparePositions, type Position } from '../matching/positions.js';
import type { HeldLease } from './held-lease.js';
import type { LeaseTable } from './lease-table.js';

/** How often an idle shard writes that it is still at the tip: it shows at a start that a trimmed stream lost nothing. */
const CAUGHT_UP_EVERY_MS = 600_000;

/** A manifest that exists in the object store. */
export interface WrittenManifest {
  key: string;
  /** Last record that any of its snapshots holds: at its own position, or past it. */
  reach: Position;
}

export interface CheckpointerOptions {
  leases: LeaseTable;
  lease: HeldLease;
  /** What the row holds; '' and undefined in a new one. */
  checkpoint: Position;
  manifest: WrittenManifest | undefined;
  /** Least time between two writes, ms. */
  intervalMs: number;
  /** The row names this manifest: what it replaces is needed no more. */
  onStored: (manifest: string) => void;
  onFatal: (error: unknown) => void;
}

/**
 * Moves the shard's checkpoint after what has been published, newest wins. The row names a manifest only once the
 * checkpoint has passed all that it holds; and there is no checkpoint without a manifest, since a start could not verify
 * that the journal still reaches back to it.
 */
export class Checkpointer {
  #published: Position;
  #stored: Position;
  #manifest: WrittenManifest | undefined;
  #storedManifest: string | undefined;
  #candidate: WrittenManifest | undefined;
  /** Where the tip was last seen, and when. */
  #tip: { position: Position; at: number } | undefined;
  #storedTipAt = -Infinity;
  #writing = false;
  #idle: (() => void)[] = [];

  constructor(
    private readonly options: CheckpointerOptions,
    private readonly ports: BackoffPorts,
    private readonly life: Lifetime,
  ) {
    this.#published = options.checkpoint;
    this.#stored = options.checkpoint;
    this.#manifest = options.manifest;
    this.#storedManifest = options.manifest?.key;
  }

  /** Position that the lease row holds. */
  get stored(): Position {
    return this.#stored;
  }

  published(position: Position): void {
    this.#published = position;
    this.#schedule();
  }

  offer(manifest: WrittenManifest): void {
    this.#candidate = manifest;
    this.#schedule();
  }

  /** The reader has read everything up to `position`, and nothing came after it before `at` (wall clock, epoch ms). */
  atTip(position: Position, at: number): void {
    this.#tip = { position, at };
    this.#schedule();
  }

  /** Resolves when the row holds everything it may. */
  async settled(): Promise<void> {
    this.#schedule();
    while (this.#writing) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** Writes that the shard has ended, with its final manifest, and lets go of the lease. Call it once all is settled. */
  async end({ key }: WrittenManifest): Promise<void> {
    const { leases, lease } = this.options;
    const label = `checkpoint ${lease.shardId}`;
    await retry(() => leases.end(lease, key), this.ports, this.life, { label });
  }

  #schedule(): void {
    if (this.#writing || !this.#due()) return;
    this.#writing = true;
    this.#write().catch(this.options.onFatal);
  }

  /** Whether the row lacks something; promotes the waiting manifest once its position has been published. */
  #due(): boolean {
    const candidate = this.#candidate;
    if (candidate !== undefined && comparePositions(candidate.reach, this.#published) <= 0) {
      this.#manifest = candidate;
      this.#candidate = undefined;
    }
    if (this.#manifest === undefined) return false;
    if (this.#published !== this.#stored || this.#manifest.key !== this.#storedManifest) return true;
    return this.#tip?.position === this.#stored && this.#tip.at - this.#storedTipAt >= CAUGHT_UP_EVERY_MS;
  }

  async #write(): Promise<void> {
    while (this.#due() && !this.life.ended) {
      const { leases, lease, intervalMs } = this.options;
      const position = this.#published;
      const { key } = this.#manifest!;
      const caughtUpAt = this.#tip?.position === position ? this.#tip.at : undefined;
      const label = `checkpoint ${lease.shardId}`;
      const row = { position, manifest: key, caughtUpAt };
      const before = { position: this.#stored, manifest: this.#storedManifest };
      await retry(() => leases.checkpoint(lease, before, row), this.ports, this.life, { label });
      if (caughtUpAt !== undefined) this.#storedTipAt = caughtUpAt;
      this.#stored = position;
      this.#storedManifest = key;
      this.options.onStored(key);
      this.ports.metrics.count('checkpoints', 1, lease.shardId);
      if (this.#idle.length === 0) await this.life.sleep(intervalMs, this.ports.timers);
    }
    this.#writing = false;
    for (const wake of this.#idle.splice(0)) wake();
  }
}
