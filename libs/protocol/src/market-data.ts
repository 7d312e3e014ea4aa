/** `[price, quantity]` */
export type DepthLevel = [price: number, quantity: number];

/** Top of the book: value of `depth:SYMBOL` and push frame. */
export interface DepthFrame {
  e: 'd';
  s: string;
  /** Journal time, epoch ms. */
  t: number;
  /** Bids, best first, at most 10. */
  b: DepthLevel[];
  /** Asks, best first, at most 10. */
  a: DepthLevel[];
  /** `seq` of the last event it reflects. */
  u: number;
  /** Last price; absent before the first trade. */
  p?: number;
  /** Change of the day and of the day before, percent with two decimals. */
  c?: number;
  yc?: number;
  /** Set while the book takes cancels only: halted (by an administrator or by the market itself), or delisted. */
  state?: 'halted' | 'delisted';
}

/** Value of `ticker:SYMBOL` and push frame. */
export interface TickerFrame {
  e: 't';
  s: string;
  t: number;
  p: number;
  c: number;
  yc: number;
  /** Open, high, low and volume of the trading day; volume is exact up to 2^53 − 1. */
  o: number;
  h: number;
  l: number;
  v: number;
}

export const CANDLE_INTERVALS = ['1m', '3m', '5m', '15m', '30m', '1h', '4h', '1d'] as const;
export type CandleInterval = (typeof CANDLE_INTERVALS)[number];

/** Those of them that are pushed while they grow; longer ones are read with `GET /chart`. */
export const PUSHED_INTERVALS = ['1m', '3m', '5m', '15m', '30m'] as const satisfies readonly CandleInterval[];
export type PushedInterval = (typeof PUSHED_INTERVALS)[number];

export interface CandleFrame {
  e: 'candle' | 'candle_close';
  tf: CandleInterval;
  s: string;
  /** Start, epoch seconds. */
  t: number;
  o: number;
  h: number;
  l: number;
  c: number;
  v: number;
}

/** `[trade number, epoch ms, price, quantity, taker is buyer]` */
export type PublicTrade = [tradeNo: number, t: number, price: number, qty: number, takerIsBuy: boolean];

export interface TradesFrame {
  e: 'trades';
  s: string;
  d: PublicTrade[];
}

/** `stale`: no engine has refreshed the market data within its life. */
export interface StatusFrame {
  e: 'status';
  s: string;
  state: 'open' | 'halted' | 'stale';
}

export interface ChartCandle {
  /** Start, epoch seconds. */
  time: number;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
}

export interface ChartAnswer {
  symbol: string;
  interval: CandleInterval;
  /** Ascending; the active candle last. */
  data: ChartCandle[];
}
