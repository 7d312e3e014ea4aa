import type { OrderStatus, PrivateOrderStatus, Reason } from '@supernoba/protocol';
import { isEnded, OwnOrders } from './own-orders.js';

const buy = { symbol: 'TEST', side: 'BUY', price: 150, quantity: 10 } as const;

function status(name: OrderStatus, filled = 0, reason?: Reason): PrivateOrderStatus['data'] {
  return {
    symbol: 'TEST',
    seq: 1,
    n: 1,
    order_id: 'o',
    user_id: 'u',
    status: name,
    timestamp: 1,
    is_buy: true,
    order_type: 'LIMIT',
    price: 150,
    quantity: 10,
    filled,
    open: 10 - filled,
    ...(reason ? { reason } : {}),
  };
}

function sent(): OwnOrders {
  const orders = new OwnOrders();
  orders.sending('o', buy, 1);
  return orders;
}

const stateOf = (orders: OwnOrders) => orders.list()[0];

test('an order is sent, in the journal, partly filled, cancelled', () => {
  const orders = sent();
  expect(stateOf(orders)).toMatchObject({ state: 'SENDING', isBuy: true, filled: 0 });
  orders.acknowledged('o');
  expect(stateOf(orders)).toMatchObject({ state: 'IN JOURNAL' });
  orders.status(status('ACCEPTED'));
  orders.status(status('PARTIALLY_FILLED', 4));
  orders.fill({
    trade_id: 'TEST-1',
    symbol: 'TEST',
    side: 'BUY',
    order_id: 'o',
    filled_qty: 4,
    filled_price: 149,
    timestamp: 1,
    seq: 2,
  });
  expect(stateOf(orders)).toMatchObject({ state: 'PARTIALLY_FILLED', filled: 4, note: 'last 4 @ 149' });
  orders.cancelSent('o');
  orders.status(status('CANCELLED', 4));
  expect(stateOf(orders)).toMatchObject({ state: 'CANCELLED', filled: 4 });
  expect(orders.list().every(isEnded)).toBe(true);
});

test('an acknowledgement that comes after the private events does not set the order back', () => {
  const orders = sent();
  orders.status(status('FILLED', 10));
  orders.acknowledged('o');
  orders.failed('o', 'TIMEOUT', false);
  orders.cancelSent('o');
  expect(stateOf(orders)).toMatchObject({ state: 'FILLED', filled: 10 });
});

test('a refused order is over, one without an answer is not', () => {
  const refused = sent();
  refused.failed('o', 'SYMBOL_HALTED', true);
  expect(stateOf(refused)).toMatchObject({ state: 'REFUSED', note: 'SYMBOL_HALTED' });
  expect(refused.list().every(isEnded)).toBe(true);
  const silent = sent();
  silent.failed('o', 'TIMEOUT', false);
  expect(stateOf(silent)).toMatchObject({ state: 'UNCONFIRMED', note: 'TIMEOUT' });
  expect(silent.list().some(isEnded)).toBe(false);
});

test('an answer to a request is no state of the order', () => {
  const orders = sent();
  orders.status(status('ACCEPTED'));
  orders.status(status('CANCEL_REJECTED', 0, 'NOT_OWNER'));
  expect(stateOf(orders)).toMatchObject({ state: 'ACCEPTED', note: 'CANCEL_REJECTED NOT_OWNER' });
});

test('what never left the page is not listed, events of other pages change nothing, and the list has a bound', () => {
  const orders = sent();
  orders.withdraw('o');
  orders.status(status('ACCEPTED'));
  expect(orders.list()).toEqual([]);
  for (let i = 0; i < 250; i++) orders.sending(`o${i}`, buy, i);
  expect(orders.list()).toHaveLength(200);
  expect(orders.list()[0]?.orderId).toBe('o249');
});
