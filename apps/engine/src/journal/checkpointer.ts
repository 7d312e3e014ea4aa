import { retry, type BackoffPorts, type Lifetime } from '../backoff.js';
import { comparePositions, type Position } from '../matching/positions.js';
import type { HeldLease, LeaseTable } from './leases.js';

/** A manifest that exists in the object store. */
export interface WrittenManifest {
  key: string;
  position: Position;
}

export interface CheckpointerOptions {
  leases: LeaseTable;
  lease: HeldLease;
  /** What the row holds; '' and undefined in a new one. */
  checkpoint: Position;
  manifest: WrittenManifest | undefined;
  /** Least time between two writes, ms. */
  intervalMs: number;
  onFatal: (error: unknown) => void;
}

/**
 * Moves the shard's checkpoint after what has been published, newest wins. The row names a manifest only once the
 * checkpoint has passed its position; and there is no checkpoint without a manifest, since a start could not verify
 * that the journal still reaches back to it.
 */
export class Checkpointer {
  #published: Position;
  #stored: Position;
  #manifest: WrittenManifest | undefined;
  #storedManifest: string | undefined;
  #candidate: WrittenManifest | undefined;
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

  /** Resolves when the row holds everything it may. */
  async settled(): Promise<void> {
    this.#schedule();
    while (this.#writing) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #schedule(): void {
    if (this.#writing || !this.#due()) return;
    this.#writing = true;
    this.#write().catch(this.options.onFatal);
  }

  /** Whether the row lacks something; promotes the waiting manifest once its position has been published. */
  #due(): boolean {
    const candidate = this.#candidate;
    if (candidate !== undefined && comparePositions(candidate.position, this.#published) <= 0) {
      this.#manifest = candidate;
      this.#candidate = undefined;
    }
    if (this.#manifest === undefined) return false;
    return this.#published !== this.#stored || this.#manifest.key !== this.#storedManifest;
  }

  async #write(): Promise<void> {
    while (this.#due() && !this.life.ended) {
      const { leases, lease, intervalMs } = this.options;
      const position = this.#published;
      const { key } = this.#manifest!;
      const label = `checkpoint ${lease.shardId}`;
      await retry(() => leases.checkpoint(lease, position, key), this.ports, this.life, { label });
      this.#stored = position;
      this.#storedManifest = key;
      this.ports.metrics.count('checkpoints', 1, lease.shardId);
      if (this.#idle.length === 0) await this.life.sleep(intervalMs, this.ports.timers);
    }
    this.#writing = false;
    for (const wake of this.#idle.splice(0)) wake();
  }
}
