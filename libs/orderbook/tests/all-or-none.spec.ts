import { IMPLEMENTATIONS, Market } from './support/market.js';

const allOrNone = true;

describe.each(IMPLEMENTATIONS)('all-or-none ($name)', (implementation) => {
  const market = (): Market => new Market(implementation);

  test('trades if all of it can at once', () => {
    const m = market().sell(100, 3).sell(101, 4).quietly().buy(101, 5, { allOrNone });
    expect(m.told()).toEqual([
      'ACCEPTED o3',
      'fill 3 @ 100 o1 < o3',
      'FILLED o1 3/3',
      'fill 2 @ 101 o2 < o3',
      'PARTIALLY_FILLED o2 2/4',
      'FILLED o3 5/5',
    ]);
  });

  test('else it rests aside: not in depth, not the best price, no block to others', () => {
    const m = market().sell(100, 3).quietly().buy(101, 5, { allOrNone });
    expect(m.told()).toEqual(['ACCEPTED o2']);
    expect([m.bids(), m.book.bestBid(), m.queue('bid')]).toEqual([[], 0, []]);
    expect([...m.book.allOrNoneOrders('bid')].map(({ orderId }) => orderId)).toEqual(['o2']);
    expect(m.buy(100, 1).told()).toEqual([
      'ACCEPTED o3',
      'fill 1 @ 100 o1 < o3',
      'PARTIALLY_FILLED o1 1/3',
      'FILLED o3 1/1',
    ]);
  });

  test('a taker passes it over when it is more than the taker has left', () => {
    const m = market().buy(101, 5, { allOrNone }).buy(100, 2).buy(99, 2).quietly().sell(99, 4);
    expect(m.told()).toEqual([
      'ACCEPTED o4',
      'fill 2 @ 100 o2 < o4',
      'FILLED o2 2/2',
      'fill 2 @ 99 o3 < o4',
      'FILLED o3 2/2',
      'FILLED o4 4/4',
    ]);
  });

  test('a taker large enough meets it at its price and place', () => {
    const m = market().buy(100, 1).buy(100, 3, { allOrNone }).buy(100, 1).quietly().sell(100, 5);
    expect(m.told().filter((text) => text.startsWith('fill'))).toEqual([
      'fill 1 @ 100 o1 < o4',
      'fill 3 @ 100 o2 < o4',
      'fill 1 @ 100 o3 < o4',
    ]);
  });

  test('what comes to rest lets it run as a taker, at the resting prices', () => {
    const m = market().buy(101, 5, { allOrNone }).sell(100, 3).quietly().sell(99, 2);
    expect(m.told()).toEqual([
      'ACCEPTED o3',
      'fill 2 @ 99 o3 < o1',
      'FILLED o3 2/2',
      'fill 3 @ 100 o2 < o1',
      'FILLED o2 3/3',
      'FILLED o1 5/5',
    ]);
  });

  test('several run by price, then time, until none can', () => {
    const m = market().buy(101, 4, { allOrNone }).buy(102, 4, { allOrNone }).buy(102, 3, { allOrNone }).quietly();
    m.sell(101, 1).sell(101, 2).sell(101, 1);
    // the second sell makes three, enough for o3 alone; the third is too little for the others
    expect(m.told()).toEqual([
      'ACCEPTED o4',
      'ACCEPTED o5',
      'fill 1 @ 101 o4 < o3',
      'FILLED o4 1/1',
      'fill 2 @ 101 o5 < o3',
      'FILLED o5 2/2',
      'FILLED o3 3/3',
      'ACCEPTED o6',
    ]);
  });

  test('all that can run do so after one command, buys first', () => {
    const m = market().sell(101, 4).buy(101, 9, { allOrNone }).buy(101, 9, { allOrNone });
    // a reduction keeps the place and lets nothing come to rest: nobody runs yet
    m.replace('o2', { quantity: 2 }).replace('o3', { quantity: 2 }).quietly().sell(102, 1);
    expect(m.told()).toEqual([
      'ACCEPTED o4',
      'fill 2 @ 101 o1 < o2',
      'PARTIALLY_FILLED o1 2/4',
      'FILLED o2 2/2',
      'fill 2 @ 101 o1 < o3',
      'FILLED o1 4/4',
      'FILLED o3 2/2',
    ]);
    const both = market().buy(110, 9, { allOrNone }).sell(100, 20, { allOrNone });
    both.replace('o1', { quantity: 2 }).replace('o2', { quantity: 2 }).save().quietly().restoreSaved();
    expect(both.told().slice(2)).toEqual(['fill 2 @ 100 o2 < o1', 'FILLED o2 2/2', 'FILLED o1 2/2']);
  });

  test('IOC makes it a FOK', () => {
    const m = market().sell(100, 3).quietly().buy(100, 5, { allOrNone, timeInForce: 'IOC' });
    expect(m.told()).toEqual(['ACCEPTED o2', 'CANCELLED o2 FOK']);
  });

  test('a FOK sees resting ones as a taker would', () => {
    const fok = { timeInForce: 'FOK' } as const;
    const m = market().sell(100, 5, { allOrNone }).sell(101, 2).quietly().buy(101, 4, fok).buy(101, 7, fok);
    expect(m.told()).toEqual([
      'ACCEPTED o3',
      'CANCELLED o3 FOK',
      'ACCEPTED o4',
      'fill 5 @ 100 o1 < o4',
      'FILLED o1 5/5',
      'fill 2 @ 101 o2 < o4',
      'FILLED o2 2/2',
      'FILLED o4 7/7',
    ]);
  });

  test('a trial takes slices in turn, so that an order passed over is passed over in earnest too', () => {
    const m = market().sell(100, 9, { displayQuantity: 3 }).sell(100, 6, { allOrNone }).quietly();
    m.buy(100, 9, { timeInForce: 'FOK' });
    expect(m.told()).toEqual([
      'ACCEPTED o3',
      'fill 3 @ 100 o1 < o3',
      'PARTIALLY_FILLED o1 3/9',
      'fill 6 @ 100 o2 < o3',
      'FILLED o2 6/6',
      'FILLED o3 9/9',
    ]);
  });

  test('post-only may rest across one that is too large for it', () => {
    const m = market()
      .buy(101, 5, { allOrNone })
      .quietly()
      .sell(100, 4, { postOnly: true })
      .sell(100, 5, { postOnly: true });
    expect(m.told()).toEqual(['ACCEPTED o2', 'REJECTED o3 POST_ONLY_WOULD_TAKE']);
  });

  test('it keeps its place over a restart', () => {
    const m = market().buy(100, 2, { allOrNone }).buy(100, 2, { allOrNone }).restart().quietly().sell(100, 2);
    expect(m.told()[1]).toBe('fill 2 @ 100 o1 < o3');
  });

  test('under DECREMENT an order fills whole or does not trade, though its own orders are taken off it', () => {
    const offers = (): Market =>
      new Market(implementation)
        .sell(100, 4, { userId: 'ann' })
        .sell(100, 8, { allOrNone: true })
        .sell(101, 2)
        .quietly();
    const own = { userId: 'ann', selfTradePrevention: 'DECREMENT' } as const;
    // 4 off for the own order leaves 6: too few for the 8, which the trial without own orders counted on
    expect(
      offers()
        .buy(101, 10, { ...own, timeInForce: 'FOK' })
        .told(),
    ).toEqual(['ACCEPTED o4', 'CANCELLED o4 FOK']);
    expect(
      offers()
        .buy(101, 10, { ...own, allOrNone: true })
        .told(),
    ).toEqual(['ACCEPTED o4']);
    expect(
      offers()
        .buy(101, 14, { ...own, timeInForce: 'FOK' })
        .told(),
    ).toEqual(['ACCEPTED o4', 'CANCELLED o4 FOK']);
    expect(
      offers()
        .sell(101, 4)
        .quietly()
        .buy(101, 14, { ...own, timeInForce: 'FOK' })
        .told(),
    ).toEqual([
      'ACCEPTED o5',
      'CANCELLED o1 STP',
      'REPLACED o5 STP',
      'fill 8 @ 100 o2 < o5',
      'FILLED o2 8/8',
      'fill 2 @ 101 o3 < o5',
      'FILLED o3 2/2',
      'FILLED o5 10/10',
    ]);
  });

  test.each([
    [150, 'goes on'],
    [250, 'waits for the next'],
  ])('of %i that are tried in vain before it, one that could %s', (inVain) => {
    const m = new Market(implementation);
    const own = { userId: 'ann', selfTradePrevention: 'CANCEL_TAKER' } as const;
    for (let n = 0; n < inVain; n++) m.buy(101, 10, { ...own, allOrNone: true });
    m.buy(101, 10, { orderId: 'bob', allOrNone: true }).sell(101, 9, { userId: 'ann' }).quietly();
    m.sell(101, 9, { userId: 'ann' });
    expect(m.book.order('bob') === undefined).toBe(inVain < 200);
  });
});
