import { IMPLEMENTATIONS, Market } from './support/market.js';

describe.each(IMPLEMENTATIONS)('price and time ($name)', (implementation) => {
  const market = (): Market => new Market(implementation);

  test('orders that do not meet rest, best price first', () => {
    const m = market().buy(99, 5).buy(100, 3).sell(102, 4).sell(101, 2);
    expect(m.told()).toEqual(['ACCEPTED o1', 'ACCEPTED o2', 'ACCEPTED o3', 'ACCEPTED o4']);
    expect(m.bids()).toEqual(['100×3(1)', '99×5(1)']);
    expect(m.asks()).toEqual(['101×2(1)', '102×4(1)']);
    expect([m.book.bestBid(), m.book.bestAsk()]).toEqual([100, 101]);
  });

  test('a trade prints at the resting order’s price, best price first, then oldest first', () => {
    const m = market().sell(101, 5).sell(100, 2).sell(100, 3).quietly();
    m.buy(105, 9);
    expect(m.told()).toEqual([
      'ACCEPTED o4',
      'fill 2 @ 100 o2 < o4',
      'FILLED o2 2/2',
      'fill 3 @ 100 o3 < o4',
      'FILLED o3 3/3',
      'fill 4 @ 101 o1 < o4',
      'PARTIALLY_FILLED o1 4/5',
      'FILLED o4 9/9',
    ]);
    expect(m.asks()).toEqual(['101×1(1)']);
  });

  test('what is left of a limit order rests at its own price', () => {
    const m = market().sell(100, 2).quietly().buy(101, 5);
    expect(m.told()).toEqual(['ACCEPTED o2', 'fill 2 @ 100 o1 < o2', 'FILLED o1 2/2', 'PARTIALLY_FILLED o2 2/5']);
    expect(m.bids()).toEqual(['101×3(1)']);
    expect(m.asks()).toEqual([]);
  });

  test('time is the order of the commands, whatever time they carry', () => {
    const m = market().buy(100, 1, { at: 5_000 }).buy(100, 1, { at: 1_000 });
    expect(m.book.time).toBe(5_000);
    expect(m.quietly().sell(100, 1).told()[1]).toBe('fill 1 @ 100 o1 < o3');
  });

  test('every event is numbered, every execution and every status by itself too', () => {
    const m = market().sell(100, 2).buy(100, 1);
    const numbers = m.tape
      .take()
      .map((e) => (e.event === 'FILL' ? ['F', e.fill.seq, e.fill.tradeNo] : ['S', e.status.seq, e.status.n]));
    expect(numbers).toEqual([
      ['S', 1, 1],
      ['S', 2, 2],
      ['F', 3, 1],
      ['S', 4, 3],
      ['S', 5, 4],
    ]);
    expect([m.book.seq, m.book.tradeNo, m.book.statusNo, m.book.lastPrice]).toEqual([5, 1, 4, 100]);
  });

  test('events carry both sides of an execution and the whole of an order', () => {
    const m = market().sell(100, 5, { userId: 'ann' }).quietly().buy(101, 3, { userId: 'bob', requestId: 'r1' });
    expect(m.tape.take()).toEqual([
      {
        event: 'STATUS',
        status: {
          seq: 2,
          n: 2,
          timestamp: 1000,
          status: 'ACCEPTED',
          reason: '',
          orderId: 'o2',
          userId: 'bob',
          isBuy: true,
          orderType: 'LIMIT',
          price: 101,
          quantity: 3,
          filled: 0,
          open: 3,
          requestId: 'r1',
        },
      },
      {
        event: 'FILL',
        fill: {
          seq: 3,
          tradeNo: 1,
          timestamp: 1000,
          price: 100,
          quantity: 3,
          takerIsBuy: true,
          makerOrderId: 'o1',
          makerUserId: 'ann',
          makerOpen: 2,
          takerOrderId: 'o2',
          takerUserId: 'bob',
          takerOpen: 0,
        },
      },
      {
        event: 'STATUS',
        status: {
          seq: 4,
          n: 3,
          timestamp: 1000,
          status: 'PARTIALLY_FILLED',
          reason: '',
          orderId: 'o1',
          userId: 'ann',
          isBuy: false,
          orderType: 'LIMIT',
          price: 100,
          quantity: 5,
          filled: 3,
          open: 2,
          requestId: '',
        },
      },
      {
        event: 'STATUS',
        status: {
          seq: 5,
          n: 4,
          timestamp: 1000,
          status: 'FILLED',
          reason: '',
          orderId: 'o2',
          userId: 'bob',
          isBuy: true,
          orderType: 'LIMIT',
          price: 101,
          quantity: 3,
          filled: 3,
          open: 0,
          requestId: '',
        },
      },
    ]);
  });

  test('orders can be looked up, and read in priority order', () => {
    const m = market().buy(100, 5).buy(101, 1).buy(100, 2).sell(100, 3);
    expect(m.queue('bid')).toEqual(['o1', 'o3']);
    expect(m.book.order('o1')).toMatchObject({
      orderId: 'o1',
      userId: 'u1',
      isBuy: true,
      orderType: 'LIMIT',
      price: 100,
      quantity: 5,
      filled: 2,
      open: 3,
    });
    expect(m.book.order('o2')).toBeUndefined();
    expect(m.book.openOrders).toBe(2);
  });
});

