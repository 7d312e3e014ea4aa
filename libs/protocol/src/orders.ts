import type { OrderType, SelfTradePrevention, TimeInForce } from './codes.js';

/** A new order as it stands in the journal. Optional fields have the defaults the contract names. */
export interface AddOrder {
  action: 'ADD';
  symbol: string;
  order_id: string;
  /** `sub` of the verified token. Clients do not send it; the router adds it. */
  user_id: string;
  is_buy: boolean;
  /** Ticks, 1 to 1e12; absent or 0 for MARKET and STOP. */
  price: number;
  /** Lots, 1 to 1e12. */
  quantity: number;
  order_type?: OrderType;
  tif?: TimeInForce;
  post_only?: boolean;
  all_or_none?: boolean;
  stop_price?: number;
  display_quantity?: number;
  stp?: SelfTradePrevention;
  request_id?: string;
  /** Epoch ms at which the router took it; information only. */
  timestamp?: number;
}

export interface CancelOrder {
  action: 'CANCEL';
  symbol: string;
  order_id: string;
  user_id: string;
  request_id?: string;
  timestamp?: number;
}

/** Absent fields stay as they are. `quantity` is the new total, as FIX OrderQty: open = quantity − filled. */
export interface ReplaceOrder {
  action: 'REPLACE';
  symbol: string;
  order_id: string;
  user_id: string;
  price?: number;
  quantity?: number;
  stop_price?: number;
  display_quantity?: number;
  request_id?: string;
  timestamp?: number;
}

/** Cancels a user's open orders of one symbol. */
export interface CancelAllOrders {
  action: 'CANCEL_ALL';
  symbol: string;
  user_id: string;
  request_id?: string;
  timestamp?: number;
}

export type OrderCommand = AddOrder | CancelOrder | ReplaceOrder | CancelAllOrders;

/** Configuration of a symbol as the journal carries it (`op: "CONFIG"`). */
export interface SymbolConfig {
  /** Minutes east of UTC at which the trading day begins, −720 to 840. Default 540 (+09:00). */
  day_offset_min?: number;
  /** Self-trade prevention for orders that name none. */
  stp?: SelfTradePrevention;
}

export const SYMBOL_OPS = ['CONFIG', 'HALT', 'RESUME', 'DELIST', 'CANCEL', 'CANCEL_ALL', 'RESTORE'] as const;

/** Written by the admin Lambda (and the gRPC service) alone. */
export interface SymbolRecord {
  action: 'SYMBOL';
  op: (typeof SYMBOL_OPS)[number];
  symbol: string;
  request_id: string;
  /** User id of the administrator. */
  actor: string;
  config?: SymbolConfig;
  order_id?: string;
  user_id?: string;
}

/** Written by a shard's owner alone: lets timers of idle symbols fire. Its time is its own arrival. */
export interface TickRecord {
  action: 'TICK';
}

export type JournalEntry = OrderCommand | SymbolRecord | TickRecord;

/** What a client sends to place an order: no `user_id`, no ids needed, `side` accepted for `is_buy`. */
export interface NewOrder {
  symbol: string;
  order_id?: string;
  request_id?: string;
  is_buy?: boolean;
  side?: 'BUY' | 'SELL';
  price?: number;
  quantity: number;
  order_type?: OrderType;
  tif?: TimeInForce;
  post_only?: boolean;
  all_or_none?: boolean;
  stop_price?: number;
  display_quantity?: number;
  stp?: SelfTradePrevention;
}

export interface OrderChange {
  symbol: string;
  order_id: string;
  request_id?: string;
  price?: number;
  quantity?: number;
  stop_price?: number;
  display_quantity?: number;
}

/** Answer of the order routes: the journal has the order; matching is asynchronous. */
export interface OrderAck {
  /** '' for CANCEL_ALL, which names no order. */
  order_id: string;
  request_id: string;
  symbol: string;
}

/** Answer of `POST /orders/batch`: one ack an entry, in order. */
export interface BatchAck {
  symbol: string;
  orders: OrderAck[];
}
