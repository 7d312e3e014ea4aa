import type { OrderStatus, PrivateOrderStatus, Reason } from '@supernoba/protocol';
import { isEnded, OwnOrders } from './own-orders.js';

const buy = { symbol: 'TEST', side: 'BUY', price: 150, quantity: 10 } as const;

/** Each event is newer than the one before. */
let seq = 0;
function status(name: OrderStatus, filled = 0, reason?: Reason): PrivateOrderStatus['data'] {
  return {
    symbol: 'TEST',
    seq: ++seq,
    n: seq,
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

test('what never left the page is not listed, and the list has a bound', () => {
  const orders = sent();
  orders.withdraw('o');
  expect(orders.list()).toEqual([]);
  for (let i = 0; i < 250; i++) orders.sending(`o${i}`, buy, i);
  expect(orders.list()).toHaveLength(200);
  expect(orders.list()[0]?.orderId).toBe('o249');
});

test('an order of another page shows up with its first state, an answer about one does not', () => {
  const orders = new OwnOrders();
  orders.status(status('CANCEL_REJECTED', 0, 'UNKNOWN_ORDER'));
  expect(orders.list()).toEqual([]);
  orders.status(status('ACCEPTED'));
  expect(stateOf(orders)).toMatchObject({ orderId: 'o', state: 'ACCEPTED', isBuy: true, price: 150, quantity: 10 });
});

test('loaded orders are listed newest first; what events have told already is newer', () => {
  const orders = new OwnOrders();
  const loaded = ({ order_id, ...more }: { order_id: string; seq: number; placed_at: number }) => {
    const { user_id: _, n: __, timestamp, ...data } = status('ACCEPTED');
    return { ...data, order_id, updated_at: timestamp, ...more };
  };
  const [old, young] = [
    loaded({ order_id: 'old', seq: 3, placed_at: 1 }),
    loaded({ order_id: 'young', seq: 4, placed_at: 2 }),
  ];
  orders.status({ ...status('FILLED', 10), order_id: 'young', timestamp: 5 });
  orders.load([young, old]);
  expect(orders.list().map(({ orderId, state }) => [orderId, state])).toEqual([
    ['young', 'FILLED'],
    ['old', 'ACCEPTED'],
  ]);
  orders.load([{ ...old, status: 'CANCELLED', seq: 9 }]);
  expect(orders.list()[1]).toMatchObject({ state: 'CANCELLED', sentAt: 1 });
  orders.status({ ...status('PARTIALLY_FILLED', 5), order_id: 'old', seq: 8 });
  expect(orders.list()[1]).toMatchObject({ state: 'CANCELLED' });
});
