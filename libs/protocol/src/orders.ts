import type { OrderType, SelfTradePrevention, TimeInForce } from './codes.js';
import { SYMBOL_CONFIG_RANGES } from './limits.js';

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

/** Configuration of a symbol as the journal carries it (`op: "CONFIG"`). Ranges: {@link SYMBOL_CONFIG_RANGES}. */
export interface SymbolConfig {
  /** Minutes east of UTC at which the trading day begins. Default 540 (+09:00). */
  day_offset_min?: number;
  /** Self-trade prevention for orders that name none. */
  stp?: SelfTradePrevention;
  /** Ticks: reference of band and halt while there is no trade to refer to. Default 0: none. */
  reference_price?: number;
  /** The reference is the last trade at least this many ms old, else the oldest. Default 300,000. */
  reference_window_ms?: number;
  /** How far from the reference a limit price may be, in basis points. Default 0: no band. */
  price_band_bps?: number;
  /** How far from the reference an execution may print before trading halts, in basis points. Default 0: no halt. */
  halt_threshold_bps?: number;
  /** How long such a halt lasts, ms. Default 300,000. */
  halt_duration_ms?: number;
}

/** The numbers of a configuration. */
export type SymbolConfigNumber = keyof typeof SYMBOL_CONFIG_RANGES;
export const SYMBOL_CONFIG_NUMBERS = Object.keys(SYMBOL_CONFIG_RANGES) as readonly SymbolConfigNumber[];

export const SYMBOL_OPS = ['CONFIG', 'HALT', 'RESUME', 'DELIST', 'CANCEL', 'CANCEL_ALL', 'RESTORE'] as const;

/** An immutable object: `key` says where, `sha256` (64 hex digits) which. */
export interface SnapshotObject {
  key: string;
  sha256: string;
}

/** Where the snapshots lie that an operator took: RESTORE names no others. */
export function operatorSnapshotPrefix(symbol: string): string {
  return `operator-snapshots/symbol=${symbol}/`;
}

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
  /** Of RESTORE: the orders that take the place of those in the book. */
  snapshot?: SnapshotObject;
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
