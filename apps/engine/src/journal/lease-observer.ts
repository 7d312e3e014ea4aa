import type { LeaseRow } from './lease-table.js';

interface Observation {
  owner: string | undefined;
  counter: number | undefined;
  epoch: number | undefined;
  /** Monotonic time at which it was first seen so. */
  since: number;
  /** Whether it was seen to change: its owner lives. */
  moved: boolean;
}

/**
 * Tells leases that are renewed from those that are not, by how long a row has stood still on this engine's own clock:
 * no two clocks are compared.
 */
export class LeaseObserver {
  readonly #seen = new Map<string, Observation>();

  constructor(private readonly leaseMs: number) {}

  /** @param now monotonic, once the rows were read: what they say may be older, never younger */
  observe(rows: ReadonlyMap<string, LeaseRow>, now: number): void {
    for (const { shardId, owner, counter, epoch } of rows.values()) {
      const seen = this.#seen.get(shardId);
      const moved = seen !== undefined && seen.owner === owner;
      if (moved && seen.counter === counter && seen.epoch === epoch) continue;
      this.#seen.set(shardId, { owner, counter, epoch, since: now, moved });
    }
    for (const shardId of this.#seen.keys()) if (!rows.has(shardId)) this.#seen.delete(shardId);
  }

  expired(row: LeaseRow, now: number): boolean {
    const seen = this.#seen.get(row.shardId);
    return seen !== undefined && now - seen.since >= this.leaseMs;
  }

  /** Whether the owner was seen to renew it. */
  alive(row: LeaseRow, now: number): boolean {
    return row.owner !== undefined && this.#seen.get(row.shardId)?.moved === true && !this.expired(row, now);
  }
}
