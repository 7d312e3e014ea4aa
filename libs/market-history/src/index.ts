export { candleObjectKey, MarketArchive, tradeObjectKey } from './archive.js';
export { backUpCandles, type CandleBackupDeps, type CandleBackupResult } from './candle-backup.js';
export { CandleTable, type BackupMark, type CandleRange } from './candle-table.js';
export { MarketHistoryError, type MarketHistoryErrorCode } from './error.js';
export { rollUpCandles, rollupSource, type RollupDeps } from './rollup.js';
export { backUpTrades, type TradeBackupDeps } from './trade-backup.js';
export { MAX_TRADES_READ, TradeTable, type TradeRecord } from './trade-table.js';
