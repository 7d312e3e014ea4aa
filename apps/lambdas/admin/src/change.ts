import { EdgeError, uuidv7, type Journal, type SymbolGuard } from '@supernoba/edge';
import { SYMBOL_CONFIG_NUMBERS } from '@supernoba/protocol';
import type { SymbolChangeOp, SymbolDetail, SymbolRecord } from '@supernoba/protocol';
import type { SymbolStore } from './symbol-store.js';

export interface ChangeDeps {
  store: SymbolStore;
  journal: Journal;
  guard: SymbolGuard;
  /** Epoch ms. */
  now: () => number;
}

export interface Change {
  op: SymbolChangeOp;
  actor: string;
  requestId: string | undefined;
  before: SymbolDetail | undefined;
  after: Pick<SymbolDetail, 'symbol' | 'state' | 'config'>;
}

/** A change under way has this long; then the next one may finish it. An append has given up long before. */
const UNDER_WAY_MS = 30_000;

/**
 * Carries a change out: audit row, row of the table marked as pending, journal, row without the mark, projection, in this
 * order. Without its audit row it does not happen. The conditional write of the pending row lets one change at a time on to
 * the journal, so that journal and table tell the same story. Where a later step fails, the same request repeated finishes
 * it, and so does, half a minute later, the next change, before it begins.
 */
export function createChange({ store, journal, guard, now }: ChangeDeps) {
  const finish = async (pending: SymbolDetail): Promise<SymbolDetail> => {
    const { pending: op, ...row } = pending;
    if (op !== undefined) {
      await journal.append(row.symbol, toRecord(op, row));
      await store.put(row, pending);
    }
    await guard.project(row.symbol, row.state);
    return row;
  };

  return async ({ op, actor, requestId, before, after }: Change): Promise<SymbolDetail> => {
    if (before !== undefined && requestId !== undefined && before.request_id === requestId) {
      if (!isSame(before, after)) throw new EdgeError('BAD_REQUEST_ID', 'request_id: used by another change already');
      return finish(before);
    }
    if (before?.pending !== undefined) {
      if (now() - before.updated_at < UNDER_WAY_MS) throw underWay(before.symbol);
      before = await finish(before);
    }
    // Grows with every change, so that the table notices two at once within a millisecond.
    const at = Math.max(now(), (before?.updated_at ?? 0) + 1);
    const request_id = requestId ?? `adm_${uuidv7(at)}`;
    const row: SymbolDetail = { ...after, updated_at: at, updated_by: actor, request_id };
    await store.audit({ symbol: after.symbol, op, actor, requestId: request_id, at, before, after: row });
    const pending = { ...row, pending: op };
    await store.put(pending, before);
    return finish(pending);
  };
}

function toRecord(
  op: SymbolChangeOp,
  { symbol, config, request_id = '', updated_by: actor }: SymbolDetail,
): SymbolRecord {
  return { action: 'SYMBOL', op, symbol, request_id, actor, ...(op === 'CONFIG' ? { config } : {}) };
}

function isSame(before: SymbolDetail, after: Change['after']): boolean {
  return (
    before.state === after.state &&
    before.config.stp === after.config.stp &&
    SYMBOL_CONFIG_NUMBERS.every((field) => before.config[field] === after.config[field])
  );
}

function underWay(symbol: string): EdgeError {
  const message = `another change of ${symbol} is under way: look and repeat`;
  return new EdgeError('UNAVAILABLE', message, { details: { symbol }, retryAfterS: 1 });
}
