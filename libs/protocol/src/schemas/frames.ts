import * as z from 'zod/mini';
import { ErrorCode, OrderStatus, OrderType, Reason } from '../codes.js';
import type { ExchangeEvent, FillEvent, OrderStatusEvent } from '../events.js';
import { DEPTH_LEVELS, MAX_PRICE, MAX_QUANTITY } from '../limits.js';
import { CANDLE_INTERVALS } from '../market-data.js';
import type {
  CandleFrame,
  ChartAnswer,
  DepthFrame,
  PublicTrade,
  StatusFrame,
  TickerFrame,
  TradesFrame,
} from '../market-data.js';
import type { OrderAck } from '../orders.js';
import type {
  AckFrame,
  ErrFrame,
  PongFrame,
  PrivateFill,
  PrivateOrderStatus,
  PushFrame,
  ShutdownFrame,
} from '../push.js';
import { count, flag, integer, oneOf, price, quantity, symbol } from './pieces.js';
import { requestTag } from './requests.js';

// Readers drop fields they do not know, so that a later version may add some.
const text = z.string();
const percent = z.number();
const orNoPrice = integer(0, MAX_PRICE);
const orNoQuantity = integer(0, MAX_QUANTITY);

const party = z.object({ order_id: text, user_id: text, fully_filled: flag(), is_maker: flag() });

export const fillEvent: z.ZodMiniType<FillEvent> = z.object({
  event: z.literal('FILL'),
  symbol,
  seq: count,
  trade_id: text,
  price,
  quantity,
  timestamp: count,
  buyer: party,
  seller: party,
});

const statusFields = {
  symbol,
  seq: count,
  n: count,
  order_id: text,
  user_id: text,
  status: oneOf(Object.values(OrderStatus)),
  reason: z.exactOptional(oneOf(Object.values(Reason))),
  timestamp: count,
  is_buy: flag(),
  order_type: oneOf(Object.values(OrderType)),
  price: orNoPrice,
  quantity: orNoQuantity,
  filled: orNoQuantity,
  open: orNoQuantity,
  request_id: z.exactOptional(text),
};

export const orderStatusEvent: z.ZodMiniType<OrderStatusEvent> = z.object({
  event: z.literal('ORDER_STATUS'),
  ...statusFields,
});

export const exchangeEvent: z.ZodMiniType<ExchangeEvent> = z.union([fillEvent, orderStatusEvent]);

const side = z
  .array(z.tuple([price, count]))
  .check(z.maxLength(DEPTH_LEVELS, { error: `at most ${DEPTH_LEVELS} levels` }));

export const depthFrame: z.ZodMiniType<DepthFrame> = z.object({
  e: z.literal('d'),
  s: symbol,
  t: count,
  b: side,
  a: side,
  u: count,
  p: z.exactOptional(price),
  c: z.exactOptional(percent),
  yc: z.exactOptional(percent),
  state: z.exactOptional(oneOf(['halted', 'delisted'])),
});

export const tickerFrame: z.ZodMiniType<TickerFrame> = z.object({
  e: z.literal('t'),
  s: symbol,
  t: count,
  p: price,
  c: percent,
  yc: percent,
  o: price,
  h: price,
  l: price,
  v: z.number().check(z.gte(0)),
});

export const candleFrame: z.ZodMiniType<CandleFrame> = z.object({
  e: oneOf(['candle', 'candle_close']),
  tf: oneOf(CANDLE_INTERVALS),
  s: symbol,
  t: count,
  o: price,
  h: price,
  l: price,
  c: price,
  v: z.number().check(z.gte(0)),
});

export const publicTrade: z.ZodMiniType<PublicTrade> = z.tuple([count, count, price, quantity, flag()]);

export const tradesFrame: z.ZodMiniType<TradesFrame> = z.object({
  e: z.literal('trades'),
  s: symbol,
  d: z.array(publicTrade),
});

export const statusFrame: z.ZodMiniType<StatusFrame> = z.object({
  e: z.literal('status'),
  s: symbol,
  state: oneOf(['open', 'halted', 'stale']),
});

export const shutdownFrame: z.ZodMiniType<ShutdownFrame> = z.object({ e: z.literal('serverShutdown'), in: count });

export const privateFill: z.ZodMiniType<PrivateFill> = z.object({
  type: z.literal('FILL'),
  data: z.object({
    trade_id: text,
    symbol,
    side: oneOf(['BUY', 'SELL']),
    order_id: text,
    filled_qty: quantity,
    filled_price: price,
    timestamp: count,
    seq: count,
  }),
});

export const privateOrderStatus: z.ZodMiniType<PrivateOrderStatus> = z.object({
  type: z.literal('ORDER_STATUS'),
  data: z.object(statusFields),
});

export const orderAck: z.ZodMiniType<OrderAck> = z.object({ order_id: text, request_id: text, symbol });

export const ackFrame: z.ZodMiniType<AckFrame> = z.object({
  e: z.literal('ack'),
  id: z.exactOptional(requestTag),
  order: z.exactOptional(orderAck),
  main: z.exactOptional(symbol),
  sub: z.exactOptional(z.array(symbol)),
});

export const errFrame: z.ZodMiniType<ErrFrame> = z.object({
  e: z.literal('err'),
  id: z.exactOptional(requestTag),
  code: oneOf(Object.values(ErrorCode)),
  message: text,
});

export const pongFrame: z.ZodMiniType<PongFrame> = z.object({
  e: z.literal('pong'),
  id: z.exactOptional(requestTag),
  t: count,
});

/** Anything the server sends over a WebSocket: one frame. A message is one frame or an array of them. */
export const pushFrame: z.ZodMiniType<PushFrame> = z.union([
  depthFrame,
  tickerFrame,
  candleFrame,
  tradesFrame,
  statusFrame,
  shutdownFrame,
  privateFill,
  privateOrderStatus,
  ackFrame,
  errFrame,
  pongFrame,
]);

export const chartAnswer: z.ZodMiniType<ChartAnswer> = z.object({
  symbol,
  interval: oneOf(CANDLE_INTERVALS),
  data: z.array(
    z.object({ time: count, open: price, high: price, low: price, close: price, volume: z.number().check(z.gte(0)) }),
  ),
});
