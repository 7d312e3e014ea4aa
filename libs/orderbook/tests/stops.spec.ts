import { IMPLEMENTATIONS, Market } from './support/market.js';

const stop = (stopPrice: number): { orderType: 'STOP'; stopPrice: number } => ({ orderType: 'STOP', stopPrice });
const stopLimit = (stopPrice: number): { orderType: 'STOP_LIMIT'; stopPrice: number } => ({
  orderType: 'STOP_LIMIT',
  stopPrice,
});

describe.each(IMPLEMENTATIONS)('stops ($name)', (implementation) => {
  const market = (): Market => new Market(implementation);
  /** Last trade at 100, bids 99 and 98, asks 101 and 102, ten each: o1 to o6. */
  const traded = (): Market =>
    market().buy(100, 1).sell(100, 1).buy(99, 10).buy(98, 10).sell(101, 10).sell(102, 10).quietly();

  test('a stop waits for its price before the first trade, and shows nowhere', () => {
    const m = market().buy(0, 5, stop(100));
    expect(m.told()).toEqual(['ACCEPTED o1']);
    expect([m.bids(), m.book.openOrders]).toEqual([[], 1]);
    expect([...m.book.stopOrders('bid')].map(({ orderId }) => orderId)).toEqual(['o1']);
  });

  test('a buy triggers at or above its stop, and sweeps as a market order', () => {
    const m = traded().buy(0, 5, stop(101)).quietly().buy(101, 2);
    expect(m.told()).toEqual([
      'ACCEPTED o8',
      'fill 2 @ 101 o5 < o8',
      'PARTIALLY_FILLED o5 2/10',
      'FILLED o8 2/2',
      'TRIGGERED o7',
      'fill 5 @ 101 o5 < o7',
      'PARTIALLY_FILLED o5 7/10',
      'FILLED o7 5/5',
    ]);
  });

  test('a sell triggers at or below its stop, and as STOP_LIMIT rests at its limit', () => {
    const m = traded().sell(100, 15, stopLimit(99)).quietly().sell(99, 1);
    expect(m.told().slice(-1)).toEqual(['TRIGGERED o7']);
    expect(m.asks()[0]).toBe('100×15(1)');
    expect(m.book.order('o7')).toMatchObject({ orderType: 'LIMIT', price: 100 });
  });

  test('already true at entry triggers at once', () => {
    const m = traded().sell(0, 3, stop(100));
    expect(m.told()).toEqual([
      'ACCEPTED o7',
      'TRIGGERED o7',
      'fill 3 @ 99 o3 < o7',
      'PARTIALLY_FILLED o3 3/10',
      'FILLED o7 3/3',
    ]);
  });

  test('buys go by stop ascending, equal stops by time; one that triggers another goes before it', () => {
    const m = traded().buy(0, 1, stop(102)).buy(0, 1, stop(101)).buy(0, 10, stop(101)).quietly().buy(101, 1);
    expect(m.told().filter((text) => text.startsWith('TRIGGERED'))).toEqual([
      'TRIGGERED o8',
      'TRIGGERED o9',
      'TRIGGERED o7',
    ]);
  });

  test('sells go by stop descending', () => {
    const m = traded().sell(0, 1, stop(98)).sell(0, 9, stop(99)).quietly().sell(98, 11);
    expect(m.told().filter((text) => text.startsWith('TRIGGERED'))).toEqual(['TRIGGERED o8', 'TRIGGERED o7']);
  });

  test('the first trade can trigger both sides: buys go before sells', () => {
    const m = market().sell(0, 1, stop(100)).buy(0, 1, stop(100)).sell(100, 1).quietly().buy(100, 1);
    expect(m.told().filter((text) => text.startsWith('TRIGGERED'))).toEqual(['TRIGGERED o2', 'TRIGGERED o1']);
  });

  test('a triggered stop without liquidity is cancelled', () => {
    const m = market().buy(0, 5, stop(100)).sell(100, 1).quietly().buy(100, 1);
    expect(m.told().slice(-2)).toEqual(['TRIGGERED o1', 'CANCELLED o1 NO_LIQUIDITY']);
  });

  test('IOC and post-only count from the trigger', () => {
    const m = traded()
      .buy(101, 20, { ...stopLimit(101), timeInForce: 'IOC' })
      .buy(102, 1, { ...stopLimit(101), postOnly: true });
    m.quietly().buy(101, 1);
    expect(m.told().slice(3)).toEqual([
      'FILLED o9 1/1',
      'TRIGGERED o7',
      'fill 9 @ 101 o5 < o7',
      'FILLED o5 10/10',
      'CANCELLED o7 IOC 9/20',
      'TRIGGERED o8',
      'CANCELLED o8 POST_ONLY_WOULD_TAKE',
    ]);
  });

  test('a stop can be cancelled, and changed: a new stop price triggers at once if it is already true', () => {
    const m = traded()
      .buy(0, 1, stop(105))
      .buy(0, 1, stop(105))
      .quietly()
      .cancel('o7')
      .replace('o8', { stopPrice: 100 });
    expect(m.told()).toEqual([
      'CANCELLED o7',
      'REPLACED o8',
      'TRIGGERED o8',
      'fill 1 @ 101 o5 < o8',
      'PARTIALLY_FILLED o5 1/10',
      'FILLED o8 1/1',
    ]);
  });

  test('a new stop price goes to the back of its stops, less quantity keeps the place', () => {
    const m = traded().buy(0, 2, stop(105)).buy(0, 2, stop(105)).buy(0, 2, stop(104));
    m.replace('o7', { quantity: 1 }).replace('o9', { stopPrice: 105 });
    expect([...m.book.stopOrders('bid')].map(({ orderId }) => orderId)).toEqual(['o7', 'o8', 'o9']);
    m.restart().replace('o7', { quantity: 3 });
    expect([...m.book.stopOrders('bid')].map(({ orderId }) => orderId)).toEqual(['o8', 'o9', 'o7']);
  });
});

