import type { OrderStatus, OrderType, Reason } from './codes.js';

export interface FillParty {
  order_id: string;
  user_id: string;
  fully_filled: boolean;
  is_maker: boolean;
}

/** One execution: stream `supernoba-fills`. `seq` numbers all events of the symbol. */
export interface FillEvent {
  event: 'FILL';
  symbol: string;
  seq: number;
  /** `SYMBOL-<trade number>`. */
  trade_id: string;
  /** The resting order's price, ticks. */
  price: number;
  /** Lots. */
  quantity: number;
  /** Journal time, epoch ms. */
  timestamp: number;
  buyer: FillParty;
  seller: FillParty;
}

/** One change of, or answer about, an order: stream `supernoba-order-status`. */
export interface OrderStatusEvent {
  event: 'ORDER_STATUS';
  symbol: string;
  seq: number;
  /** Numbers the statuses of the symbol 1, 2, 3 …, so that a gap shows in this stream alone. */
  n: number;
  order_id: string;
  user_id: string;
  status: OrderStatus;
  reason?: Reason;
  timestamp: number;
  is_buy: boolean;
  order_type: OrderType;
  /** 0 where the order has none (MARKET, STOP) or is unknown. */
  price: number;
  quantity: number;
  filled: number;
  open: number;
  request_id?: string;
}

export type ExchangeEvent = FillEvent | OrderStatusEvent;

/** The number in a trade id. @throws RangeError on anything but `SYMBOL-<n>`. */
export function tradeNumber(tradeId: string): number {
  const n = Number(tradeId.slice(tradeId.lastIndexOf('-') + 1));
  if (!Number.isSafeInteger(n) || n < 1) throw new RangeError(`not a trade id: ${tradeId}`);
  return n;
}

export function tradeId(symbol: string, tradeNo: number): string {
  return `${symbol}-${tradeNo}`;
}
