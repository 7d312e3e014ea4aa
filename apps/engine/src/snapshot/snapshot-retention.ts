import { reportFailure, retry, type BackoffPorts, type Lifetime } from '../backoff.js';
import { comparePositions } from '../matching/positions.js';
import { PortError, type ObjectStore } from '../ports.js';
import type { Manifest } from './manifest.js';
import { placeOf, shardPrefix } from './snapshot-key.js';

/** How often what is due is deleted. */
const SWEEP_MS = 60_000;

export interface SnapshotRetentionOptions {
  shardId: string;
  objects: ObjectStore;
  /** How long what a newer manifest has replaced is kept, ms. */
  keepMs: number;
  onFatal: (error: unknown) => void;
}

/**
 * Deletes the snapshots and manifests of a shard that a newer manifest has replaced, some time after the lease row named
 * that one: nobody can start from the old ones any more. What has not been named by then is never touched.
 */
export class SnapshotRetention {
  /** Manifests that the row may come to name, in order, with what each replaces. */
  #pending: { manifest: string; replaced: string[] }[] = [];
  #due: { key: string; at: number }[] = [];
  #current: string | undefined;

  constructor(
    private readonly options: SnapshotRetentionOptions,
    private readonly ports: BackoffPorts,
    private readonly life: Lifetime,
  ) {}

  /** A manifest was written that does without these snapshots. */
  written(manifest: string, replaced: string[]): void {
    this.#pending.push({ manifest, replaced });
  }

  /** The lease row names this manifest now. */
  stored(manifest: string): void {
    const index = this.#pending.findIndex((one) => one.manifest === manifest);
    if (index < 0) return;
    for (const one of this.#pending.splice(0, index + 1)) {
      if (this.#current !== undefined && this.#current !== one.manifest) this.#retire(this.#current);
      for (const key of one.replaced) this.#retire(key);
      this.#current = one.manifest;
    }
  }

  /**
   * Begins. What earlier owners left behind of the time before `manifest`, the one that this owner started from, goes too.
   *
   * @param key of the manifest; undefined where it is of a parent shard, or there is none
   */
  start(manifest: Manifest | undefined, key: string | undefined): void {
    this.#current = key;
    this.#run(key === undefined ? undefined : manifest).catch(this.options.onFatal);
  }

  async #run(manifest: Manifest | undefined): Promise<void> {
    if (manifest !== undefined) await this.#tolerant(() => this.#retireLeftovers(manifest));
    while (!this.life.ended) {
      await this.life.sleep(Math.min(this.options.keepMs, SWEEP_MS), this.ports.timers);
      await this.#tolerant(() => this.#sweep());
    }
  }

  async #retireLeftovers(manifest: Manifest): Promise<void> {
    const used = new Set(Object.values(manifest.symbols).map(({ key }) => key));
    let after: string | undefined;
    for (;;) {
      const keys = await this.options.objects.list(shardPrefix(this.options.shardId), after);
      after = keys[keys.length - 1];
      if (after === undefined) return;
      for (const key of keys) {
        const position = placeOf(key);
        const isPast = position !== undefined && comparePositions(position, manifest.position) <= 0;
        if (isPast && !used.has(key) && key !== this.#current) this.#retire(key);
      }
    }
  }

  async #sweep(): Promise<void> {
    const now = this.ports.clock.monotonic();
    while (!this.life.ended && this.#due[0] !== undefined && this.#due[0].at <= now) {
      await this.options.objects.delete(this.#due[0].key);
      this.#due.shift();
      this.ports.metrics.count('snapshots_deleted', 1, this.options.shardId);
    }
  }

  #retire(key: string): void {
    this.#due.push({ key, at: this.ports.clock.monotonic() + this.options.keepMs });
  }

  /** Housekeeping waits for better times: what fails is tried again with the next sweep, or by the next owner. */
  async #tolerant(task: () => Promise<void>): Promise<void> {
    try {
      await task();
    } catch (error) {
      if (!(error instanceof PortError)) throw error;
      reportFailure(error, 1, `snapshots ${this.options.shardId}`, this.ports);
    }
  }
}

/** Deletes what a shard that is forgotten left behind, but for what manifests of other shards still name. */
export async function deleteShardObjects(
  objects: ObjectStore,
  shardId: string,
  used: ReadonlySet<string>,
  ports: BackoffPorts,
  life: Lifetime,
): Promise<void> {
  const label = `snapshots ${shardId}`;
  let after: string | undefined;
  for (;;) {
    const keys = await retry(() => objects.list(shardPrefix(shardId), after), ports, life, { label });
    after = keys[keys.length - 1];
    if (after === undefined) return;
    for (const key of keys) {
      if (!used.has(key)) await retry(() => objects.delete(key), ports, life, { label });
    }
  }
}
