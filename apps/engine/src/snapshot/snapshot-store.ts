import type { Keys } from '@supernoba/valkey-keys';
import { createHash } from 'node:crypto';
import { retry, type BackoffPorts, type Lifetime, type RetryOptions } from '../backoff.js';
import { EngineError } from '../errors.js';
import { PortError, type BlobCache, type ObjectStore } from '../ports.js';
import { decodeManifest, encodeManifest, type Manifest, type SnapshotRef } from './manifest.js';

/** Larger snapshots live in the object store alone. */
const MAX_CACHED_BYTES = 8 * 1024 * 1024;

/** Where snapshots live: immutable objects, and for each symbol a copy of the newest in the backup cache. */
export class SnapshotStore {
  constructor(
    private readonly objects: ObjectStore,
    private readonly cache: BlobCache,
    private readonly keys: Keys,
    private readonly ports: BackoffPorts,
    private readonly life: Lifetime,
  ) {}

  /** Stores a symbol's snapshot under a name that its content decides: a repeat writes the same object. */
  async put(shardId: string, symbol: string, position: string, bytes: Uint8Array): Promise<SnapshotRef> {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const key = `snapshots/shard=${shardId}/symbol=${symbol}/${position}-${sha256.slice(0, 16)}.snap`;
    await this.#retry('snapshot', () => this.objects.put(key, bytes, 'application/octet-stream'));
    if (bytes.byteLength <= MAX_CACHED_BYTES) await this.#cacheCopy(symbol, bytes);
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
    const bytes = await this.#retry('snapshot', () => this.objects.get(ref.key), limits);
    if (bytes === undefined) throw new EngineError('BAD_SNAPSHOT', `${symbol}: ${ref.key} is missing`);
    if (sha256Of(bytes) !== ref.sha256) {
      throw new EngineError('BAD_SNAPSHOT', `${symbol}: ${ref.key} is not what the manifest names`);
    }
    return bytes;
  }

  async putManifest(manifest: Manifest): Promise<string> {
    const bytes = encodeManifest(manifest);
    const key = `snapshots/shard=${manifest.shard}/manifests/${manifest.position}-${sha256Of(bytes).slice(0, 16)}.json`;
    await this.#retry('manifest', () => this.objects.put(key, bytes, 'application/json'));
    return key;
  }

  /** @throws EngineError `BAD_SNAPSHOT` where it is missing or of another shard, `RULES_UNKNOWN` */
  async getManifest(shardId: string, key: string, limits: Partial<RetryOptions>): Promise<Manifest> {
    const bytes = await this.#retry('manifest', () => this.objects.get(key), limits);
    if (bytes === undefined) throw new EngineError('BAD_SNAPSHOT', `${shardId}: the manifest ${key} is missing`);
    return decodeManifest(bytes, shardId);
  }

  /** The copy only saves time, so a cache that is away costs nothing but a line in the log. */
  async #cacheCopy(symbol: string, bytes: Uint8Array): Promise<void> {
    try {
      await this.cache.set(this.keys.snapshot(symbol), bytes);
    } catch (error) {
      this.#cacheIsAway(symbol, error);
    }
  }

  async #cachedCopy(symbol: string): Promise<Uint8Array | undefined> {
    try {
      return await this.cache.get(this.keys.snapshot(symbol));
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