describe.each(IMPLEMENTATIONS)('orders that never rest ($name)', (implementation) => {
  const market = (): Market => new Market(implementation);

  test('a market order sweeps, and its rest is cancelled for want of liquidity', () => {
    const m = market().sell(100, 2).sell(110, 2).quietly().buyMarket(5);
    expect(m.told()).toEqual([
      'ACCEPTED o3',
      'fill 2 @ 100 o1 < o3',
      'FILLED o1 2/2',
      'fill 2 @ 110 o2 < o3',
      'FILLED o2 2/2',
      'CANCELLED o3 NO_LIQUIDITY 4/5',
    ]);
    expect(m.book.openOrders).toBe(0);
  });

  test('a market order into an empty book is accepted, then cancelled, and rests nowhere', () => {
    const m = market().sellMarket(3);
    expect(m.told()).toEqual(['ACCEPTED o1', 'CANCELLED o1 NO_LIQUIDITY']);
    expect(m.buy(100, 1).told()).toEqual(['ACCEPTED o2']);
  });

  test('IOC takes what is there at its price; the rest is cancelled', () => {
    const m = market().sell(100, 2).sell(102, 2).quietly().buy(101, 5, { timeInForce: 'IOC' });
    expect(m.told()).toEqual(['ACCEPTED o3', 'fill 2 @ 100 o1 < o3', 'FILLED o1 2/2', 'CANCELLED o3 IOC 2/5']);
    expect(m.bids()).toEqual([]);
  });

  test('FOK that can be filled fills whole', () => {
    const m = market().sell(100, 2).sell(101, 3).quietly().buy(101, 4, { timeInForce: 'FOK' });
    expect(m.told()).toEqual([
      'ACCEPTED o3',
      'fill 2 @ 100 o1 < o3',
      'FILLED o1 2/2',
      'fill 2 @ 101 o2 < o3',
      'PARTIALLY_FILLED o2 2/3',
      'FILLED o3 4/4',
    ]);
  });

  test('FOK that cannot be filled whole touches nothing', () => {
    const m = market().sell(100, 2).sell(102, 9).quietly().buy(101, 3, { timeInForce: 'FOK' });
    expect(m.told()).toEqual(['ACCEPTED o3', 'CANCELLED o3 FOK']);
    expect(m.asks()).toEqual(['100×2(1)', '102×9(1)']);
  });

  test('a FOK market order fills whole or not at all', () => {
    const m = market().sell(100, 2).quietly().buyMarket(3, { timeInForce: 'FOK' }).buyMarket(2, { timeInForce: 'FOK' });
    expect(m.told()).toEqual([
      'ACCEPTED o2',
      'CANCELLED o2 FOK',
      'ACCEPTED o3',
      'fill 2 @ 100 o1 < o3',
      'FILLED o1 2/2',
      'FILLED o3 2/2',
    ]);
  });

  test('post-only that would take is rejected; else it rests', () => {
    const m = market().sell(101, 2).quietly().buy(101, 1, { postOnly: true }).buy(100, 1, { postOnly: true });
    expect(m.told()).toEqual(['REJECTED o2 POST_ONLY_WOULD_TAKE', 'ACCEPTED o3']);
    expect(m.bids()).toEqual(['100×1(1)']);
  });

  test('a rejected order does not use up its id', () => {
    const m = market().sell(101, 2).buy(101, 1, { orderId: 'mine', postOnly: true }).quietly();
    expect(m.buy(100, 1, { orderId: 'mine' }).told()).toEqual(['ACCEPTED mine']);
  });
});
