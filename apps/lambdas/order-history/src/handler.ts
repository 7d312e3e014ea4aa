import { storingHandler, type ErrorLog } from '@supernoba/edge';
import { foldOrders, type ChangeWriter, type OrderChange } from '@supernoba/history';

export interface OrderHistoryDeps {
  writer: ChangeWriter<OrderChange>;
  log: ErrorLog;
}

/**
 * Order statuses into `order_history`: one write an order and batch, however often it changed in it, so an order that
 * thousands of others trade against is no hot row.
 */
export function createHandler({ writer, log }: OrderHistoryDeps) {
  return storingHandler({ fold: foldOrders, writer, what: 'orders', log });
}
