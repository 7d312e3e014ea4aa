export { MarketData } from './market-data.js';
