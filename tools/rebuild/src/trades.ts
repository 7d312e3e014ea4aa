import { CommandFailure } from '@supernoba/command';
import { createSymbolTable } from '@supernoba/edge';
import type { TradeReader } from '@supernoba/history';
import { MAX_TRADES_READ, type TradeRecord, type TradeTable } from '@supernoba/market-history';
import type { SymbolDetail } from '@supernoba/protocol';
import { ProgressBar } from './progress.js';
import type { Rebuild } from './rebuild.js';

/** Numbers of trades of a symbol, both included. */
export interface TradeNumbers {
  first: number;
  last: number;
}

/** The symbols that a rebuild is about. @throws CommandFailure where there is none */
export async function symbolsOf({ clients, settings, symbol }: Rebuild): Promise<SymbolDetail[]> {
  const dynamo = () => Promise.resolve(clients.dynamo);
  const all = await createSymbolTable({ dynamo, table: settings.SYMBOLS_TABLE }).all();
  const rows = all.filter((row) => symbol === undefined || row.symbol === symbol);
  if (rows.length === 0) throw new CommandFailure(`there is no symbol ${symbol ?? ''}`);
  return rows;
}

/** The trades from `startMs` on and before `endMs` (epoch ms); undefined where there is none. */
export async function tradesBetween(
  reader: TradeReader,
  symbol: string,
  startMs: number,
  endMs: number,
): Promise<TradeNumbers | undefined> {
  const lastBefore = async (timeMs: number) =>
    timeMs <= 0 ? 0 : ((await reader.newest({ symbol, limit: 1, to: timeMs - 1 })).trades[0]?.trade_no ?? 0);
  const [before, last] = await Promise.all([lastBefore(startMs), lastBefore(endMs)]);
  return last > before ? { first: before + 1, last } : undefined;
}

/** Every one of the trades, in portions, while a bar shows how far it is. @throws CommandFailure where one is missing */
export async function* wholeTrades(
  trades: TradeTable,
  symbol: string,
  { first, last }: TradeNumbers,
  signal: AbortSignal,
): AsyncGenerator<TradeRecord[]> {
  const bar = new ProgressBar(`trades of ${symbol}`, last - first + 1, process.stderr);
  for (let from = first; from <= last; from += MAX_TRADES_READ) {
    signal.throwIfAborted();
    const to = Math.min(last, from + MAX_TRADES_READ - 1);
    const rows = await trades.range(symbol, from, to);
    if (rows.length !== to - from + 1) {
      throw new CommandFailure(
        `${symbol}: trades ${from} to ${to} are not all in trade_history: rebuild the history first`,
      );
    }
    yield rows;
    bar.add(rows.length);
  }
}
