import { EdgeError, uuidv7, type Journal, type SymbolGuard } from '@supernoba/edge';
import { buildJournalOrder } from '@supernoba/protocol';
import type { ClientOrder, OrderAck, OrderCommand } from '@supernoba/protocol';

export interface SubmitDeps {
  guard: SymbolGuard;
  journal: Journal;
  /** Epoch ms. */
  now: () => number;
}

/** Puts checked orders of one symbol into the journal, in order, as one record; answers once it is acknowledged. */
export type Submit = (userId: string, orders: readonly [ClientOrder, ...ClientOrder[]]) => Promise<OrderAck[]>;

export function createSubmit({ guard, journal, now }: SubmitDeps): Submit {
  return async (userId, orders) => {
    const { symbol } = orders[0];
    const state = await guard.stateOf(symbol);
    if (state !== 'open' && orders.some(({ action }) => action === 'ADD' || action === 'REPLACE')) {
      throw new EdgeError('SYMBOL_HALTED', `${symbol} is ${state}: it takes cancels only`, {
        details: { symbol, state },
      });
    }
    const timestamp = now();
    const newOrderId = () => `ord_${uuidv7(timestamp)}`;
    const newRequestId = () => `req_${uuidv7(timestamp)}`;
    const entries = orders.map((order) => buildJournalOrder(order, { userId, newOrderId, newRequestId, timestamp }));
    const acks = entries.map(toAck);
    try {
      await journal.append(symbol, entries.length === 1 && entries[0] ? entries[0] : entries);
    } catch (error) {
      // The record may be there all the same: with these ids a repeat has no second effect.
      if (!(error instanceof EdgeError)) throw error;
      const { code, message, retryAfterS } = error;
      const details = { orders: acks };
      throw new EdgeError(code, message, {
        cause: error,
        details,
        ...(retryAfterS === undefined ? {} : { retryAfterS }),
      });
    }
    return acks;
  };
}

function toAck(entry: OrderCommand): OrderAck {
  const order_id = entry.action === 'CANCEL_ALL' ? '' : entry.order_id;
  return { order_id, request_id: entry.request_id ?? '', symbol: entry.symbol };
}
