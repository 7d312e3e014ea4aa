import { storingHandler, type ErrorLog } from '@supernoba/edge';
import { foldTrades, type ChangeWriter, type TradeChange } from '@supernoba/history';
import type { FillEvent } from '@supernoba/protocol';
import { fillEvent, parse } from '@supernoba/protocol/schemas';

export interface TradeHistoryDeps {
  writer: ChangeWriter<TradeChange>;
  log: ErrorLog;
}

const TRADE_ID = /-[1-9]\d{0,14}$/;

/** Fills into `trade_history`, a row an execution. One that is not whole is logged and left out: it never will be. */
export function createHandler({ writer, log }: TradeHistoryDeps) {
  const isWhole = (fill: FillEvent): boolean => {
    const checked = parse(fillEvent, fill);
    if (checked.ok && TRADE_ID.test(fill.trade_id)) return true;
    const why = checked.ok ? 'trade_id: a trade number is required' : checked.error.message;
    log(`the fill ${String(fill.seq)} of ${fill.symbol} is not whole, and is left out`, new Error(why));
    return false;
  };
  return storingHandler({ fold: (events) => foldTrades(events, isWhole), writer, what: 'trades', log });
}
