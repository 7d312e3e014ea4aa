import { comparedRows } from '../src/compared-rows.js';
import { wholeNumber } from '../src/whole-number.js';

test('a report becomes one row a count', () => {
  const row = { workload: 'flows', subject: '@supernoba/orderbook' };
  expect(comparedRows({ commands: 5, events: 9 }, 5)).toEqual([
    { ...row, metric: 'commands', value: 5, unit: 'commands' },
    { ...row, metric: 'events', value: 9, unit: 'events' },
  ]);
});

test('fewer commands than were asked for, and counts that are none, are a failure', () => {
  expect(() => comparedRows({ commands: 4 }, 5)).toThrow('4 commands were compared, not 5');
  expect(() => comparedRows({}, 5)).toThrow('0 commands were compared');
  expect(() => comparedRows({ commands: null }, 5)).toThrow('no count of commands');
  expect(() => comparedRows(null, 5)).toThrow('no counts');
});

test('an option that is no whole number from 1 up is refused by name', () => {
  expect(wholeNumber('--seed', '12', 20)).toBe(12);
  for (const text of ['0', '-1', '1.5', '1e3', 'x', '', '21']) {
    expect(() => wholeNumber('--seed', text, 20)).toThrow('--seed must be a whole number from 1 to 20');
  }
});
