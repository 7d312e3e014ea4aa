import type { OrderType, SelfTradePrevention, TimeInForce } from '../codes.js';
import type { BookConfig, BookState } from '../order-book.js';
import type { BookLimits } from '../rules/limits.js';

/** An open order as a snapshot holds it. */
export interface OrderImage {
  orderId: string;
  userId: string;
  isBuy: boolean;
  orderType: OrderType;
  timeInForce: TimeInForce;
  postOnly: boolean;
  allOrNone: boolean;
  selfTradePrevention: SelfTradePrevention;
  /** 0 for STOP. */
  price: number;
  /** 0 for orders that wait for no stop. */
  stopPrice: number;
  quantity: number;
  open: number;
  /** 0 for orders that show everything. */
  displayQuantity: number;
  /** Shown part of `open`; equal to it without a display quantity. */
  shown: number;
  /** A triggered stop that a halt keeps from trading. */
  queued: boolean;
}

export interface UsedId {
  /** When the order ended, epoch ms. */
  time: number;
  orderId: string;
}

export interface KnownRequest {
  time: number;
  userId: string;
  requestId: string;
  /** Fingerprint of the body, two unsigned 32-bit words. */
  low: number;
  high: number;
}

/** Executions of one ms, for the reference price. */
export interface ReferenceTrade {
  time: number;
  /** Price of the first and of the last execution in it. */
  first: number;
  last: number;
}

/**
 * Everything that decides a book's future, in one canonical form: two books with equal images behave alike. A list that
 * is only written may hand out one object again and again.
 */
export interface BookImage {
  symbol: string;
  limits: BookLimits;
  config: Required<BookConfig>;
  state: BookState;
  /** 0 without a volatility halt. */
  haltedUntil: number;
  time: number;
  seq: number;
  tradeNo: number;
  statusNo: number;
  lastPrice: number;
  ignoredRequests: number;
  /** Trading day of the last execution, and the quantity executed in it. */
  day: number;
  dayVolume: number;
  /** Oldest first. */
  referenceTrades: readonly Readonly<ReferenceTrade>[];
  orderCount: number;
  /** In the order in which they took their places. */
  orders: Iterable<Readonly<OrderImage>>;
  usedIdCount: number;
  /** Oldest first. */
  usedIds: Iterable<Readonly<UsedId>>;
  requestCount: number;
  /** Oldest first. */
  requests: Iterable<Readonly<KnownRequest>>;
}
