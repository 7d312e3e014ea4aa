import fc from 'fast-check';
import { OrderStatus, OrderType, Reason } from '../../src/codes.js';
import type { FillSource, StatusSource } from '../../src/event-list.js';
import type { FillEvent, OrderStatusEvent } from '../../src/events.js';

const number = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });

/** Any execution that the types allow; ids are of any characters. */
export const fills: fc.Arbitrary<FillSource> = fc.record({
  seq: number,
  tradeNo: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  timestamp: number,
  price: number,
  quantity: number,
  takerIsBuy: fc.boolean(),
  makerOrderId: fc.string(),
  makerUserId: fc.string({ unit: 'binary' }),
  makerOpen: fc.nat(2),
  takerOrderId: fc.string(),
  takerUserId: fc.string(),
  takerOpen: fc.nat(2),
});
/** Any status change that the types allow. */
export const statuses: fc.Arbitrary<StatusSource> = fc.record({
  seq: number,
  n: number,
  timestamp: number,
  status: fc.constantFrom(...Object.values(OrderStatus)),
  reason: fc.constantFrom('' as const, ...Object.values(Reason)),
  orderId: fc.string(),
  userId: fc.string(),
  isBuy: fc.boolean(),
  orderType: fc.constantFrom(...Object.values(OrderType)),
  price: number,
  quantity: number,
  filled: number,
  open: number,
  requestId: fc.constantFrom('', 'req-1'),
});

/** The event of an execution, written the plain way. */
export function fillEvent(symbol: string, fill: FillSource): FillEvent {
  const maker = {
    order_id: fill.makerOrderId,
    user_id: fill.makerUserId,
    fully_filled: fill.makerOpen === 0,
    is_maker: true,
  };
  const taker = {
    order_id: fill.takerOrderId,
    user_id: fill.takerUserId,
    fully_filled: fill.takerOpen === 0,
    is_maker: false,
  };
  const { seq, price, quantity, timestamp } = fill;
  const [buyer, seller] = fill.takerIsBuy ? [taker, maker] : [maker, taker];
  return {
    event: 'FILL',
    symbol,
    seq,
    trade_id: `${symbol}-${fill.tradeNo}`,
    price,
    quantity,
    timestamp,
    buyer,
    seller,
  };
}

/** The event of a status change, written the plain way. */
export function statusEvent(symbol: string, change: StatusSource): OrderStatusEvent {
  return {
    event: 'ORDER_STATUS',
    symbol,
    seq: change.seq,
    n: change.n,
    order_id: change.orderId,
    user_id: change.userId,
    status: change.status,
    ...(change.reason === '' ? {} : { reason: change.reason }),
    timestamp: change.timestamp,
    is_buy: change.isBuy,
    order_type: change.orderType,
    price: change.price,
    quantity: change.quantity,
    filled: change.filled,
    open: change.open,
    ...(change.requestId === '' ? {} : { request_id: change.requestId }),
  };
}
