import { bucketEnd, foldTrades, type Candle } from '@supernoba/candles';
import { ROLLUP_INTERVALS } from '@supernoba/valkey-keys';
import fc from 'fast-check';
import { rollUp } from './roll-up.js';

const START_MS = Date.parse('2025-12-14T05:30:00Z');
const anyTrades = fc
  .array(
    fc.record({
      stepMs: fc.oneof(fc.integer({ min: 0, max: 30_000 }), fc.integer({ min: 0, max: 20 * 60_000 })),
      price: fc.integer({ min: 1, max: 1_000 }),
    }),
    { minLength: 1, maxLength: 120 },
  )
  .map((steps) => {
    let timeMs = START_MS;
    return steps.map(({ stepMs, price }, index) => [index + 1, (timeMs += stepMs), price, 1] as const);
  });

test('the newest minutes tell the active candle and the closed ones as the fold of all trades does', () => {
  fc.assert(
    fc.property(anyTrades, fc.constantFrom(...ROLLUP_INTERVALS), fc.nat(40 * 60_000), (trades, interval, laterMs) => {
      const minutes = foldTrades(trades, '1m');
      const all = foldTrades(trades, interval);
      const timeMs = trades.at(-1)![1] + laterMs;
      const isOver = bucketEnd(interval, all.at(-1)!.t) * 1000 <= timeMs;
      const rolled = rollUp(minutes.slice(-61), interval, timeMs)!;
      expect(rolled.active).toEqual(isOver ? undefined : all.at(-1));
      const closed = isOver ? all : all.slice(0, -1);
      expect(rolled.closed).toEqual(closed.slice(closed.length - rolled.closed.length));
      // At least what closed last is told.
      if (closed.length > 0) expect(rolled.closed.length).toBeGreaterThan(0);
    }),
  );
});

test('nothing is told where a trade is missing', () => {
  const minute = (t: number, q: number): Candle => ({ t, o: 1, h: 1, l: 1, c: 1, v: 1n, n: 1, q });
  expect(rollUp([minute(0, 1), minute(60, 3)], '5m', 0)).toBeUndefined();
  expect(rollUp([minute(0, 1), minute(60, 2)], '5m', 0)).toMatchObject({ active: { v: 2n, q: 2 } });
  expect(rollUp([], '5m', 0)).toEqual({ active: undefined, closed: [] });
});
