import { EngineError } from '../errors.js';
import type { Clock, EnginePorts } from '../ports.js';

/** How long this engine may write after a renewal was sent, as a part of the lease: the rest is the margin. */
const TERM = 4 / 5;

/**
 * A lease of this engine. It runs out by this engine's own monotonic clock before any other engine may take it, and never
 * comes back once it has: whoever slept through it must not write, whatever the row says.
 */
export class HeldLease {
  #validUntil: number;
  #lapsed = false;

  /**
   * @param sentAt monotonic time at which the call that took it was made: others count from when it took effect
   * @param counter value of `leaseCounter`
   */
  constructor(
    readonly shardId: string,
    readonly owner: string,
    readonly epoch: number,
    public counter: number,
    private readonly leaseMs: number,
    private readonly clock: Clock,
    sentAt: number,
  ) {
    this.#validUntil = sentAt + leaseMs * TERM;
  }

  get valid(): boolean {
    if (!this.#lapsed && this.clock.monotonic() >= this.#validUntil) this.#lapsed = true;
    return !this.#lapsed;
  }

  /** A renewal that was sent at `sentAt` (monotonic) has taken effect. */
  renewed(sentAt: number): void {
    if (this.valid) this.#validUntil = Math.max(this.#validUntil, sentAt + this.leaseMs * TERM);
  }

  /** @throws EngineError `LEASE_LOST` once it has run out */
  check(): void {
    if (this.valid) return;
    const ms = this.leaseMs * TERM;
    throw new EngineError('LEASE_LOST', `${this.shardId}: the lease was not renewed within ${ms} ms`);
  }
}

/** The ports of whatever works for a lease: once that has run out, nothing is written through them any more. */
export function fencedPorts(ports: EnginePorts, lease: HeldLease): EnginePorts {
  const { kinesis, dynamo, objects, depthCache, backupCache } = ports;
  const fenced =
    <A extends unknown[], T>(call: (...args: A) => Promise<T>) =>
    async (...args: A): Promise<T> => {
      lease.check();
      return call(...args);
    };
  return {
    ...ports,
    kinesis: {
      retentionHours: (stream) => kinesis.retentionHours(stream),
      listShards: (stream) => kinesis.listShards(stream),
      iterator: (...args) => kinesis.iterator(...args),
      records: (...args) => kinesis.records(...args),
      registerConsumer: (...args) => kinesis.registerConsumer(...args),
      subscribe: (...args) => kinesis.subscribe(...args),
      putRecords: fenced((...args) => kinesis.putRecords(...args)),
    },
    dynamo: {
      get: (...args) => dynamo.get(...args),
      scan: (table) => dynamo.scan(table),
      putBatch: fenced((...args) => dynamo.putBatch(...args)),
      update: fenced((...args) => dynamo.update(...args)),
      delete: fenced((...args) => dynamo.delete(...args)),
      increment: fenced((...args) => dynamo.increment(...args)),
    },
    objects: {
      get: (key) => objects.get(key),
      list: (...args) => objects.list(...args),
      put: fenced((...args) => objects.put(...args)),
      delete: fenced((key) => objects.delete(key)),
    },
    depthCache: {
      run: fenced((...args) => depthCache.run(...args)),
      onReady: (listener) => depthCache.onReady(listener),
    },
    backupCache: {
      get: (key) => backupCache.get(key),
      set: fenced((...args) => backupCache.set(...args)),
    },
  };
}
