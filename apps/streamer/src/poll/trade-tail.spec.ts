import { RECENT_TRADES } from '@supernoba/protocol';
import fc from 'fast-check';
import { TradeTail } from './trade-tail.js';

const rows = (first: number, last: number) =>
  Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => `[${first + index},1,2,3,true]`);
const numbers = (joined: string) => (JSON.parse(`[${joined}]`) as number[][]).map(([no]) => no);

/** The cache's list: the newest 1,000 trades, read a little after the number of the last one was read. */
function readNewest(count: number, listLast: number): string[] {
  return rows(Math.max(1, listLast - Math.min(count, RECENT_TRADES) + 1), listLast);
}

test('however trades arrive between the reads, the tail has the newest without a hole', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({ traded: fc.oneof(fc.nat(5), fc.nat(1_500)), meanwhile: fc.oneof(fc.constant(0), fc.nat(30)) }),
        { maxLength: 12 },
      ),
      (steps) => {
        const tail = new TradeTail();
        let last = 0;
        for (const { traded, meanwhile } of steps) {
          last += traded;
          const wanted = tail.wanted(last);
          last += meanwhile;
          if (wanted === 0) continue;
          if (!tail.take(readNewest(wanted, last), wanted)) {
            expect(tail.take(readNewest(RECENT_TRADES, last), Infinity)).toBe(true);
          }
          expect(tail.last).toBe(last);
          const held = numbers(tail.since(0));
          const count = Math.min(last, RECENT_TRADES);
          expect(held).toEqual(Array.from({ length: count }, (_, index) => last - count + 1 + index));
          expect(numbers(tail.since(last - 1))).toEqual([last]);
          expect(tail.since(last)).toBe('');
        }
      },
    ),
  );
});

test('a row that is no trade is refused and changes nothing', () => {
  const tail = new TradeTail();
  tail.take(rows(1, 3), 3);
  for (const row of ['nonsense', '{}', '[]', '["4"]', '[0.5]', 'null']) {
    expect(() => tail.take([row], 1)).toThrow();
  }
  expect([tail.last, numbers(tail.since(0))]).toEqual([3, [1, 2, 3]]);
});
