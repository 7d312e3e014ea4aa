import { createTradeReader } from '@supernoba/history';
import { CandleTable, MarketArchive, TradeTable } from '@supernoba/market-history';
import type { Rebuild, Rebuilt } from './rebuild.js';
import { symbolsOf, tradesBetween, wholeTrades } from './trades.js';

/** The trades of the range in S3, from `trade_history`. */
export async function rebuildTradeArchive(rebuild: Rebuild): Promise<Rebuilt> {
  const { clients, settings, range, signal, say } = rebuild;
  const reader = createTradeReader({ dynamo: () => Promise.resolve(clients.dynamo), name: settings.DYNAMODB_TABLE });
  const trades = new TradeTable(clients.dynamo, settings.DYNAMODB_TABLE);
  const candles = new CandleTable(clients.dynamo, settings.CANDLES_TABLE);
  const archive = new MarketArchive(clients.s3, settings.ARCHIVE_BUCKET);
  let written = 0;
  for (const { symbol } of await symbolsOf(rebuild)) {
    const numbers = await tradesBetween(reader, symbol, range.from, range.to + 1);
    if (numbers === undefined) {
      say(`${symbol}: no trade in the range`);
      continue;
    }
    for await (const rows of wholeTrades(trades, symbol, numbers, signal)) {
      await archive.addTrades(symbol, rows);
      written += rows.length;
    }
    // The backup goes on behind what is stored now; a gap before it stays the backup's to fill.
    const { tradeNo } = await candles.mark(symbol);
    if (numbers.first <= tradeNo + 1 && numbers.last > tradeNo) await candles.advanceTrades(symbol, numbers.last);
  }
  return { read: written, written };
}
