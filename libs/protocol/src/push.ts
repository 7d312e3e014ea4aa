import type { ErrorCode } from './codes.js';
import type { OrderStatusEvent } from './events.js';
import type { CandleFrame, CandleInterval, DepthFrame, StatusFrame, TickerFrame, TradesFrame } from './market-data.js';
import type { NewOrder, OrderAck, OrderChange } from './orders.js';

/** A user's own side of an execution. */
export interface PrivateFill {
  type: 'FILL';
  data: {
    trade_id: string;
    symbol: string;
    side: 'BUY' | 'SELL';
    order_id: string;
    filled_qty: number;
    filled_price: number;
    timestamp: number;
    seq: number;
  };
}

export interface PrivateOrderStatus {
  type: 'ORDER_STATUS';
  data: Omit<OrderStatusEvent, 'event'>;
}

/** The server ends in `in` milliseconds. */
export interface ShutdownFrame {
  e: 'serverShutdown';
  in: number;
}

export interface AckFrame {
  e: 'ack';
  id?: number | string;
  /** Set when the request placed, changed or cancelled an order. */
  order?: OrderAck;
  /** Set when the request subscribed: what the connection now watches. */
  main?: string;
  sub?: string[];
}

export interface ErrFrame {
  e: 'err';
  id?: number | string;
  code: ErrorCode;
  message: string;
}

/** Answer to `{"action":"ping"}`; `t` is the server's clock, epoch ms. */
export interface PongFrame {
  e: 'pong';
  id?: number | string;
  t: number;
}

export type PublicFrame = DepthFrame | TickerFrame | CandleFrame | TradesFrame | StatusFrame | ShutdownFrame;
export type PushFrame = PublicFrame | PrivateFill | PrivateOrderStatus | AckFrame | ErrFrame | PongFrame;

interface RequestBase {
  /** Repeated in the answer. */
  id?: number | string;
}
export interface SubscribeRequest extends RequestBase {
  action: 'subscribe';
  /** One symbol: depth, candle, trades. */
  main?: string;
  /** Many symbols: tickers. */
  sub?: string[];
  /** Interval of the candle frames; `1m` unless told. */
  tf?: CandleInterval;
  /** Legacy form: the first is main, all are sub. */
  symbols?: string[];
}
export interface UnsubscribeRequest extends RequestBase {
  action: 'unsubscribe';
  main?: string;
  sub?: string[];
}
export interface OrderRequest extends RequestBase {
  action: 'order';
  /** ADD unless told. */
  order:
    | ({ action?: 'ADD' } & NewOrder)
    | ({ action: 'REPLACE' } & OrderChange)
    | { action: 'CANCEL'; symbol: string; order_id: string; request_id?: string }
    | { action: 'CANCEL_ALL'; symbol: string; request_id?: string };
}
export interface AuthRequest extends RequestBase {
  action: 'auth';
  token: string;
}
export interface PingRequest extends RequestBase {
  action: 'ping';
}
export type ClientRequest = SubscribeRequest | UnsubscribeRequest | OrderRequest | AuthRequest | PingRequest;
