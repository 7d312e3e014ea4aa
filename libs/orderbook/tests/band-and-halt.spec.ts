import type { BookConfig } from '../src/index.js';
import { IMPLEMENTATIONS, Market } from './support/market.js';

describe.each(IMPLEMENTATIONS)('price band ($name)', (implementation) => {
  /** Reference 1000, band ±10 %: 900 to 1100. */
  const banded = (): Market =>
    new Market(implementation).configure({ referencePrice: 1000, priceBandBps: 1000, referenceWindowMs: 60_000 });

  test('a limit price outside is rejected, at its edge it is not', () => {
    const m = banded().buy(1101, 1).buy(899, 1).sell(1100, 1).buy(900, 1, { timeInForce: 'IOC' });
    expect(m.told()).toEqual([
      'REJECTED o1 PRICE_BAND',
      'REJECTED o2 PRICE_BAND',
      'ACCEPTED o3',
      'ACCEPTED o4',
      'CANCELLED o4 IOC',
    ]);
    expect(m.replace('o3', { price: 1101 }).told()).toEqual(['REPLACE_REJECTED o3 PRICE_BAND']);
  });

  test('a market order sweeps to the edge', () => {
    const m = new Market(implementation).sell(1050, 1).sell(1200, 5).buy(850, 5).quietly();
    m.configure({ referencePrice: 1000, priceBandBps: 1000 }).buyMarket(3).sellMarket(1);
    expect(m.told()).toEqual([
      'ACCEPTED o4',
      'fill 1 @ 1050 o1 < o4',
      'FILLED o1 1/1',
      'CANCELLED o4 PRICE_BAND 1/3',
      'ACCEPTED o5',
      'CANCELLED o5 PRICE_BAND',
    ]);
  });

  test('without a reference there is no band', () => {
    expect(new Market(implementation).configure({ priceBandBps: 100 }).buy(5, 1).told()).toEqual(['ACCEPTED o1']);
  });

  test('the reference is the last trade before the window, else the oldest in it', () => {
    const m = banded().buy(1050, 1).sell(1050, 1).wait(30_000).buy(1090, 1).sell(1090, 1).quietly();
    // both in the window: the older, 1050, allows up to 1155
    expect(m.buy(1156, 1).buy(1155, 1).cancel('o6').told()).toEqual([
      'REJECTED o5 PRICE_BAND',
      'ACCEPTED o6',
      'CANCELLED o6',
    ]);
    // 60 s after the second trade it is the last before the window: 1090 allows up to 1199
    m.wait(60_000).restart();
    expect(m.buy(1200, 1).buy(1199, 1).told()).toEqual(['REJECTED o7 PRICE_BAND', 'ACCEPTED o8']);
  });

  test('of the trades of one millisecond the first is the oldest, and the last is what it left', () => {
    const m = banded().sell(1000, 1).sell(1050, 1).buy(1050, 2).quietly();
    expect(m.buy(1101, 1).buy(1100, 1).told()).toEqual(['REJECTED o4 PRICE_BAND', 'ACCEPTED o5']);
    m.wait(60_000).restart();
    expect(m.buy(1156, 1).buy(1155, 1).told()).toEqual(['REJECTED o6 PRICE_BAND', 'ACCEPTED o7']);
  });
});

