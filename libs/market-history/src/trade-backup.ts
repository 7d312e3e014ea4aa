import { setTimeout as pause } from 'node:timers/promises';
import type { MarketArchive } from './archive.js';
import type { CandleTable } from './candle-table.js';
import { MarketHistoryError } from './error.js';
import type { TradeTable } from './trade-table.js';

export interface TradeBackupDeps {
  candles: CandleTable;
  trades: TradeTable;
  archive: MarketArchive;
}

/** Reads of one run, of at most 10,000 trades each: ten minutes of 5,000 trades a second. What is left is for the next run. */
const MAX_READS = 300;
/** The engine writes many rows at a time: a hole that is only the order of their arrival is gone by then. */
const HOLE_PAUSE_MS = 1_000;

/**
 * Copies the trades of a symbol from `trade_history` into the archive, in the order of their numbers.
 *
 * @returns how many were added
 * @throws MarketHistoryError `TRADES_MISSING` where later trades are there and the next one is not; those before it are archived
 */
export async function backUpTrades(deps: TradeBackupDeps, symbol: string): Promise<number> {
  const { candles, trades, archive } = deps;
  let { tradeNo } = await candles.mark(symbol);
  let added = 0;
  let sawHole = false;
  for (let reads = 0; reads < MAX_READS; reads++) {
    const next = await trades.after(symbol, tradeNo);
    if (next.trades.length > 0) {
      await archive.addTrades(symbol, next.trades);
      tradeNo += next.trades.length;
      added += next.trades.length;
      await candles.advanceTrades(symbol, tradeNo);
    } else if (next.behindHole === 0) {
      return added;
    } else if (sawHole) {
      throw new MarketHistoryError(
        'TRADES_MISSING',
        `${symbol}: trade ${tradeNo + 1} is missing from trade_history, ${next.behindHole} later ones are there`,
      );
    }
    sawHole = next.behindHole > 0 && next.trades.length === 0;
    if (sawHole) await pause(HOLE_PAUSE_MS);
  }
  return added;
}
