export { MarketData } from './market-data.js';
export { TradeHistory, tradeRow } from './trade-history.js';
