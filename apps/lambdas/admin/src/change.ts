import { EdgeError, uuidv7, type Journal, type SymbolGuard } from '@supernoba/edge';
import type { SymbolDetail, SymbolRecord } from '@supernoba/protocol';
import type { SymbolStore } from './symbol-store.js';

export interface ChangeDeps {
  store: SymbolStore;
  journal: Journal;
  guard: SymbolGuard;
  /** Epoch ms. */
  now: () => number;
}

export interface Change {
  op: 'CONFIG' | 'HALT' | 'RESUME' | 'DELIST';
  actor: string;
  requestId: string | undefined;
  before: SymbolDetail | undefined;
  after: Pick<SymbolDetail, 'symbol' | 'state' | 'config'>;
}

/**
 * Carries a change out: audit row, journal, table, projection, in this order. Without its audit row it does not happen; where
 * a later step fails, the same request repeated finishes it, for every step gives the same result again.
 */
export function createChange({ store, journal, guard, now }: ChangeDeps) {
  return async ({ op, actor, requestId, before, after }: Change): Promise<SymbolDetail> => {
    if (before !== undefined && requestId !== undefined && before.request_id === requestId) {
      return repeated(guard, before, after);
    }
    // Grows with every change, so that the table notices two at once within a millisecond.
    const at = Math.max(now(), (before?.updated_at ?? 0) + 1);
    const request_id = requestId ?? `adm_${uuidv7(at)}`;
    const row: SymbolDetail = { ...after, updated_at: at, updated_by: actor, request_id };
    const { symbol, config } = after;
    const record: SymbolRecord = {
      action: 'SYMBOL',
      op,
      symbol,
      request_id,
      actor,
      ...(op === 'CONFIG' ? { config } : {}),
    };
    await store.audit({ symbol, op, actor, requestId: request_id, at, before, after: row });
    await journal.append(symbol, record);
    await store.put(row, before);
    await guard.project(symbol, row.state);
    return row;
  };
}

/** The change has happened; only its last step, the projection, may be missing. */
async function repeated(guard: SymbolGuard, before: SymbolDetail, after: Change['after']): Promise<SymbolDetail> {
  const isSame =
    before.state === after.state &&
    before.config.day_offset_min === after.config.day_offset_min &&
    before.config.stp === after.config.stp;
  if (!isSame) throw new EdgeError('BAD_REQUEST_ID', 'request_id: used by another change already');
  await guard.project(before.symbol, before.state);
  return before;
}
