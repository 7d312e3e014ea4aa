export { HistoryError, type Row, type Table } from './dynamo.js';
export { foldOrders, type OrderChange } from './order-change.js';
export type { ChangeWriter, WriteFailure } from './change-writer.js';
export { createOrderWriter, orderRow, type OrderWriterOptions } from './order-writer.js';
export { createOrderReader, type OrderQuery, type OrderReader } from './order-reader.js';
export {
  createTradeReader,
  toPublicTrade,
  type FillQuery,
  type TimeRange,
  type TradeQuery,
  type TradeReader,
  type TradeRow,
} from './trade-reader.js';
export { createTradeWriter, foldTrades, tradeRow, type StoredTrade, type TradeChange } from './trade-writer.js';
