import { IMPLEMENTATIONS, Market } from './support/market.js';

const WINDOW = 600_000;

describe.each(IMPLEMENTATIONS)('duplicates ($name)', (implementation) => {
  const market = (): Market => new Market(implementation);
  const limited = (windowEntries: number): Market => new Market(implementation, { limits: { windowEntries } });

  test('a second ADD of an open id changes nothing', () => {
    const m = market().buy(100, 5, { orderId: 'a' }).quietly().buy(101, 7, { orderId: 'a' });
    expect(m.told()).toEqual(['DUPLICATE a']);
    expect([m.bids(), m.book.openOrders]).toEqual([['100×5(1)'], 1]);
  });

  test('an id stays used for ten minutes after its order ended, and is free after that', () => {
    const m = market().buy(100, 5, { orderId: 'a' }).wait(WINDOW).cancel('a', 'u1').quietly();
    m.wait(WINDOW).buy(100, 5, { orderId: 'a' }).wait(1).buy(100, 5, { orderId: 'a' });
    expect(m.told()).toEqual(['DUPLICATE a', 'ACCEPTED a']);
  });

  test('filled ids count as used, after a restart too', () => {
    const m = market().buy(100, 5, { orderId: 'a' }).sell(100, 5, { orderId: 'b' }).quietly().restart();
    m.buy(100, 5, { orderId: 'a' }).buy(100, 5, { orderId: 'b' });
    expect(m.told()).toEqual(['DUPLICATE a', 'DUPLICATE b']);
  });

  test('the window forgets the oldest id first when it is full', () => {
    const m = limited(2);
    for (const orderId of ['a', 'b', 'c']) m.buy(100, 1, { orderId, userId: 'ann' }).cancel(orderId, 'ann');
    m.quietly();
    for (const orderId of ['c', 'b', 'a']) m.buy(100, 1, { orderId });
    expect(m.told()).toEqual(['DUPLICATE c', 'DUPLICATE b', 'ACCEPTED a']);
  });

  test('the same request again is ignored and counted', () => {
    const m = market();
    for (let i = 0; i < 3; i++) m.buy(100, 5, { orderId: 'a', userId: 'ann', requestId: 'r1' });
    expect([m.told(), m.bids(), m.book.ignoredRequests]).toEqual([['ACCEPTED a'], ['100×5(1)'], 2]);
    m.cancel('a', 'ann', 'r2').cancel('a', 'ann', 'r2');
    expect([m.told(), m.book.ignoredRequests]).toEqual([['CANCELLED a'], 3]);
  });

  test('a request id with another body is refused, and nothing changes', () => {
    const ann = { userId: 'ann', requestId: 'r1' };
    const m = market()
      .buy(100, 5, { orderId: 'a', ...ann })
      .quietly();
    m.buy(100, 6, { orderId: 'b', ...ann })
      .cancel('a', 'ann', 'r1')
      .replace('a', { quantity: 1, ...ann });
    expect(m.told()).toEqual([
      'REJECTED b REQUEST_ID_REUSED',
      'CANCEL_REJECTED a REQUEST_ID_REUSED',
      'REPLACE_REJECTED a REQUEST_ID_REUSED',
    ]);
    expect(m.bids()).toEqual(['100×5(1)']);
  });

  test('an answer to a reused request never passes for the state of an open order', () => {
    const ann = { userId: 'ann', requestId: 'r1' };
    const m = market()
      .buy(100, 5, { orderId: 'a', ...ann })
      .quietly()
      .buy(100, 6, { orderId: 'a', ...ann });
    expect(m.told()).toEqual(['DUPLICATE a REQUEST_ID_REUSED']);
  });

  test('request ids belong to their user, and to ten minutes', () => {
    const m = market().buy(100, 1, { userId: 'ann', requestId: 'r' }).buy(100, 1, { userId: 'bob', requestId: 'r' });
    expect(m.told()).toEqual(['ACCEPTED o1', 'ACCEPTED o2']);
    m.wait(WINDOW)
      .buy(100, 2, { userId: 'ann', requestId: 'r' })
      .wait(1)
      .buy(100, 2, { userId: 'ann', requestId: 'r' });
    expect(m.told()).toEqual(['REJECTED o3 REQUEST_ID_REUSED', 'ACCEPTED o4']);
  });

  test('requests are known after a restart, and forgotten oldest first when there are too many', () => {
    const m = limited(2).buy(100, 1, { userId: 'ann', requestId: 'r1', orderId: 'a' }).restart().quietly();
    m.buy(100, 1, { userId: 'ann', requestId: 'r1', orderId: 'a' });
    expect(m.told()).toEqual([]);
    m.buy(100, 1, { userId: 'ann', requestId: 'r2' }).buy(100, 1, { userId: 'ann', requestId: 'r3' }).quietly();
    expect(m.buy(100, 2, { userId: 'ann', requestId: 'r1' }).told()).toEqual(['ACCEPTED o5']);
  });

  test('user and request id are told apart, whatever letters they share', () => {
    const m = market().buy(100, 1, { userId: 'ab', requestId: 'c' }).buy(100, 1, { userId: 'a', requestId: 'bc' });
    expect(m.told()).toEqual(['ACCEPTED o1', 'ACCEPTED o2']);
  });

  test('operators’ requests have one effect too', () => {
    const m = market().buy(90, 1).buy(91, 1).quietly();
    m.execute({ type: 'FORCE_CANCEL', orderId: 'o1', requestId: 'x' }).execute({
      type: 'FORCE_CANCEL',
      orderId: 'o1',
      requestId: 'x',
    });
    m.execute({ type: 'FORCE_CANCEL_ALL', requestId: 'x' });
    expect(m.told()).toEqual(['CANCELLED o1', 'CANCEL_REJECTED  REQUEST_ID_REUSED']);
    expect(m.bids()).toEqual(['91×1(1)']);
  });
});
