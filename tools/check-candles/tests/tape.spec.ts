import { tempDir } from '@supernoba/testing';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { firstDifference } from '../src/compare.js';
import { readExpected, readTrades } from '../src/tape.js';

function file(content: string | Buffer): string {
  const path = join(tempDir(), 'tape');
  writeFileSync(path, content);
  return path;
}

test('executions are read by the names of their columns, plain or gzip', () => {
  const csv = 'agg_id,time_ms,taker_side,price_e8,qty\n1,1000,sell,5,7\n2,1000,buy,6,8\n';
  const trades = [
    { timeMs: 1000, price: 5, quantity: 7, takerIsBuy: false },
    { timeMs: 1000, price: 6, quantity: 8, takerIsBuy: true },
  ];
  expect(readTrades(file(csv))).toEqual(trades);
  expect(readTrades(file(gzipSync(csv)))).toEqual(trades);
});

test.each([
  ['no column of prices', 'time_ms,qty\n1,2\n'],
  ['a price of 1.5', 'time_ms,price,qty\n1,1.5,2\n'],
  ['a time that goes back', 'time_ms,price,qty\n2,1,1\n1,1,1\n'],
])('refuses %s', (_, csv) => {
  expect(() => readTrades(file(csv))).toThrow(expect.objectContaining({ code: 'COMMAND_FAILED' }));
});

test('expected candles start in seconds; what is no series is refused', () => {
  const series = { candles: { '5m': { rows: [[300_000, 1, 2, 1, 2, 9]] } } };
  expect(readExpected(file(JSON.stringify(series))).get('5m')).toEqual([[300, 1, 2, 1, 2, 9]]);
  for (const bad of [
    {},
    { candles: {} },
    { candles: { '2m': { rows: [] } } },
    { candles: { '1m': { rows: [[1]] } } },
  ]) {
    expect(() => readExpected(file(JSON.stringify(bad)))).toThrow(expect.objectContaining({ code: 'COMMAND_FAILED' }));
  }
});

test('the first difference is told, be it a figure, a missing candle or one too many', () => {
  const answered = { time: 60, open: 1, high: 2, low: 1, close: 2, volume: 9 };
  const expected = [60, 1, 2, 1, 2, 9] as const;
  expect(firstDifference([answered], [expected])).toBeUndefined();
  expect(firstDifference([{ ...answered, volume: 8 }], [expected])).toBe(
    'candle 1: answered 1970-01-01T00:01:00.000Z 1 2 1 2 8, expected 1970-01-01T00:01:00.000Z 1 2 1 2 9',
  );
  expect(firstDifference([answered, answered], [expected])).toContain('expected none');
  expect(firstDifference([], [expected])).toContain('answered none');
});
