import { storingHandler, type ErrorLog } from '@supernoba/edge';
import { foldTrades, type ChangeWriter, type TradeChange } from '@supernoba/history';

export interface TradeHistoryDeps {
  writer: ChangeWriter<TradeChange>;
  log: ErrorLog;
}

/** Fills into `trade_history`, a row an execution. */
export function createHandler({ writer, log }: TradeHistoryDeps) {
  return storingHandler({ fold: foldTrades, writer, what: 'trades', log });
}
