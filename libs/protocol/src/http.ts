import type { ErrorCode, OrderStatus, OrderType, Reason, SymbolState } from './codes.js';
import type { PublicTrade, TickerFrame } from './market-data.js';
import type { SymbolConfig } from './orders.js';
import type { PrivateFill } from './push.js';

export interface ErrorBody {
  error: { code: ErrorCode; message: string; details?: unknown };
}

export interface SymbolsAnswer {
  symbols: { symbol: string; state: SymbolState }[];
}

/** An order as its last status left it: `GET /orders`, `GET /orders/{id}`. */
export interface OrderState {
  symbol: string;
  order_id: string;
  status: OrderStatus;
  reason?: Reason;
  is_buy: boolean;
  order_type: OrderType;
  /** Ticks; 0 where the order has none. */
  price: number;
  /** Lots; `open` = quantity − filled while the order lives, else 0. */
  quantity: number;
  filled: number;
  open: number;
  /** Journal time, epoch ms: of the event that took the order in, and of the last one. */
  placed_at: number;
  updated_at: number;
  /** Of the last status: an `orderStatus` event with a higher one is newer than this. */
  seq: number;
  /** Of the request that the last status came from. */
  request_id?: string;
}

/** A page of a list. `cursor` asks for the next one; the last page has none. */
export interface OrdersAnswer {
  orders: OrderState[];
  cursor?: string;
}

/** One side of an execution, as its owner sees it: what the push `FILL` says, and whether the order rested. */
export type OwnFill = PrivateFill['data'] & { is_maker: boolean };

export interface FillsAnswer {
  fills: OwnFill[];
  cursor?: string;
}

/**
 * One symbol of `GET /tickers`. `stale`: no engine keeps its market data alive, and what stands here is the last that was
 * known. Before its first trade a symbol has no figures.
 */
export type TickerState = { s: string; state: SymbolState; stale: boolean } & Partial<Omit<TickerFrame, 's'>>;

export interface TickersAnswer {
  tickers: TickerState[];
}

/** `GET /trades/{symbol}`: newest first. */
export interface TradesAnswer {
  symbol: string;
  trades: PublicTrade[];
  cursor?: string;
}

/** A row of `GET /admin/symbols`. */
export interface SymbolDetail {
  symbol: string;
  state: SymbolState;
  config: SymbolConfig;
  updated_at: number;
  updated_by: string;
  /** Of the change that made it so: a repeat of that request has no second effect. */
  request_id?: string;
  /** The change is under way: the journal may not have it yet. */
  pending?: SymbolChangeOp;
}

/** What an administrator does to a symbol. */
export const SYMBOL_CHANGE_OPS = ['CONFIG', 'HALT', 'RESUME', 'DELIST'] as const;
export type SymbolChangeOp = (typeof SYMBOL_CHANGE_OPS)[number];

/** The HTTP status that goes with each error code. */
export const HTTP_STATUS: Readonly<Record<ErrorCode, number>> = {
  BAD_JSON: 400,
  BAD_REQUEST: 400,
  BAD_SYMBOL: 400,
  BAD_ORDER_ID: 400,
  BAD_REQUEST_ID: 400,
  BAD_PRICE: 400,
  BAD_QUANTITY: 400,
  BAD_INTERVAL: 400,
  BAD_COMBINATION: 400,
  UNKNOWN_FIELD: 400,
  UNKNOWN_ACTION: 400,
  SYMBOL_MISMATCH: 400,
  UNKNOWN_SYMBOL: 404,
  SYMBOL_HALTED: 409,
  SYMBOL_EXISTS: 409,
  UNAUTHORIZED: 401,
  TOKEN_EXPIRED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 404,
  TOO_LARGE: 413,
  TOO_MANY_REQUESTS: 429,
  UNAVAILABLE: 503,
  NOT_AVAILABLE: 503,
};
