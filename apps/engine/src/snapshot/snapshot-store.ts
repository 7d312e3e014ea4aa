import type { Keys } from '@supernoba/valkey-keys';
import { createHash } from 'node:crypto';
import { retry, type BackoffPorts, type Lifetime, type RetryOptions } from '../backoff.js';
import { EngineError } from '../errors.js';
import { PortError, type BlobCache, type ObjectStore } from '../ports.js';
import type { Position } from '../matching/positions.js';
import { decodeManifest, encodeManifest, type Manifest, type SnapshotRef } from './manifest.js';
import { manifestKey, snapshotKey } from './snapshot-key.js';

/** Larger snapshots live in the object store alone. */
const MAX_CACHED_BYTES = 8 * 1024 * 1024;

export interface SnapshotStoreOptions {
  objects: ObjectStore;
  cache: BlobCache;
  keys: Keys;
  /** Of the lease that snapshots are written under. */
  epoch: number;
}

/** What a snapshot is of. */
export interface SnapshotOf {
  shardId: string;
  symbol: string;
  position: Position;
  /** Number of the symbol's last event. */
  seq: number;
}

/** Where snapshots live: immutable objects, and for each symbol a copy of the newest in the backup cache. */
export class SnapshotStore {
  constructor(
    private readonly options: SnapshotStoreOptions,
    private readonly ports: BackoffPorts,
    private readonly life: Lifetime,
  ) {}

  async put({ shardId, symbol, position, seq }: SnapshotOf, bytes: Uint8Array): Promise<SnapshotRef> {
    const sha256 = sha256Of(bytes);
    const key = snapshotKey(shardId, symbol, position, sha256);
    await this.#retry('snapshot', () => this.options.objects.put(key, bytes, 'application/octet-stream'));
    if (bytes.byteLength <= MAX_CACHED_BYTES) await this.#cacheCopy(symbol, seq, bytes);
    return { position, key, sha256 };
  }

  /**
   * The bytes that a manifest names: the cache's copy if it is that very one, else the object.
   *
   * @throws EngineError `BAD_SNAPSHOT` where the object is missing or not what the manifest says
   */
  async get(symbol: string, ref: SnapshotRef, limits: Partial<RetryOptions>): Promise<Uint8Array> {
    const copy = await this.#cachedCopy(symbol);
    if (copy !== undefined && sha256Of(copy) === ref.sha256) return copy;
    const bytes = await this.#retry('snapshot', () => this.options.objects.get(ref.key), limits);
    if (bytes === undefined) throw new EngineError('BAD_SNAPSHOT', `${symbol}: ${ref.key} is missing`);
    if (sha256Of(bytes) !== ref.sha256) {
      throw new EngineError('BAD_SNAPSHOT', `${symbol}: ${ref.key} is not what the manifest names`);
    }
    return bytes;
  }

  async putManifest(manifest: Manifest): Promise<string> {
    const bytes = encodeManifest(manifest);
    const key = manifestKey(manifest.shard, manifest.position, sha256Of(bytes));
    await this.#retry('manifest', () => this.options.objects.put(key, bytes, 'application/json'));
    return key;
  }

  /** @throws EngineError `BAD_SNAPSHOT` where it is missing or of another shard, `RULES_UNKNOWN` */
  async getManifest(shardId: string, key: string, limits: Partial<RetryOptions>): Promise<Manifest> {
    const bytes = await this.#retry('manifest', () => this.options.objects.get(key), limits);
    if (bytes === undefined) throw new EngineError('BAD_SNAPSHOT', `${shardId}: the manifest ${key} is missing`);
    return decodeManifest(bytes, shardId);
  }

  /** The copy only saves time, so a cache that is away costs nothing but a line in the log. */
  async #cacheCopy(symbol: string, seq: number, bytes: Uint8Array): Promise<void> {
    const { cache, keys, epoch } = this.options;
    try {
      await cache.set(keys.snapshot(symbol), bytes, { key: keys.snapshotFence(symbol), epoch, seq });
    } catch (error) {
      this.#cacheIsAway(symbol, error);
    }
  }

  async #cachedCopy(symbol: string): Promise<Uint8Array | undefined> {
    try {
      return await this.options.cache.get(this.options.keys.snapshot(symbol));
    } catch (error) {
      this.#cacheIsAway(symbol, error);
      return undefined;
    }
  }

  #cacheIsAway(symbol: string, error: unknown): void {
    if (!(error instanceof PortError)) throw error;
    this.ports.logger.warn({ symbol, error: error.message }, 'the backup cache is away, going on without it');
  }

  #retry<T>(label: string, call: () => Promise<T>, limits: Partial<RetryOptions> = {}): Promise<T> {
    return retry(call, this.ports, this.life, { label, ...limits });
  }
}

function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
