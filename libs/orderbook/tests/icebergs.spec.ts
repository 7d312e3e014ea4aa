import { IMPLEMENTATIONS, Market } from './support/market.js';

describe.each(IMPLEMENTATIONS)('icebergs ($name)', (implementation) => {
  const market = (): Market => new Market(implementation);
  const iceberg = (): Market => market().sell(100, 10, { displayQuantity: 3 });

  test('depth shows the shown part alone', () => {
    const m = iceberg().sell(100, 4);
    expect(m.asks()).toEqual(['100×7(2)']);
    expect(m.book.order('o1')).toMatchObject({ quantity: 10, open: 10 });
  });

  test('when the shown part is used up, the next slice goes to the back of its level', () => {
    const m = iceberg().sell(100, 4).quietly().buy(100, 8);
    expect(m.told()).toEqual([
      'ACCEPTED o3',
      'fill 3 @ 100 o1 < o3',
      'PARTIALLY_FILLED o1 3/10',
      'fill 4 @ 100 o2 < o3',
      'FILLED o2 4/4',
      'fill 1 @ 100 o1 < o3',
      'PARTIALLY_FILLED o1 4/10',
      'FILLED o3 8/8',
    ]);
    expect(m.asks()).toEqual(['100×2(1)']);
  });

  test('the last slice is what is left', () => {
    const m = iceberg().quietly().buy(100, 9);
    expect(m.told().filter((text) => text.startsWith('fill'))).toEqual(Array(3).fill('fill 3 @ 100 o1 < o2'));
    expect(m.asks()).toEqual(['100×1(1)']);
  });

  test('an incoming iceberg takes with all of it, and shows a slice of the rest', () => {
    const m = market().sell(100, 6).quietly().buy(100, 20, { displayQuantity: 5 });
    expect(m.told().at(-1)).toBe('PARTIALLY_FILLED o2 6/20');
    expect(m.bids()).toEqual(['100×5(1)']);
  });

  test('a FOK sees the hidden part', () => {
    const m = iceberg().quietly().buy(100, 11, { timeInForce: 'FOK' });
    expect(m.told()).toEqual(['ACCEPTED o2', 'CANCELLED o2 FOK']);
    expect(m.buy(100, 10, { timeInForce: 'FOK' }).told().at(-1)).toBe('FILLED o3 10/10');
    expect(m.book.openOrders).toBe(0);
  });

  test('a slice that is used up in part is no larger after a restart', () => {
    const m = new Market(implementation).sell(100, 9, { displayQuantity: 3 }).sell(100, 1).buy(100, 1).restart();
    expect(m.asks()).toEqual(['100×3(2)']);
    const fills = m.quietly().buy(100, 3).told();
    expect(fills.filter((text) => text.startsWith('fill'))).toEqual(['fill 2 @ 100 o1 < o4', 'fill 1 @ 100 o2 < o4']);
  });

  test('a FOK sees every slice', () => {
    const m = new Market(implementation).sell(100, 9, { displayQuantity: 2 }).sell(100, 1).quietly();
    expect(m.buy(100, 10, { timeInForce: 'FOK' }).told().at(-1)).toBe('FILLED o3 10/10');
  });

  test('a reduction comes off the hidden part first, and keeps the place', () => {
    const m = iceberg().sell(100, 1).quietly().replace('o1', { quantity: 5 });
    expect([m.queue('ask'), m.asks()]).toEqual([['o1', 'o2'], ['100×4(2)']]);
    m.buy(100, 4).quietly().replace('o1', { quantity: 4 });
    expect(m.book.order('o1')).toMatchObject({ quantity: 4, filled: 3, open: 1 });
    expect(m.asks()).toEqual(['100×1(1)']);
  });

  test('another display quantity goes to the back', () => {
    const m = iceberg()
      .sell(100, 1)
      .quietly()
      .replace('o1', { displayQuantity: 5 })
      .replace('o2', { displayQuantity: 1 });
    expect([m.queue('ask'), m.asks()]).toEqual([['o1', 'o2'], ['100×6(2)']]);
    m.replace('o1', { displayQuantity: 11 }).replace('o1', { quantity: 501 });
    expect(m.told().slice(2)).toEqual(['REPLACE_REJECTED o1 BAD_QUANTITY', 'REPLACE_REJECTED o1 ICEBERG_TOO_FINE']);
  });

  test('slices survive a restart as they stand', () => {
    const m = iceberg().sell(100, 4).buy(100, 5).restart();
    expect([m.queue('ask'), m.asks()]).toEqual([['o2', 'o1'], ['100×5(2)']]);
  });
});
