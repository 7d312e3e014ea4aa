import type { CancelAllOrders, CancelOrder, NewOrder, OrderChange, OrderCommand } from './orders.js';

/** What a client asks for: the order JSON of the contract without `user_id`, its action named. */
export type ClientOrder =
  | ({ action: 'ADD' } & NewOrder)
  | ({ action: 'REPLACE' } & OrderChange)
  | ({ action: 'CANCEL' } & Omit<CancelOrder, 'action' | 'user_id' | 'timestamp'>)
  | ({ action: 'CANCEL_ALL' } & Omit<CancelAllOrders, 'action' | 'user_id' | 'timestamp'>);

/** What the server adds to a client's order. */
export interface OrderStamp {
  /** `sub` of the verified token. */
  userId: string;
  /** For an ADD without an id of its own. */
  newOrderId: () => string;
  /** For a request without an id of its own. */
  newRequestId: () => string;
  /** Epoch ms. */
  timestamp: number;
}

/**
 * The journal's object for a checked client order: a fresh one, built from known fields only, so that nothing else a
 * client sent can reach the journal.
 */
export function buildJournalOrder(order: ClientOrder, stamp: OrderStamp): OrderCommand {
  const { symbol } = order;
  const who = {
    user_id: stamp.userId,
    request_id: order.request_id ?? stamp.newRequestId(),
    timestamp: stamp.timestamp,
  };
  switch (order.action) {
    case 'ADD':
      return { action: 'ADD', symbol, order_id: order.order_id ?? stamp.newOrderId(), ...who, ...terms(order) };
    case 'REPLACE':
      return { action: 'REPLACE', symbol, order_id: order.order_id, ...who, ...changes(order) };
    case 'CANCEL':
      return { action: 'CANCEL', symbol, order_id: order.order_id, ...who };
    case 'CANCEL_ALL':
      return { action: 'CANCEL_ALL', symbol, ...who };
  }
}

function terms(order: NewOrder) {
  return {
    is_buy: order.is_buy ?? order.side === 'BUY',
    price: order.price ?? 0,
    quantity: order.quantity,
    ...(order.order_type === undefined ? {} : { order_type: order.order_type }),
    ...(order.tif === undefined ? {} : { tif: order.tif }),
    ...(order.post_only === undefined ? {} : { post_only: order.post_only }),
    ...(order.all_or_none === undefined ? {} : { all_or_none: order.all_or_none }),
    ...(order.stop_price === undefined ? {} : { stop_price: order.stop_price }),
    ...(order.display_quantity === undefined ? {} : { display_quantity: order.display_quantity }),
    ...(order.stp === undefined ? {} : { stp: order.stp }),
  };
}

function changes(change: OrderChange) {
  return {
    ...(change.price === undefined ? {} : { price: change.price }),
    ...(change.quantity === undefined ? {} : { quantity: change.quantity }),
    ...(change.stop_price === undefined ? {} : { stop_price: change.stop_price }),
    ...(change.display_quantity === undefined ? {} : { display_quantity: change.display_quantity }),
  };
}
