import { planOf } from './order-book-bench.js';

test('without options everything is measured in three rounds', () => {
  expect(planOf({})).toEqual({ rounds: 3, parts: ['normal', 'deep', 'growth', 'features'], soak: false });
});

test('a part, a file or the soak alone', () => {
  expect(planOf({ only: 'deep', rounds: '5' })).toEqual({ rounds: 5, parts: ['deep'], soak: false });
  expect(planOf({ file: 'flow.bin' })).toEqual({ rounds: 3, parts: [], file: 'flow.bin', soak: false });
  expect(planOf({ soak: true })).toEqual({ rounds: 3, parts: [], soak: true });
});

test.each([
  [{ rounds: '0' }, '--rounds takes 1 to 20'],
  [{ rounds: 'many' }, '--rounds takes 1 to 20'],
  [{ only: 'wide' }, '--only takes one of normal, deep, growth, features'],
  [{ only: 'deep', file: 'flow.bin' }, 'exclude each other'],
  [{ only: 'deep', soak: true }, 'exclude each other'],
])('%j is refused', (options, message) => {
  expect(() => planOf(options)).toThrow(message);
});