describe.each(IMPLEMENTATIONS)('the trading day ($name)', (implementation) => {
  const DAY = 86_400_000;
  const day = { timeInForce: 'DAY' } as const;

  test('DAY orders expire at the boundary, oldest first, stamped with it', () => {
    const m = new Market(implementation).configure({ dayOffsetMin: 0 });
    m.buy(90, 1, day)
      .buy(91, 1)
      .sell(110, 1, { ...day, allOrNone: true })
      .buy(0, 1, { ...day, ...stop(120) })
      .quietly();
    expect(m.book.nextDeadline()).toBe(DAY);
    m.execute({ type: 'CANCEL', orderId: 'none', userId: 'x' }, DAY + 500);
    const statuses = m.statuses().map(({ status, orderId, timestamp }) => `${status} ${orderId} ${timestamp}`);
    expect(statuses).toEqual([
      `EXPIRED o1 ${DAY}`,
      `EXPIRED o3 ${DAY}`,
      `EXPIRED o4 ${DAY}`,
      `CANCEL_REJECTED none ${DAY + 500}`,
    ]);
    expect([m.book.nextDeadline(), m.bids()]).toEqual([Infinity, ['91×1(1)']]);
  });

  test('the day begins at the offset: 00:00 at +09:00 is 15:00 UTC', () => {
    const m = new Market(implementation).buy(90, 1, day);
    expect(m.book.nextDeadline()).toBe(15 * 3_600_000);
    expect(m.configure({ dayOffsetMin: -60 }).book.nextDeadline()).toBe(3_600_000);
  });

  test('a clock that moves alone changes nothing until a timer is due', () => {
    const m = new Market(implementation).configure({ dayOffsetMin: 0 }).buy(90, 1, day).quietly();
    const before = m.book.stateHash();
    m.book.advance(DAY - 1);
    expect(m.book.stateHash()).toBe(before);
    m.restart().book.advance(DAY + 7);
    expect([m.told(), m.book.time]).toEqual([['EXPIRED o1'], DAY]);
  });

  test('an order entered at the boundary lives for the day that begins', () => {
    const m = new Market(implementation).configure({ dayOffsetMin: 0 }).buy(90, 1, { ...day, at: DAY });
    expect(m.book.nextDeadline()).toBe(2 * DAY);
  });
});
