import { clock, integer, percent, typedInteger } from './format.js';

test('integers get separators, percents always a sign', () => {
  expect([integer(0), integer(1_234_567), integer(999_999_999_999)]).toEqual(['0', '1,234,567', '999,999,999,999']);
  expect([percent(2.5), percent(-0.126), percent(0)]).toEqual(['+2.50 %', '−0.13 %', '0.00 %']);
});

test('a clock shows the time of day with seconds', () => {
  expect(clock(new Date(2025, 0, 2, 4, 5, 6).getTime())).toBe('04:05:06');
});

test.each([
  ['150', 150],
  [' 1,500 ', 1500],
  ['1_000', 1000],
  ['007', 7],
  ['1.5', NaN],
  ['1e3', NaN],
  ['-3', NaN],
  ['', NaN],
  ['0x10', NaN],
  ['9999999999999999', NaN],
])('typed %j is %p', (text, value) => {
  expect(typedInteger(text)).toBe(value);
});
