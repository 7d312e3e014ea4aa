import type { OrderStatusEvent } from '@supernoba/protocol';
import { OrderCollector } from '../src/order-collector.js';

const ids = (collector: OrderCollector) =>
  collector.changes().map(({ last, first }) => [last.order_id, last.status, last.seq, first.seq]);

function status(seq: number, order_id: string, name: OrderStatusEvent['status'], more: Partial<OrderStatusEvent> = {}) {
  const event: OrderStatusEvent = {
    event: 'ORDER_STATUS',
    symbol: 'TEST',
    seq,
    n: seq,
    order_id,
    user_id: 'alice',
    status: name,
    timestamp: seq,
    is_buy: true,
    order_type: 'LIMIT',
    price: 1,
    quantity: 1,
    filled: 0,
    open: 1,
    ...more,
  };
  return event;
}
function collected(range: { from: number; to: number }, events: OrderStatusEvent[], symbol?: string): OrderCollector {
  const collector = new OrderCollector(range, symbol);
  for (const event of events) collector.add(event);
  return collector;
}

test('an order that something happened to in the range has its last state, of the end of the journal', () => {
  const events = [
    status(1, 'early', 'ACCEPTED'),
    status(2, 'before', 'ACCEPTED'),
    status(3, 'before', 'CANCELLED'),
    status(5, 'early', 'PARTIALLY_FILLED'),
    status(6, 'open', 'ACCEPTED'),
    status(20, 'early', 'FILLED'),
    status(21, 'after', 'ACCEPTED'),
  ];
  expect(ids(collected({ from: 4, to: 10 }, events))).toEqual([
    ['early', 'FILLED', 20, 1],
    ['open', 'ACCEPTED', 6, 6],
  ]);
  expect(ids(collected({ from: 0, to: 99 }, events, 'OTHER'))).toEqual([]);
});

test('answers are no state, and an id that was used again is the order it is now', () => {
  const events = [
    status(1, 'a', 'ACCEPTED'),
    status(2, 'a', 'CANCEL_REJECTED'),
    status(3, 'a', 'FILLED'),
    status(4, 'a', 'REJECTED', { user_id: 'mallory' }),
    status(5, 'b', 'REJECTED'),
    status(6, 'c', 'ACCEPTED'),
    status(7, 'c', 'CANCELLED'),
    status(90, 'c', 'ACCEPTED'),
  ];
  expect(ids(collected({ from: 0, to: 99 }, events))).toEqual([
    ['a', 'FILLED', 3, 1],
    ['b', 'REJECTED', 5, 5],
    ['c', 'ACCEPTED', 90, 90],
  ]);
});
