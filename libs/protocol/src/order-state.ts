import { OrderStatus } from './codes.js';

const ANSWERS: ReadonlySet<OrderStatus> = new Set([
  OrderStatus.Duplicate,
  OrderStatus.ReplaceRejected,
  OrderStatus.CancelRejected,
]);
const ENDS: ReadonlySet<OrderStatus> = new Set([
  OrderStatus.Rejected,
  OrderStatus.Filled,
  OrderStatus.Cancelled,
  OrderStatus.Expired,
]);

/** Whether a status answers a request, and the order that it names keeps the state it has. */
export function isAnswer(status: OrderStatus): boolean {
  return ANSWERS.has(status);
}

/** Whether an order of this status is over; any other state of an order is an open one. */
export function isFinal(status: OrderStatus): boolean {
  return ENDS.has(status);
}
