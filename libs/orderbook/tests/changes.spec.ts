import { IMPLEMENTATIONS, Market } from './support/market.js';

describe.each(IMPLEMENTATIONS)('cancelling ($name)', (implementation) => {
  const market = (): Market => new Market(implementation);

  test('the owner cancels the open rest of an order', () => {
    const m = market().buy(100, 5).sell(100, 2).quietly().cancel('o1', 'u1', 'r9');
    expect(m.statuses()).toEqual([
      expect.objectContaining({
        status: 'CANCELLED',
        reason: '',
        orderId: 'o1',
        quantity: 5,
        filled: 2,
        open: 0,
        requestId: 'r9',
      }),
    ]);
    expect(m.bids()).toEqual([]);
  });

  test('nobody else does, and the answer tells nothing of the order', () => {
    const m = market().buy(100, 5).quietly().cancel('o1', 'mallory');
    expect(m.statuses()).toEqual([
      {
        seq: 2,
        n: 2,
        timestamp: 1000,
        status: 'CANCEL_REJECTED',
        reason: 'NOT_OWNER',
        orderId: 'o1',
        userId: 'mallory',
        isBuy: false,
        orderType: 'LIMIT',
        price: 0,
        quantity: 0,
        filled: 0,
        open: 0,
        requestId: '',
      },
    ]);
    expect(m.bids()).toEqual(['100×5(1)']);
  });

  test('unknown, filled and cancelled orders are unknown', () => {
    const m = market().buy(100, 5).sell(100, 5).buy(90, 1).cancel('o3').quietly();
    m.cancel('never').cancel('o1').cancel('o2').cancel('o3');
    expect(m.told()).toEqual([
      'CANCEL_REJECTED never UNKNOWN_ORDER',
      'CANCEL_REJECTED o1 UNKNOWN_ORDER',
      'CANCEL_REJECTED o2 UNKNOWN_ORDER',
      'CANCEL_REJECTED o3 UNKNOWN_ORDER',
    ]);
  });

  test('from the middle of a level, the others keep their places', () => {
    const m = market().buy(100, 1).buy(100, 2).buy(100, 3).cancel('o2').quietly().sell(100, 4);
    expect(m.told().slice(1)).toEqual([
      'fill 1 @ 100 o1 < o4',
      'FILLED o1 1/1',
      'fill 3 @ 100 o3 < o4',
      'FILLED o3 3/3',
      'FILLED o4 4/4',
    ]);
  });

  test('cancel-all ends the user’s orders on both sides, oldest first, and no other', () => {
    const ann = { userId: 'ann' };
    const m = market().sell(110, 1, ann).buy(90, 1, ann).buy(91, 1).sell(105, 1, ann).quietly().cancelAll('ann');
    expect(m.told()).toEqual(['CANCELLED o1', 'CANCELLED o2', 'CANCELLED o4']);
    expect([m.bids(), m.asks()]).toEqual([['91×1(1)'], []]);
    expect(m.cancelAll('ann').cancelAll('nobody').told()).toEqual([]);
  });

  test('an operator cancels any order, a user’s orders, or the whole book', () => {
    const m = market().buy(90, 1, { userId: 'ann' }).buy(91, 1).buy(92, 1, { userId: 'ann' }).sell(99, 1).quietly();
    m.execute({ type: 'FORCE_CANCEL', orderId: 'o2' }).execute({ type: 'FORCE_CANCEL', orderId: 'o2' });
    expect(m.told()).toEqual(['CANCELLED o2', 'CANCEL_REJECTED o2 UNKNOWN_ORDER']);
    m.execute({ type: 'FORCE_CANCEL_ALL', userId: 'ann' }).execute({ type: 'FORCE_CANCEL_ALL' });
    expect(m.told()).toEqual(['CANCELLED o1', 'CANCELLED o3', 'CANCELLED o4']);
    expect(m.book.openOrders).toBe(0);
  });
});

describe.each(IMPLEMENTATIONS)('replacing ($name)', (implementation) => {
  const market = (): Market => new Market(implementation);
  const level = (): Market => market().buy(100, 5).buy(100, 5).quietly();

  test('a smaller quantity keeps the place', () => {
    const m = level().replace('o1', { quantity: 3 });
    expect(m.told()).toEqual(['REPLACED o1']);
    expect([m.queue('bid'), m.bids()]).toEqual([['o1', 'o2'], ['100×8(2)']]);
  });

  test('nothing changed keeps the place', () => {
    const m = level().replace('o1', {}).replace('o1', { price: 100, quantity: 5 });
    expect(m.told()).toEqual(['REPLACED o1', 'REPLACED o1']);
    expect(m.queue('bid')).toEqual(['o1', 'o2']);
  });

  test('a larger quantity goes to the back', () => {
    const m = level().replace('o1', { quantity: 6 });
    expect([m.queue('bid'), m.bids()]).toEqual([['o2', 'o1'], ['100×11(2)']]);
  });

  test('another price goes to the back of its level, and may trade at once', () => {
    const m = level().sell(101, 4).quietly().replace('o1', { price: 101 });
    expect(m.told()).toEqual(['REPLACED o1', 'fill 4 @ 101 o3 < o1', 'FILLED o3 4/4', 'PARTIALLY_FILLED o1 4/5']);
    expect(m.bids()).toEqual(['101×1(1)', '100×5(1)']);
  });

  test('the quantity is the new total: what is filled stays filled', () => {
    const m = market().buy(100, 5).sell(100, 3).quietly().replace('o1', { quantity: 4, requestId: 'r1' });
    expect(m.statuses()).toEqual([
      expect.objectContaining({ status: 'REPLACED', quantity: 4, filled: 3, open: 1, requestId: 'r1' }),
    ]);
    expect(m.bids()).toEqual(['100×1(1)']);
  });

  test('a quantity at or below what is filled ends the order', () => {
    const m = market().buy(100, 5).sell(100, 3).quietly().replace('o1', { quantity: 3 });
    expect(m.told()).toEqual(['CANCELLED o1 REPLACED_BELOW_FILLED 3/5']);
    expect(m.book.openOrders).toBe(0);
  });

  test('what would not be accepted as a new order changes nothing', () => {
    const m = market().sell(105, 1).buy(100, 5, { postOnly: true }).quietly();
    m.replace('o2', { price: 105 })
      .replace('o2', { quantity: 0 })
      .replace('o2', { price: 1.5 })
      .replace('o2', { stopPrice: 9 });
    m.replace('o2', { quantity: 1, userId: 'mallory' }).replace('o9', { quantity: 1 });
    expect(m.told()).toEqual([
      'REPLACE_REJECTED o2 POST_ONLY_WOULD_TAKE',
      'REPLACE_REJECTED o2 BAD_QUANTITY',
      'REPLACE_REJECTED o2 BAD_PRICE',
      'REPLACE_REJECTED o2 BAD_COMBINATION',
      'REPLACE_REJECTED o2 NOT_OWNER',
      'REPLACE_REJECTED o9 UNKNOWN_ORDER',
    ]);
    expect(m.bids()).toEqual(['100×5(1)']);
  });
});
