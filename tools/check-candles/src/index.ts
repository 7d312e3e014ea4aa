export { checkCandles, type CandleCheck } from './check.js';
export type { ExpectedCandle, ExpectedSeries, TapeTrade } from './tape.js';
