import { ProgressBar, progressLine } from '../src/progress.js';
import { readTimeRange } from '../src/time-range.js';

test('times are epoch ms or ISO dates; nothing means everything up to now', () => {
  expect(readTimeRange(undefined, undefined, 99)).toEqual({ from: 0, to: 99 });
  expect(readTimeRange('5', '7', 99)).toEqual({ from: 5, to: 7 });
  expect(readTimeRange('2025-12-14', '2025-12-14T09:00:00+09:00', 0)).toEqual({
    from: 1_765_670_400_000,
    to: 1_765_670_400_000,
  });
});

test.each([
  ['yesterday', undefined],
  ['2025-12-14T09:00:00', undefined],
  ['2025-13-01', undefined],
  ['-1', undefined],
  ['9', '8'],
])('--from %s --to %s is refused', (from, to) => {
  expect(() => readTimeRange(from, to, 99)).toThrow(/--from/);
});

test('the bar is drawn over itself on a terminal, seldom, and always at the end', () => {
  const written: string[] = [];
  let now = 0;
  const output = { isTTY: true, write: (text: string) => written.push(text) > 0 };
  const bar = new ProgressBar('trades', 10, output, () => now);
  bar.add(1);
  bar.add(1);
  now = 1_000;
  bar.add(3);
  bar.add(5);
  expect(written.map((text) => [text.slice(-1), text.includes('% ')])).toEqual([
    ['\r', true],
    ['\r', true],
    ['\n', true],
  ]);
  expect(written[1]).toBe(`${progressLine('trades', 5, 10)}\r`);
  expect(progressLine('trades', 3_700, 10_000)).toBe(
    'rebuild: [===========                   ]  37 %  3,700 of 10,000 trades',
  );
});
