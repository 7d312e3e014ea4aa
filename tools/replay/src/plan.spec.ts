import { planBatches, planOrders, requestId, requestIndex } from './plan.js';
import type { TapeRow } from './tape.js';

const add = (id: string, seed = false) => ({
  op: 'add' as const,
  id,
  side: 'buy' as const,
  price: 100,
  qty: 5,
  ...(seed ? { seed } : {}),
});

test('neighbouring adds share a user, and a change belongs to whoever placed the order', () => {
  const rows: TapeRow[] = [
    { i: 0, ops: [add('a', true), add('b')] },
    { i: 1, ops: [add('c')] },
    { i: 2, ops: [{ op: 'cancel', id: 'a' }] },
    { i: 3, ops: [{ op: 'reduce', id: 'b', by: 2 }] },
    { i: 4, ops: [{ op: 'reprice', id: 'c', price: 101 }] },
    { i: 5, ops: [{ op: 'take', side: 'sell', price: 99, qty: 1 }], fills: [['c', 101, 1]] },
  ];
  const orders = planOrders(rows, 'TEST', 'run', 2);
  expect(orders.map(({ user }) => user)).toEqual([0, 0, 1, 0, 0, 1, 1]);
  expect(orders.map(({ incoming }) => incoming)).toEqual([false, true, true, false, false, false, false]);
  expect(orders[4]!.entry).toEqual({
    action: 'REPLACE',
    symbol: 'TEST',
    order_id: 'run-b',
    request_id: 'run-q4',
    quantity: 3,
  });
  expect(orders[6]).toMatchObject({
    orderId: 'run-take6',
    fills: [['c', 101, 1]],
    entry: { tif: 'IOC', is_buy: false },
  });
  expect(planBatches(orders).map((batch) => batch.orders.length)).toEqual([2, 1, 2, 2]);
});

test('a batch holds at most 100 orders and fits the body limit', () => {
  const batches = planBatches(
    planOrders([{ i: 0, ops: Array.from({ length: 250 }, (_, n) => add(`x${n}`)) }], 'TEST', 'run', 1),
  );
  expect(batches.map((batch) => batch.orders.length)).toEqual([100, 100, 50]);
  const long = 'y'.repeat(50);
  const large = planBatches(
    planOrders([{ i: 0, ops: Array.from({ length: 100 }, (_, n) => add(`${long}${n}`)) }], 'TEST', 'run', 1),
  );
  for (const batch of large)
    expect(JSON.stringify(batch.orders.map(({ entry }) => entry)).length).toBeLessThan(16 * 1024);
});

test('a tape that changes an order it never added is refused', () => {
  expect(() => planOrders([{ i: 9, ops: [{ op: 'cancel', id: 'z' }] }], 'TEST', 'run', 1)).toThrow(
    'row 9 changes the order z',
  );
});

test('request ids name the operation of their own run alone', () => {
  expect(requestIndex('run', requestId('run', 12))).toBe(12);
  expect(requestIndex('run', 'other-q12')).toBe(-1);
  expect(requestIndex('run', undefined)).toBe(-1);
});
