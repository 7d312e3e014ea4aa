import { ORDER_PARTITIONS, TRADE_PARTITIONS } from './storage.js';

/** Sorts by time, then by number: 13-digit epoch ms, `#`, 16-digit number. */
export function timeKey(epochMs: number, no: number): string {
  return `${String(epochMs).padStart(13, '0')}#${String(no).padStart(16, '0')}`;
}

/** The partition of `trade_history` that holds a trade. */
export function tradePartition(symbol: string, tradeNo: number): string {
  return `${symbol}#${tradeNo % TRADE_PARTITIONS}`;
}

/** Every partition that holds trades of a symbol, or of a user. */
export function tradePartitions(symbolOrUser: string): string[] {
  return partitions(symbolOrUser, TRADE_PARTITIONS);
}

export interface TradeKeySource {
  tradeNo: number;
  /** Journal time, epoch ms. */
  timestamp: number;
  buyerUserId: string;
  sellerUserId: string;
}

/** The key attributes of a row of `trade_history`. */
export function tradeKeys(symbol: string, { tradeNo, timestamp, buyerUserId, sellerUserId }: TradeKeySource) {
  const partition = tradeNo % TRADE_PARTITIONS;
  const time = timeKey(timestamp, tradeNo);
  return {
    pk: tradePartition(symbol, tradeNo),
    trade_no: tradeNo,
    ts_no: time,
    ts_symbol: `${time}#${symbol}`,
    buyer_pk: `${buyerUserId}#${partition}`,
    seller_pk: `${sellerUserId}#${partition}`,
  };
}

/** The key of an order's row in `order_history`. */
export function orderKey(symbol: string, orderId: string): string {
  return `${symbol}#${orderId}`;
}

/** Every partition of the indexes of `order_history` that holds orders of a user. */
export function orderPartitions(userId: string): string[] {
  return partitions(userId, ORDER_PARTITIONS);
}

export interface OrderKeySource {
  orderId: string;
  userId: string;
  /** Journal time and `seq` of the event that took the order in. */
  placedAt: number;
  placedSeq: number;
}

/** The key attributes of a row of `order_history`; `open_key` stands in the rows of open orders alone. */
export function orderKeys(symbol: string, { orderId, userId, placedAt, placedSeq }: OrderKeySource) {
  const time = timeKey(placedAt, placedSeq);
  return {
    pk: orderKey(symbol, orderId),
    user_pk: `${userId}#${fnv1a(orderId) % ORDER_PARTITIONS}`,
    placed: `${time}#${symbol}`,
    open_key: `${symbol}#${time}`,
  };
}

function partitions(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, partition) => `${name}#${partition}`);
}

/** FNV-1a, 32 bit: order ids that clients number in any way still spread evenly. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  // Its low bits depend on the low bits of the text alone: the high ones are folded in.
  return (hash ^ (hash >>> 16)) >>> 0;
}
