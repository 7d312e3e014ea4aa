import { EventListeners } from '../src/index.js';
import { IMPLEMENTATIONS, Market } from './support/market.js';

describe.each(IMPLEMENTATIONS)('depth ($name)', (implementation) => {
  const ladder = (levels: number): Market => {
    const m = new Market(implementation);
    for (let i = 0; i < levels; i++) m.buy(100 - i, 1 + i).sell(101 + i, 1 + i);
    return m;
  };

  test('shows so many levels, with quantity and orders of each', () => {
    const m = ladder(12).buy(99, 5);
    expect(m.bids(3)).toEqual(['100×1(1)', '99×7(2)', '98×3(1)']);
    expect(m.asks()).toHaveLength(10);
    expect(m.book.depth('ask', 99)).toHaveLength(12);
  });

  test('levels are read one by one, without an object', () => {
    const { book } = ladder(3).buy(99, 5);
    const level = (i: number): number[] => [
      book.levelPrice('bid', i),
      book.levelQuantity('bid', i),
      book.levelOrders('bid', i),
    ];
    expect([level(0), level(1), level(3)]).toEqual([
      [100, 1, 1],
      [99, 7, 2],
      [0, 0, 0],
    ]);
  });

  test('its version grows with what the top shows, and not with what lies deeper', () => {
    const m = ladder(12);
    const first = m.book.depthVersion;
    expect(m.book.depthVersion).toBe(first);
    m.buy(50, 1).cancel('o24').buy(100, 1, { timeInForce: 'FOK', userId: 'x' }).halt().resume();
    expect(m.book.depthVersion).toBe(first);
    const second = m.buy(91, 1).book.depthVersion;
    expect(second).toBeGreaterThan(first);
    const third = m.sell(100, 1).book.depthVersion;
    expect(third).toBeGreaterThan(second);
    expect(m.cancel('o13').book.depthVersion).toBeGreaterThan(third);
  });

  test('the version of a side grows with an execution in part and with a reduction, and leaves the other side alone', () => {
    const m = new Market(implementation).buy(100, 5);
    const ask = m.book.sideVersion('ask');
    const first = m.book.sideVersion('bid');
    const second = m.sell(100, 2).book.sideVersion('bid');
    const third = m.replace('o1', { quantity: 4 }).book.sideVersion('bid');
    expect([second > first, third > second, m.book.sideVersion('ask')]).toEqual([true, true, ask]);
  });

  test('is copied into an array of the caller', () => {
    const { book } = ladder(3).buy(99, 5);
    const into = new Float64Array(9).fill(-1);
    expect(book.copyDepth('bid', 2, into)).toBe(2);
    expect([...into]).toEqual([100, 1, 1, 99, 7, 2, -1, -1, -1]);
    expect(book.copyDepth('ask', 10, new Float64Array(30))).toBe(3);
  });

  test('listeners come and go', () => {
    const events = new EventListeners();
    const book = implementation.create({ symbol: 'TEST', sink: events.sink });
    const heard: string[] = [];
    const stopFills = events.onFill(({ price, quantity }) => heard.push(`${quantity} @ ${price}`));
    const stopStatuses = events.onStatus(({ status, orderId }) => heard.push(`${status} ${orderId}`));
    book.execute({ type: 'ADD', orderId: 'a', userId: 'ann', isBuy: true, price: 100, quantity: 2 }, 1);
    stopStatuses();
    book.execute({ type: 'ADD', orderId: 'b', userId: 'bob', isBuy: false, price: 100, quantity: 1 }, 2);
    stopFills();
    book.execute({ type: 'ADD', orderId: 'c', userId: 'bob', isBuy: false, price: 100, quantity: 1 }, 3);
    expect(heard).toEqual(['ACCEPTED a', '1 @ 100']);
  });
});
