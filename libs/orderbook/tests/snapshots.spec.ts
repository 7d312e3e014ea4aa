import { SnapshotError } from '../src/index.js';
import { IMPLEMENTATIONS, Market, Tape } from './support/market.js';

describe.each(IMPLEMENTATIONS)('snapshots ($name)', (implementation) => {
  const busy = (): Market =>
    new Market(implementation)
      .buy(100, 5, { userId: 'ann', requestId: 'r1' })
      .buy(100, 3, { orderId: 'an-order-id-of-more-than-sixteen-characters' })
      .sell(100, 2)
      .sell(110, 4, { orderId: '주문', userId: '사용자' });

  const restore = (bytes: Uint8Array, symbol = 'TEST'): (() => void) => {
    return () => void implementation.restore(bytes, { symbol, sink: new Tape() });
  };

  test('a partly filled order comes back with what is left, at its place', () => {
    const m = busy().restart().quietly();
    expect(m.book.order('o1')).toMatchObject({ quantity: 5, filled: 2, open: 3 });
    expect(m.sell(100, 4).told().slice(0, 3)).toEqual(['ACCEPTED o5', 'fill 3 @ 100 o1 < o5', 'FILLED o1 5/5']);
  });

  test('restoring tells nothing, and goes on with the numbers', () => {
    const m = busy();
    const { seq, tradeNo, statusNo, lastPrice, time } = m.book;
    m.quietly().restart();
    expect(m.told()).toEqual([]);
    expect(m.book).toMatchObject({ seq, tradeNo, statusNo, lastPrice, time });
    expect(m.buy(90, 1).statuses()[0]).toMatchObject({ seq: seq + 1, n: statusNo + 1 });
  });

  test('the same book gives the same bytes, and restores to them', () => {
    const bytes = busy().book.snapshot();
    expect(busy().book.snapshot()).toEqual(bytes);
    expect(busy().restart().book.snapshot()).toEqual(bytes);
  });

  test('the hash ends the snapshot, and differs wherever books differ', () => {
    const m = busy();
    const bytes = m.book.snapshot();
    const tail = [...bytes.subarray(-8)].reverse();
    const hex = [...tail.map((byte) => byte.toString(16).padStart(2, '0'))].join('');
    expect(m.book.stateHash()).toBe(hex);
    const changes = [
      busy(),
      busy().buy(90, 1),
      busy().cancel('o1', 'ann'),
      busy().wait(1).cancel('nobody'),
      busy().halt(),
      busy().replace('o1', { userId: 'ann', quantity: 4 }),
      busy().buy(100, 5, { orderId: 'o1', userId: 'ann', requestId: 'r1' }),
    ];
    expect(new Set(changes.map(({ book }) => book.stateHash())).size).toBe(changes.length);
  });

  test('any damaged byte is found, and nothing is restored', () => {
    const bytes = busy().book.snapshot();
    for (let i = 0; i < bytes.length; i++) {
      const damaged = bytes.slice();
      damaged[i] = damaged[i]! ^ 0x10;
      expect(restore(damaged)).toThrow(SnapshotError);
    }
    for (const length of [0, 4, 15, bytes.length - 1]) expect(restore(bytes.slice(0, length))).toThrow(SnapshotError);
  });

  test('a snapshot of another symbol is refused', () => {
    expect(restore(busy().book.snapshot(), 'OTHER')).toThrow(expect.objectContaining({ code: 'WRONG_SYMBOL' }));
  });

  test('options of the wrong type are refused', () => {
    const sink = new Tape();
    expect(() => implementation.create({ symbol: '', sink })).toThrow(TypeError);
    expect(() => implementation.create({ symbol: 'X', sink: {} as Tape })).toThrow('sink must have');
    expect(() => implementation.create({ symbol: 'X', sink, limits: { windowEntries: 0 } })).toThrow(
      'limits.windowEntries',
    );
  });
});
