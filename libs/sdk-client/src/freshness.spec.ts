import * as fc from 'fast-check';
import type { PublicTrade } from '@supernoba/protocol';
import { Freshness } from './freshness.js';

test('however trades are repeated and cut into frames, each is told once and in order', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(49), fc.nat(20)), { minLength: 1 }), (windows) => {
      const all = Array.from({ length: 50 }, (_, i): PublicTrade => [i + 1, 1_000 + Math.floor(i / 3), 100, 1, true]);
      const fresh = new Freshness();
      const told: number[] = [];
      let end = 0;
      for (const [back, forth] of windows) {
        // A frame holds the newest trades and any number of those before, as a stream with repeats gives them.
        const start = Math.max(0, end - back);
        end = Math.min(all.length, end + forth);
        const news = fresh.newTrades({ e: 'trades', s: 'TEST', d: all.slice(start, end) });
        told.push(...news.map(([no]) => no));
      }
      expect(told).toEqual(all.slice(0, end).map(([no]) => no));
    }),
  );
});

test('what is remembered has a bound', () => {
  const fresh = new Freshness();
  const fill = (seq: number) => ({
    trade_id: `T-${seq}`,
    symbol: 'TEST',
    side: 'BUY' as const,
    order_id: 'o',
    filled_qty: 1,
    filled_price: 1,
    timestamp: 1,
    seq,
  });
  for (let seq = 1; seq <= 5_000; seq++) expect(fresh.isNewFill(fill(seq))).toBe(true);
  expect(fresh.isNewFill(fill(5_000))).toBe(false);
  // Long forgotten.
  expect(fresh.isNewFill(fill(1))).toBe(true);
});
