import { PackedId } from '../src/fast/packed-id.js';
import { FAST, IMPLEMENTATIONS, Market } from './support/market.js';

const ann = { userId: 'ann' };

/** Ids that the fast book keeps in one bucket, however many buckets there are. */
function colliding(count: number): string[] {
  const id = new PackedId();
  const ids: string[] = [];
  for (let n = 0; ids.length < count; n++) {
    id.pack(`order-${n}`);
    if ((id.hash & 0x3ff) === 0) ids.push(id.text);
  }
  return ids;
}

describe.each(IMPLEMENTATIONS)('ids that collide ($name)', (implementation) => {
  test('are all found while open, and each ends its own order', () => {
    const ids = colliding(40);
    const m = new Market(implementation);
    for (const orderId of ids) m.buy(100, 1, { orderId, ...ann });
    expect(ids.filter((orderId) => m.book.order(orderId)?.orderId !== orderId)).toEqual([]);
    m.quietly();
    for (const orderId of ids) {
      expect(m.cancel(orderId, 'ann').told()).toEqual([`CANCELLED ${orderId}`]);
      expect(m.book.order(orderId)).toBeUndefined();
    }
    expect(m.book.openOrders).toBe(0);
  });

  test('are remembered as used, and forgotten oldest first', () => {
    const remembered = 35;
    const ids = colliding(110);
    const m = new Market(implementation, { limits: { windowEntries: remembered } });
    for (const [index, orderId] of ids.entries()) {
      m.buy(100, 1, { orderId, ...ann })
        .cancel(orderId, 'ann')
        .quietly();
      const known = ids.slice(Math.max(0, index + 1 - remembered), index + 1);
      for (const used of known) m.buy(100, 1, { orderId: used, ...ann });
      expect(m.told()).toEqual(known.map((used) => `DUPLICATE ${used}`));
    }
    expect(m.buy(100, 1, { orderId: ids[0]!, ...ann }).told()).toEqual([`ACCEPTED ${ids[0]}`]);
  });
});

describe('many ids in the fast book', () => {
  test('open orders are found while their number grows', () => {
    const orders = 4_500;
    const m = new Market(FAST);
    for (let n = 1; n <= orders; n++) {
      m.buy(1 + (n % 97), 1);
      const earlier = `o${1 + ((n * 7_919) % n)}`;
      if (m.book.order(earlier)?.orderId !== earlier) throw new Error(`${earlier} is lost among ${n} orders`);
      if (m.book.order(`x${n}`) !== undefined) throw new Error(`x${n} was never there`);
    }
    m.quietly();
    for (let n = orders; n > 0; n--) m.cancel(`o${n}`);
    expect(m.statuses().map(({ status }) => status)).toEqual(new Array<string>(orders).fill('CANCELLED'));
    expect(m.book.openOrders).toBe(0);
  });

  test('used ids are known as long as the window holds them, wherever the window stands', () => {
    const remembered = 500;
    const m = new Market(FAST, { limits: { windowEntries: remembered } });
    for (let n = 1; n <= 8 * remembered; n++) {
      m.buy(100, 1, { orderId: `o${n}`, ...ann }).cancel(`o${n}`, 'ann');
      if (n % 100 !== 0) continue;
      m.quietly();
      const known = Array.from({ length: Math.min(n, remembered) }, (_, back) => `o${n - back}`);
      for (const orderId of known) m.buy(100, 1, { orderId, ...ann });
      expect(m.told()).toEqual(known.map((orderId) => `DUPLICATE ${orderId}`));
    }
  });
});
