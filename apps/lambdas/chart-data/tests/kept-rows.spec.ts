import type { Candle } from '@supernoba/candles';
import { KeptRows } from '../src/kept-rows.js';

const rows = (count: number, first = 0): Candle[] =>
  Array.from({ length: count }, (_, i) => ({ t: 60 * (first + i), o: 1, h: 1, l: 1, c: 1, v: 1n, n: 1, q: first + i }));
const tail = (count: number, readAt = 0) => ({ start: 0, rows: rows(count), readAt });

test('the newest rows of a series are kept, and it begins with the first of them', () => {
  const kept = new KeptRows({ maxRows: 3, now: () => 0 });
  kept.set('A', '1m', tail(5));
  expect(kept.get('A', '1m')).toEqual({ start: 120, rows: rows(3, 2), readAt: 0 });
  kept.set('A', '1m', tail(2));
  expect(kept.get('A', '1m')).toEqual(tail(2));
  expect(kept.get('A', '3m')).toBeUndefined();
});

test('where the room is full, the series that was asked for longest ago goes first', () => {
  const kept = new KeptRows({ maxRowsInAll: 22, now: () => 0 });
  kept.set('A', '1m', tail(10));
  kept.set('B', '1m', tail(10));
  expect([kept.size, kept.get('A', '1m')?.rows.length]).toEqual([22, 10]);
  kept.set('C', '1m', tail(0));
  expect(['A', 'B', 'C'].map((symbol) => kept.get(symbol, '1m')?.rows.length)).toEqual([10, undefined, 0]);
  expect(kept.size).toBe(12);
  for (let i = 0; i < 1_000; i++) kept.set(`EMPTY-${i}`, '1m', tail(0));
  expect(kept.size).toBe(22);
  kept.set('LARGE', '1m', tail(30));
  expect([kept.size, kept.get('LARGE', '1m')]).toEqual([0, undefined]);
});

test('nothing is kept for longer than its age, by the wall clock, also one that was set back', () => {
  let now = 1_000;
  const kept = new KeptRows({ maxAgeMs: 500, now: () => now });
  kept.set('A', '1m', tail(1, 1_000));
  kept.set('B', '1m', tail(1, 1_000));
  now = 1_499;
  expect(kept.get('A', '1m')).toBeDefined();
  now = 1_500;
  expect(kept.get('A', '1m')).toBeUndefined();
  now = 999;
  expect([kept.get('B', '1m'), kept.size]).toEqual([undefined, 0]);
});
