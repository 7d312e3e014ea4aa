import { SnapshotError } from '../src/index.js';
import { IMPLEMENTATIONS, Market } from './support/market.js';

describe.each(IMPLEMENTATIONS)("an operator's restore ($name)", (implementation) => {
  test('brings back what has gone, takes away what has come, and tells both', () => {
    const m = new Market(implementation).buy(100, 5).sell(110, 3);
    const snapshot = m.book.snapshot();
    m.cancel('o1').sell(111, 2).buy(110, 1).quietly();
    const { tradeNo, lastPrice } = m.book;
    m.execute({ type: 'RESTORE', snapshot });
    expect(m.told()).toEqual(['CANCELLED o3 RESTORED', 'ACCEPTED o1 RESTORED', 'REPLACED o2 RESTORED']);
    expect([m.bids(), m.asks()]).toEqual([['100×5(1)'], ['110×3(1)']]);
    expect([m.book.tradeNo, m.book.lastPrice]).toEqual([tradeNo, lastPrice]);
  });

  test('an order that came back ends, and its id is remembered once', () => {
    const m = new Market(implementation).buy(100, 5);
    const snapshot = m.book.snapshot();
    m.cancel('o1').execute({ type: 'RESTORE', snapshot }).cancel('o1').restart().quietly();
    expect(m.buy(99, 1, { orderId: 'o1' }).told()).toEqual(['DUPLICATE o1']);
  });

  test("an id that is another order's by now: that one ends, and the old one comes back", () => {
    const m = new Market(implementation).buy(100, 5, { orderId: 'a', userId: 'ann' });
    const snapshot = m.book.snapshot();
    m.cancel('a', 'ann').wait(700_000).sell(120, 1, { orderId: 'a', userId: 'bob' }).quietly();
    const told = m.execute({ type: 'RESTORE', snapshot }).told();
    expect(told).toEqual(['CANCELLED a RESTORED', 'ACCEPTED a RESTORED']);
    expect([m.bids(), m.asks()]).toEqual([['100×5(1)'], []]);
  });

  test('a stop that the last trade has reached meanwhile goes on', () => {
    const m = new Market(implementation).buy(0, 1, { orderType: 'STOP', stopPrice: 105 });
    const snapshot = m.book.snapshot();
    m.cancel('o1').sell(105, 2).buy(105, 1).sell(106, 4).quietly();
    expect(m.execute({ type: 'RESTORE', snapshot }).told()).toEqual([
      'CANCELLED o2 RESTORED 1/2',
      'CANCELLED o4 RESTORED',
      'ACCEPTED o1 RESTORED',
      'TRIGGERED o1',
      'CANCELLED o1 NO_LIQUIDITY',
    ]);
  });

  test('a delisted book refuses, and bytes of another book change nothing', () => {
    const m = new Market(implementation).buy(100, 5).quietly();
    const { stateHash, snapshot } = { stateHash: m.book.stateHash(), snapshot: m.book.snapshot() };
    const other = new Market(implementation, { symbol: 'OTHER' }).book.snapshot();
    expect(() => m.execute({ type: 'RESTORE', snapshot: other }, 5_000)).toThrow(SnapshotError);
    expect(() => m.execute({ type: 'RESTORE', snapshot: snapshot.slice(1) }, 5_000)).toThrow(SnapshotError);
    expect(m.book.stateHash()).toBe(stateHash);
    expect(m.execute({ type: 'DELIST' }).execute({ type: 'RESTORE', snapshot }).told()).toEqual(['REJECTED  DELISTED']);
  });
});

describe.each(IMPLEMENTATIONS)('looking up an order ($name)', (implementation) => {
  test('shows all that was asked for, and how far it is to its turn', () => {
    const m = new Market(implementation)
      .buy(100, 5)
      .buy(100, 9, { displayQuantity: 2 })
      .buy(100, 4, { timeInForce: 'DAY', postOnly: true })
      .buy(0, 1, { orderType: 'STOP', stopPrice: 120 });
    expect(m.book.order('o3')).toEqual({
      ...{ orderId: 'o3', userId: 'u3', isBuy: true, orderType: 'LIMIT', timeInForce: 'DAY' },
      ...{ postOnly: true, allOrNone: false, price: 100, stopPrice: 0 },
      ...{ quantity: 4, filled: 0, open: 4, displayQuantity: 0 },
    });
    expect(m.book.order('o4')).toMatchObject({ orderType: 'STOP', price: 0, stopPrice: 120 });
    expect(m.book.queuePosition('o1')).toEqual({ ordersAhead: 0, quantityAhead: 0 });
    expect(m.book.queuePosition('o3')).toEqual({ ordersAhead: 2, quantityAhead: 14 });
    expect(m.book.queuePosition('o4')).toEqual({ ordersAhead: 0, quantityAhead: 0 });
    expect(m.book.queuePosition('o9')).toBeUndefined();
  });

  test('a capture is the snapshot of its moment, whatever comes after', () => {
    const m = new Market(implementation);
    // more than one piece, where that takes no minute
    const orders = implementation.name === 'fast' ? 5_000 : 50;
    for (let n = 0; n < orders; n++) m.buy(100 + (n % 50), 1 + n, { requestId: `request-of-some-length-${n}` });
    m.cancel('o7').cancel('o49').buy(160, 70, { displayQuantity: 10, orderId: 'iceberg' });
    const bytes = m.book.snapshot();
    const pieces = m.book.capture().encode();
    const written = [pieces.next().value as Uint8Array];
    m.cancel('o1').sell(100, 600).restart();
    for (const piece of pieces) written.push(piece);
    expect(Buffer.concat(written).equals(bytes)).toBe(true);
  });
});
