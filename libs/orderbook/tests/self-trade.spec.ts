import { IMPLEMENTATIONS, Market } from './support/market.js';

const ann = { userId: 'ann' };

describe.each(IMPLEMENTATIONS)('self-trade prevention ($name)', (implementation) => {
  /** ann asks 5 at 100, another asks 5 at 101. */
  const asked = (): Market => new Market(implementation).sell(100, 5, ann).sell(101, 5).quietly();

  test('without it a user trades with itself', () => {
    expect(asked().buy(100, 5, ann).told()).toEqual([
      'ACCEPTED o3',
      'fill 5 @ 100 o1 < o3',
      'FILLED o1 5/5',
      'FILLED o3 5/5',
    ]);
  });

  test('CANCEL_TAKER cancels what is left of the taker', () => {
    const m = asked()
      .sell(99, 1)
      .quietly()
      .buy(101, 8, { ...ann, selfTradePrevention: 'CANCEL_TAKER' });
    expect(m.told()).toEqual(['ACCEPTED o4', 'fill 1 @ 99 o3 < o4', 'FILLED o3 1/1', 'CANCELLED o4 STP 1/8']);
    expect(m.asks()).toEqual(['100×5(1)', '101×5(1)']);
  });

  test('CANCEL_MAKER cancels the resting order, and the taker goes on', () => {
    const m = asked().buy(101, 8, { ...ann, selfTradePrevention: 'CANCEL_MAKER' });
    expect(m.told()).toEqual([
      'ACCEPTED o3',
      'CANCELLED o1 STP',
      'fill 5 @ 101 o2 < o3',
      'FILLED o2 5/5',
      'PARTIALLY_FILLED o3 5/8',
    ]);
  });

  test('CANCEL_BOTH cancels both', () => {
    const m = asked().buy(101, 8, { ...ann, selfTradePrevention: 'CANCEL_BOTH' });
    expect(m.told()).toEqual(['ACCEPTED o3', 'CANCELLED o1 STP', 'CANCELLED o3 STP']);
    expect(m.asks()).toEqual(['101×5(1)']);
  });

  test('DECREMENT takes the smaller off both, without a trade; the resting order keeps its place', () => {
    const m = asked()
      .sell(100, 9)
      .quietly()
      .buy(100, 2, { ...ann, selfTradePrevention: 'DECREMENT' });
    expect(m.statuses().slice(1)).toEqual([
      expect.objectContaining({ orderId: 'o1', status: 'REPLACED', reason: 'STP', quantity: 3, filled: 0, open: 3 }),
      expect.objectContaining({ orderId: 'o4', status: 'CANCELLED', reason: 'STP', quantity: 0, filled: 0, open: 0 }),
    ]);
    expect([m.queue('ask'), m.asks()]).toEqual([
      ['o1', 'o3', 'o2'],
      ['100×12(2)', '101×5(1)'],
    ]);
    expect(m.book.tradeNo).toBe(0);
  });

  test('DECREMENT of a larger taker ends the resting order, and the taker goes on with less', () => {
    const m = asked().buy(101, 8, { ...ann, selfTradePrevention: 'DECREMENT' });
    expect(m.told()).toEqual([
      'ACCEPTED o3',
      'CANCELLED o1 STP',
      'REPLACED o3 STP',
      'fill 3 @ 101 o2 < o3',
      'PARTIALLY_FILLED o2 3/5',
      'FILLED o3 3/3',
    ]);
  });

  test('DECREMENT counts the hidden part too, and takes it first', () => {
    const m = new Market(implementation).sell(100, 10, { ...ann, displayQuantity: 4 }).quietly();
    m.buy(100, 7, { ...ann, selfTradePrevention: 'DECREMENT' });
    expect(m.told()).toEqual(['ACCEPTED o2', 'REPLACED o1 STP', 'CANCELLED o2 STP']);
    expect([m.asks(), m.book.order('o1')?.open]).toEqual([['100×3(1)'], 3]);
  });

  test('the symbol’s mode holds for orders that name none', () => {
    const m = asked().configure({ selfTradePrevention: 'CANCEL_TAKER' }).restart().quietly();
    m.buy(100, 1, ann).buy(100, 1, { ...ann, selfTradePrevention: 'NONE' });
    expect(m.told().slice(0, 4)).toEqual(['ACCEPTED o3', 'CANCELLED o3 STP', 'ACCEPTED o4', 'fill 1 @ 100 o1 < o4']);
  });

  test.each([
    ['CANCEL_TAKER', ['ACCEPTED o3', 'CANCELLED o3 FOK']],
    ['CANCEL_BOTH', ['ACCEPTED o3', 'CANCELLED o3 FOK']],
    ['CANCEL_MAKER', ['ACCEPTED o3', 'CANCELLED o1 STP', 'fill 5 @ 101 o2 < o3', 'FILLED o2 5/5', 'FILLED o3 5/5']],
  ] as const)('a FOK’s trial under %s', (selfTradePrevention, told) => {
    expect(
      asked()
        .buy(101, 5, { ...ann, timeInForce: 'FOK', selfTradePrevention })
        .told(),
    ).toEqual(told);
  });

  test('a FOK’s trial never counts its user’s own orders', () => {
    for (const selfTradePrevention of ['CANCEL_MAKER', 'DECREMENT'] as const) {
      const m = asked().buy(101, 6, { ...ann, timeInForce: 'FOK', selfTradePrevention });
      expect(m.told()).toEqual(['ACCEPTED o3', 'CANCELLED o3 FOK']);
    }
  });
});
