import type { Shard } from '../ports.js';
import type { LeaseRow } from './lease-table.js';

/** What one engine knows when it looks at the leases. */
export interface LeaseView {
  /** This engine. */
  owner: string;
  /** Shards of the orders stream. */
  shards: readonly Shard[];
  rows: ReadonlyMap<string, LeaseRow>;
  /** Shards that this engine holds. */
  held: ReadonlySet<string>;
  /** Whether the owner of a row has let it run out. */
  expired: (row: LeaseRow) => boolean;
  /** Shards that were free the last time already: nobody else was quicker, whoever's share they are. */
  freeBefore: ReadonlySet<string>;
}

/** What the engine does about it. */
export interface LeasePlan {
  /** Shards to take now. */
  take: Shard[];
  /** Shards that could be taken by anybody, those to take among them. */
  free: Shard[];
  /** Held by another engine that has more than its share: to be asked for, one at a time. */
  request: LeaseRow | undefined;
  /** Held shards that another engine asks for. */
  handOver: string[];
}

/** What keeps a shard from being leased, where anything does. */
export type Lineage = 'READY' | 'ENDED' | 'PARENTS_OPEN' | 'PARENTS_UNKNOWN';

/**
 * Parents come before children: a shard without a manifest of its own starts from those of its parents, so all of them
 * must have been read to the end. Parents that neither the stream nor the table knows leave nothing to start from.
 */
export function lineageOf(shard: Shard, rows: ReadonlyMap<string, LeaseRow>, shards: readonly Shard[]): Lineage {
  const row = rows.get(shard.shardId);
  if (row?.ended === true) return 'ENDED';
  if (row?.manifest !== undefined) return 'READY';
  if (row === undefined && shards.some((child) => child.parents.includes(shard.shardId) && begun(child, rows))) {
    // Its row was deleted after its end; the stream still names it.
    return 'ENDED';
  }
  const open = shard.parents.filter((parent) => rows.get(parent)?.ended !== true);
  if (open.length === 0) return 'READY';
  const known = (parent: string) => rows.has(parent) || shards.some(({ shardId }) => shardId === parent);
  return open.every(known) ? 'PARENTS_OPEN' : 'PARENTS_UNKNOWN';
}

function begun(shard: Shard, rows: ReadonlyMap<string, LeaseRow>): boolean {
  const row = rows.get(shard.shardId);
  return row?.manifest !== undefined || row?.ended === true;
}

/**
 * A fair share each: what is free and nobody has asked for is taken up to it (beyond it at the next look, since a market stands still meanwhile),
 * and an engine that has less asks the one that has most for one shard, as long as two or more lie between them.
 */
export function planLeases(view: LeaseView): LeasePlan {
  const { owner, shards, rows, held, expired, freeBefore } = view;
  const leasable = shards.filter((shard) => lineageOf(shard, rows, shards) === 'READY');
  const loads = new Map<string, LeaseRow[]>();
  const free: Shard[] = [];
  for (const shard of leasable) {
    if (held.has(shard.shardId)) continue;
    const row = rows.get(shard.shardId);
    // A row that names this engine without being held is a take whose answer was lost.
    if (row?.owner === undefined || row.owner === owner || expired(row)) free.push(shard);
    else loads.set(row.owner, [...(loads.get(row.owner) ?? []), row]);
  }
  const share = Math.ceil(leasable.length / (loads.size + 1));
  const take: Shard[] = [];
  for (const shard of free) {
    const row = rows.get(shard.shardId);
    const isLeftToAnother = row?.requestedBy !== undefined && row.requestedBy !== owner && !expired(row);
    if (isLeftToAnother) continue;
    if (held.size + take.length < share || freeBefore.has(shard.shardId)) take.push(shard);
  }
  return { take, free, request: free.length > 0 ? undefined : toRequest(view, loads), handOver: askedFor(view) };
}

function toRequest({ owner, held }: LeaseView, loads: ReadonlyMap<string, LeaseRow[]>): LeaseRow | undefined {
  const most = [...loads.values()].reduce<LeaseRow[]>((max, some) => (some.length > max.length ? some : max), []);
  if (most.length - held.size < 2) return undefined;
  for (const rows of loads.values()) if (rows.some(({ requestedBy }) => requestedBy === owner)) return undefined;
  return most.find(({ requestedBy }) => requestedBy === undefined);
}

function askedFor({ owner, held, rows }: LeaseView): string[] {
  return [...held].filter((shardId) => {
    const requestedBy = rows.get(shardId)?.requestedBy;
    return requestedBy !== undefined && requestedBy !== owner;
  });
}

/** Rows of shards that have ended, that the stream has forgotten, and that no child starts from any more. */
export function forgottenRows(shards: readonly Shard[], rows: ReadonlyMap<string, LeaseRow>): LeaseRow[] {
  const needed = new Set(shards.map(({ shardId }) => shardId));
  for (const shard of shards) {
    if (!begun(shard, rows)) for (const parent of shard.parents) needed.add(parent);
  }
  return [...rows.values()].filter(({ shardId, ended }) => ended && !needed.has(shardId));
}
