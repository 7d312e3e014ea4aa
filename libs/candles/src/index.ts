export { CandleError, type CandleErrorCode } from './error.js';
export {
  bucketEnd,
  bucketStart,
  bucketStartSec,
  DEFAULT_DAY_OFFSET_MIN,
  INTERVAL_SECONDS,
  INTERVALS,
  isInterval,
  nests,
  type Interval,
} from './interval.js';
export {
  candleToChart,
  candleToHash,
  candleToJson,
  parseCandle,
  type Candle,
  type CandleSource,
  type ChartPoint,
} from './candle.js';
export { CandleFold, foldTrades, type CandleFoldOptions, type TradeRow } from './fold.js';
export { CandleRollup, foldCandles, type RollupStep } from './rollup.js';
export { isChained, mergeCandles } from './series.js';
