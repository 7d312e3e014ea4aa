import type { BookLimits } from '../src/index.js';
import { FAST, IMPLEMENTATIONS, Market } from './support/market.js';

const MAX = 1e12;

describe.each(IMPLEMENTATIONS)('limits ($name)', (implementation) => {
  const limited = (limits: Partial<BookLimits>): Market => new Market(implementation, { limits });

  test('a command makes so many executions; the taker’s rest is cancelled', () => {
    const m = limited({ executionsPerCommand: 2 }).sell(100, 1).sell(100, 1).sell(100, 1).quietly().buy(100, 5);
    expect(m.told()).toEqual([
      'ACCEPTED o4',
      'fill 1 @ 100 o1 < o4',
      'FILLED o1 1/1',
      'fill 1 @ 100 o2 < o4',
      'FILLED o2 1/1',
      'CANCELLED o4 EXECUTION_LIMIT 2/5',
    ]);
    expect([m.bids(), m.asks()]).toEqual([[], ['100×1(1)']]);
  });

  test('exactly so many executions are no reason to cancel', () => {
    const m = limited({ executionsPerCommand: 2 }).sell(100, 1).sell(100, 1).quietly().buy(100, 5);
    expect(m.told().at(-1)).toBe('PARTIALLY_FILLED o3 2/5');
    expect(m.bids()).toEqual(['100×3(1)']);
  });

  test('FOK that would need more executions is killed', () => {
    const m = limited({ executionsPerCommand: 2 }).sell(100, 1).sell(100, 1).sell(100, 1).quietly();
    expect(m.buy(100, 3, { timeInForce: 'FOK' }).told()).toEqual(['ACCEPTED o4', 'CANCELLED o4 FOK']);
  });

  test('a user has so many open orders; others, and orders that never rest, are not held up', () => {
    const ann = { userId: 'ann' };
    const m = limited({ openOrdersPerUser: 2 }).buy(90, 1, ann).buy(91, 1, ann).quietly();
    m.buy(92, 1, ann)
      .buy(92, 1)
      .buy(92, 1, { ...ann, timeInForce: 'IOC' })
      .cancel('o1', 'ann')
      .buy(92, 1, ann);
    expect(m.told()).toEqual([
      'REJECTED o3 TOO_MANY_ORDERS',
      'ACCEPTED o4',
      'ACCEPTED o5',
      'CANCELLED o5 IOC',
      'CANCELLED o1',
      'ACCEPTED o6',
    ]);
  });

  test('limits stay with a restored book', () => {
    const m = limited({ openOrdersPerUser: 1 }).buy(90, 1, { userId: 'ann' }).restart().quietly();
    expect(m.buy(91, 1, { userId: 'ann' }).told()).toEqual(['REJECTED o2 TOO_MANY_ORDERS']);
  });

  test('a level’s total stays a safe integer', () => {
    // filled by the fast book, since the naive one would take its time
    const full = new Market(FAST);
    for (let i = 0; i < Math.floor(Number.MAX_SAFE_INTEGER / MAX); i++) full.buy(100, MAX, { userId: `u${i % 50}` });
    const m = new Market(implementation).take(full.book.snapshot());
    m.buy(100, MAX, { orderId: 'a' }).buy(99, 1, { orderId: 'b', userId: 'ub' }).buy(100, 1e11, { orderId: 'c' });
    m.replace('b', { userId: 'ub', price: 100, quantity: MAX });
    expect(m.told()).toEqual([
      'REJECTED a QUANTITY_OVERFLOW',
      'ACCEPTED b',
      'ACCEPTED c',
      'REPLACE_REJECTED b QUANTITY_OVERFLOW',
    ]);
  });

  test('the volume of a day stays a safe integer, and starts anew the next day', () => {
    const m = limited({ windowEntries: 10 });
    const fits = Math.floor(Number.MAX_SAFE_INTEGER / MAX);
    for (let i = 0; i < fits; i++) m.sell(100, MAX).buy(100, MAX);
    m.quietly().sell(100, MAX, { userId: 'ann' }).buy(100, MAX).buy(100, MAX, { timeInForce: 'FOK' });
    expect(m.told().map((text) => text.replace(/ o\d+/g, ''))).toEqual([
      'ACCEPTED',
      'ACCEPTED',
      'CANCELLED VOLUME_LIMIT',
      'ACCEPTED',
      'CANCELLED FOK',
    ]);
    m.wait(86_400_000).buy(100, MAX);
    expect(m.told().at(-1)).toMatch(/^FILLED/);
  });
});

describe.each(IMPLEMENTATIONS)('states ($name)', (implementation) => {
  test('a halted book takes cancels only', () => {
    const m = new Market(implementation).buy(100, 1).buy(99, 1).quietly().halt();
    expect(m.book.state).toBe('halted');
    m.sell(100, 1).replace('o1', { quantity: 2 }).cancel('o1').cancelAll('u2');
    expect(m.told()).toEqual(['REJECTED o3 HALTED', 'REPLACE_REJECTED o1 HALTED', 'CANCELLED o1', 'CANCELLED o2']);
    expect(m.resume().buy(100, 1).told()).toEqual(['ACCEPTED o4']);
  });

  test('a delisted book stays delisted, and keeps its counters', () => {
    const m = new Market(implementation).buy(100, 1).execute({ type: 'DELIST' }).resume().halt().quietly();
    expect(m.book.state).toBe('delisted');
    m.buy(100, 1).replace('o1', { quantity: 2 }).restart().cancel('o1');
    expect(m.told()).toEqual(['REJECTED o2 DELISTED', 'REPLACE_REJECTED o1 DELISTED', 'CANCELLED o1']);
    expect(m.book.seq).toBe(4);
  });

  test('configuration the book does not know changes nothing', () => {
    const m = new Market(implementation).configure({ dayOffsetMin: 0 });
    const before = m.book.stateHash();
    m.configure({ dayOffsetMin: 900 })
      .configure({ dayOffsetMin: 1.5 })
      .configure({ selfTradePrevention: 'X' as 'NONE' });
    expect(m.told()).toEqual(['REJECTED  BAD_ORDER', 'REJECTED  BAD_ORDER', 'REJECTED  BAD_ORDER']);
    expect(m.book.stateHash()).not.toBe(before);
    expect(new Market(implementation).configure({ dayOffsetMin: 0 }).book.stateHash()).toBe(before);
  });
});
