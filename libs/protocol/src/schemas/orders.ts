import * as z from 'zod/mini';
import { OrderType, SelfTradePrevention, TimeInForce } from '../codes.js';
import { MAX_BATCH_ORDERS, MAX_PRICE } from '../limits.js';
import type { ClientOrder } from '../order-builder.js';
import { flag, id, integer, oneOf, price, quantity, symbol } from './pieces.js';

const orderTypes = oneOf(Object.values(OrderType));
const tifs = oneOf(Object.values(TimeInForce));
const stps = oneOf(Object.values(SelfTradePrevention));

/** A new order as a client sends it: the fields of an ADD, an action only where it says `ADD`. */
export const newOrder = z
  .strictObject({
    action: z.exactOptional(z.literal('ADD')),
    symbol,
    order_id: z.exactOptional(id),
    request_id: z.exactOptional(id),
    is_buy: z.exactOptional(flag()),
    side: z.exactOptional(oneOf(['BUY', 'SELL'])),
    price: z.exactOptional(integer(0, MAX_PRICE)),
    quantity,
    order_type: z.exactOptional(orderTypes),
    tif: z.exactOptional(tifs),
    post_only: z.exactOptional(flag()),
    all_or_none: z.exactOptional(flag()),
    stop_price: z.exactOptional(price),
    display_quantity: z.exactOptional(quantity),
    stp: z.exactOptional(stps),
  })
  .check(
    z.refine((order) => (order.is_buy === undefined) !== (order.side === undefined), {
      path: ['side'],
      error: 'exactly one of side and is_buy is required',
    }),
    z.refine((order) => isPriceless(order.order_type) || (order.price !== undefined && order.price > 0), {
      path: ['price'],
      error: `an integer from 1 to ${MAX_PRICE} is required by this order type`,
    }),
  );

export const orderChange = z.strictObject({
  action: z.exactOptional(z.literal('REPLACE')),
  symbol,
  order_id: id,
  request_id: z.exactOptional(id),
  price: z.exactOptional(price),
  quantity: z.exactOptional(quantity),
  stop_price: z.exactOptional(price),
  display_quantity: z.exactOptional(quantity),
});

export const orderCancel = z.strictObject({
  action: z.exactOptional(z.literal('CANCEL')),
  symbol,
  order_id: id,
  request_id: z.exactOptional(id),
});

export const cancelAll = z.strictObject({
  action: z.exactOptional(z.literal('CANCEL_ALL')),
  symbol,
  request_id: z.exactOptional(id),
});

/** The shape a client's order must have, by its action. */
export const clientOrders = {
  ADD: newOrder,
  REPLACE: orderChange,
  CANCEL: orderCancel,
  CANCEL_ALL: cancelAll,
} as const satisfies Record<ClientOrder['action'], z.ZodMiniType>;

/** The envelope of `POST /orders/batch`; each entry is one of {@link clientOrders} by its action, ADD unless told. */
export const orderBatch = z.strictObject({
  symbol: z.exactOptional(symbol),
  orders: z
    .array(z.unknown(), { error: 'an array of orders is required' })
    .check(
      z.minLength(1, { error: 'at least one order is required' }),
      z.maxLength(MAX_BATCH_ORDERS, { error: `at most ${MAX_BATCH_ORDERS} orders` }),
    ),
});

function isPriceless(orderType: OrderType | undefined): boolean {
  return orderType === OrderType.Market || orderType === OrderType.Stop;
}
