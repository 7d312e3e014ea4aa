import type { AddCommand, BookCommand } from '../src/index.js';
import { IMPLEMENTATIONS, Market } from './support/market.js';

const GOOD: AddCommand = { type: 'ADD', orderId: 'a', userId: 'ann', isBuy: true, price: 100, quantity: 5 };

describe.each(IMPLEMENTATIONS)('bad input ($name)', (implementation) => {
  const standing = (): Market => new Market(implementation).buy(99, 5).sell(101, 5).quietly();

  const numbers = [0, -1, 1.5, NaN, Infinity, -Infinity, 2 ** 53, 1e12 + 1, Number.MIN_VALUE];
  const rejected: [string, Partial<AddCommand>, string][] = [
    ...numbers.map((price): [string, Partial<AddCommand>, string] => [`price ${price}`, { price }, 'BAD_PRICE']),
    ...numbers.map((n): [string, Partial<AddCommand>, string] => [`quantity ${n}`, { quantity: n }, 'BAD_QUANTITY']),
    ['a market order with a price', { orderType: 'MARKET' }, 'BAD_PRICE'],
    ['an empty order id', { orderId: '' }, 'BAD_ORDER'],
    ['an order id of 65 characters', { orderId: 'x'.repeat(65) }, 'BAD_ORDER'],
    ['an empty user id', { userId: '' }, 'BAD_ORDER'],
    ['a user id of 129 characters', { userId: 'x'.repeat(129) }, 'BAD_ORDER'],
    ['an empty request id', { requestId: '' }, 'BAD_ORDER'],
    ['an unknown order type', { orderType: 'PEGGED' as 'LIMIT' }, 'BAD_ORDER'],
    ['an unknown time in force', { timeInForce: 'GTD' as 'GTC' }, 'BAD_ORDER'],
    ['an unknown self-trade prevention', { selfTradePrevention: 'X' as 'NONE' }, 'BAD_ORDER'],
    ['post-only IOC', { postOnly: true, timeInForce: 'IOC' }, 'BAD_COMBINATION'],
    ['post-only FOK', { postOnly: true, timeInForce: 'FOK' }, 'BAD_COMBINATION'],
    ['post-only all-or-none', { postOnly: true, allOrNone: true }, 'BAD_COMBINATION'],
    ['post-only market', { postOnly: true, orderType: 'MARKET', price: 0 }, 'BAD_COMBINATION'],
    ['post-only stop', { postOnly: true, orderType: 'STOP', price: 0, stopPrice: 105 }, 'BAD_COMBINATION'],
    ['an all-or-none iceberg', { allOrNone: true, displayQuantity: 1 }, 'BAD_COMBINATION'],
    ['a market order GTC', { orderType: 'MARKET', price: 0, timeInForce: 'GTC' }, 'BAD_COMBINATION'],
    ['a market order DAY', { orderType: 'MARKET', price: 0, timeInForce: 'DAY' }, 'BAD_COMBINATION'],
    ['a stop IOC', { orderType: 'STOP', price: 0, stopPrice: 105, timeInForce: 'IOC' }, 'BAD_COMBINATION'],
    ['a stop without stop price', { orderType: 'STOP', price: 0 }, 'BAD_COMBINATION'],
    ['a stop limit without stop price', { orderType: 'STOP_LIMIT' }, 'BAD_COMBINATION'],
    ['a limit order with stop price', { stopPrice: 105 }, 'BAD_COMBINATION'],
    ['a stop price of 0', { orderType: 'STOP_LIMIT', stopPrice: 0 }, 'BAD_PRICE'],
    ['an iceberg larger than its order', { displayQuantity: 6 }, 'BAD_QUANTITY'],
    ['an iceberg that shows nothing', { displayQuantity: 0 }, 'BAD_QUANTITY'],
    ['an iceberg too fine', { quantity: 1000, displayQuantity: 9 }, 'ICEBERG_TOO_FINE'],
  ];

  test.each(rejected)('%s is rejected, and nothing changes', (_, fields, reason) => {
    const m = standing();
    const depth = [m.bids(), m.asks()];
    const [status] = m.execute({ ...GOOD, ...fields }).statuses();
    expect(status).toMatchObject({ status: 'REJECTED', reason, filled: 0, open: 0 });
    expect(JSON.parse(JSON.stringify(status))).toEqual(status);
    expect([m.bids(), m.asks()]).toEqual(depth);
    expect(m.execute(GOOD).told()).toEqual(['ACCEPTED a']);
  });

  test.each<[string, BookCommand, string]>([
    ['a cancel without order id', { type: 'CANCEL', orderId: '', userId: 'ann' }, 'CANCEL_REJECTED  BAD_ORDER'],
    ['a cancel without user id', { type: 'CANCEL', orderId: 'o1', userId: '' }, 'CANCEL_REJECTED o1 BAD_ORDER'],
    ['a replace without user id', { type: 'REPLACE', orderId: 'o1', userId: '' }, 'REPLACE_REJECTED o1 BAD_ORDER'],
    ['a cancel-all of nobody', { type: 'CANCEL_ALL', userId: '' }, 'CANCEL_REJECTED  BAD_ORDER'],
    ['a forced cancel of nothing', { type: 'FORCE_CANCEL', orderId: '' }, 'CANCEL_REJECTED  BAD_ORDER'],
    ['a forced cancel-all of nobody', { type: 'FORCE_CANCEL_ALL', userId: '' }, 'CANCEL_REJECTED  BAD_ORDER'],
    [
      'a bad request id',
      { type: 'CANCEL', orderId: 'o1', userId: 'u1', requestId: '' },
      'CANCEL_REJECTED o1 BAD_ORDER',
    ],
  ])('%s is answered, and nothing changes', (_, command, answer) => {
    const m = standing();
    expect(m.execute(command).told()).toEqual([answer]);
    expect([m.bids(), m.asks()]).toEqual([['99×5(1)'], ['101×5(1)']]);
  });

  test.each<[string, object, string]>([
    ['a number as a string', { ...GOOD, price: '100' }, 'price must be a number or absent, got string'],
    ['no quantity', { ...GOOD, quantity: undefined }, 'quantity must be a number'],
    ['null', { ...GOOD, orderId: null }, 'orderId must be a string, got null'],
    ['a side in words', { ...GOOD, isBuy: 'BUY' }, 'isBuy must be a boolean'],
    ['an unknown command', { type: 'AMEND' }, 'unknown command type AMEND'],
    ['a configuration that is none', { type: 'CONFIGURE' }, 'config must be an object'],
  ])('%s throws, since no typed caller could write it', (_, command, message) => {
    const m = standing();
    const before = m.book.stateHash();
    expect(() => m.execute(command as BookCommand)).toThrow(message);
    expect(m.book.stateHash()).toBe(before);
  });

  test('a price of -0, where there is none, is 0', () => {
    const m = new Market(implementation).sell(-0, 1, { orderType: 'STOP', stopPrice: 90 });
    m.replace('o1', { price: -0, quantity: 2 });
    expect(m.statuses().map(({ price }) => price)).toEqual([0, 0]);
    expect(m.book.order('o1')).toMatchObject({ price: 0, quantity: 2 });
  });

  test.each([NaN, -1, 1.5, Infinity, 8.64e15 + 1])('time %p throws', (time) => {
    expect(() => standing().book.execute(GOOD, time)).toThrow(TypeError);
    expect(() => standing().book.advance(time)).toThrow(TypeError);
  });
});