describe.each(IMPLEMENTATIONS)('volatility halt ($name)', (implementation) => {
  /** Halts beyond 1000 ± 5 % for 10 s; asks at 1040, 1060. */
  const halting = (): Market =>
    new Market(implementation)
      .configure({ referencePrice: 1000, haltThresholdBps: 500, haltDurationMs: 10_000 })
      .sell(1040, 1)
      .sell(1060, 5)
      .quietly();

  test('the execution beyond the threshold does not happen, those before it stand, and trading halts', () => {
    const m = halting().buy(1060, 3);
    expect(m.told()).toEqual(['ACCEPTED o3', 'fill 1 @ 1040 o1 < o3', 'FILLED o1 1/1', 'CANCELLED o3 HALTED 1/3']);
    expect([m.book.state, m.book.haltedUntil, m.book.nextDeadline()]).toEqual(['halted', 11_000, 11_000]);
    expect(m.buy(1, 1).cancel('o2').told()).toEqual(['REJECTED o4 HALTED', 'CANCELLED o2']);
  });

  test('it ends at its deadline, from where the last trade is the reference', () => {
    const m = halting().buy(1060, 3).quietly().restart();
    m.book.advance(10_999);
    expect(m.book.state).toBe('halted');
    m.book.advance(11_000);
    expect([m.book.state, m.book.haltedUntil, m.book.time]).toEqual(['open', 0, 11_000]);
    // 1040 + 5 % = 1092: now 1060 may print
    expect(m.buy(1060, 2).told()[1]).toBe('fill 2 @ 1060 o2 < o4');
  });

  test('a FOK or all-or-none order that cannot fill inside halts nothing', () => {
    const m = halting().buy(1060, 3, { timeInForce: 'FOK' }).buy(1060, 3, { allOrNone: true });
    expect(m.told()).toEqual(['ACCEPTED o3', 'CANCELLED o3 FOK', 'ACCEPTED o4']);
    expect(m.book.state).toBe('open');
  });

  test('triggered stops wait in their order and go on after the halt', () => {
    const m = halting()
      .buy(0, 1, { orderType: 'STOP', stopPrice: 1040 })
      .buy(0, 1, { orderType: 'STOP', stopPrice: 1030 });
    m.quietly().buy(1060, 3);
    expect(m.told().at(-1)).toBe('CANCELLED o5 HALTED 1/3');
    m.restart().cancel('o4', 'nobody').quietly().resume();
    expect(m.told()).toEqual([
      'TRIGGERED o4',
      'fill 1 @ 1060 o2 < o4',
      'PARTIALLY_FILLED o2 1/5',
      'FILLED o4 1/1',
      'TRIGGERED o3',
      'fill 1 @ 1060 o2 < o3',
      'PARTIALLY_FILLED o2 2/5',
      'FILLED o3 1/1',
    ]);
  });

  test('a waiting triggered stop can be cancelled during the halt', () => {
    const m = halting().buy(0, 1, { orderType: 'STOP', stopPrice: 1040 }).buy(1060, 3).quietly().cancel('o3').resume();
    expect(m.told()).toEqual(['CANCELLED o3']);
  });

  test('an operator’s halt has no deadline, even over a running one', () => {
    const m = halting().buy(1060, 3).halt();
    expect([m.book.state, m.book.nextDeadline()]).toEqual(['halted', Infinity]);
  });

  test('a band that is switched on refers to the last trade, however long ago it was', () => {
    const traded = new Market(implementation).sell(100, 1).buy(100, 1).wait(3_600_000).quietly();
    traded.configure({ priceBandBps: 1_000, referencePrice: 300 });
    expect(traded.buy(111, 1).buy(110, 1).told()).toEqual(['REJECTED o3 PRICE_BAND', 'ACCEPTED o4']);
    traded.configure({ priceBandBps: 0 }).wait(1).configure({ priceBandBps: 1_000 }).quietly();
    expect(traded.buy(111, 1).told()).toEqual(['REJECTED o5 PRICE_BAND']);
  });

  test('stops that a halt kept waiting start no halt of their own, until one of them has traded', () => {
    const m = new Market(implementation).configure({ haltThresholdBps: 1_000, haltDurationMs: 5_000 });
    m.sell(100, 1).sell(130, 9);
    for (let n = 0; n < 3; n++) m.buy(0, 1, { orderType: 'STOP', stopPrice: 100 });
    m.buy(100, 1).quietly();
    expect(m.book.state).toBe('halted');
    m.wait(5_000).book.advance(m.now);
    expect(m.told()).toEqual(['TRIGGERED o4', 'CANCELLED o4 HALTED', 'TRIGGERED o5', 'CANCELLED o5 HALTED']);
    expect(m.book.state).toBe('open');
    expect(m.buy(130, 1).told()).toEqual(['ACCEPTED o7', 'CANCELLED o7 HALTED']);
    expect(m.book.state).toBe('halted');
  });

  test('a field that is undefined stays as it was', () => {
    const m = new Market(implementation).configure({ priceBandBps: 100, dayOffsetMin: 0 });
    const change = { priceBandBps: 1_000, dayOffsetMin: undefined } as unknown as BookConfig;
    expect(m.configure(change).told()).toEqual([]);
  });
});
