import { Backlog } from './backlog.js';

test('answers to requests that were never accepted do not shorten the backlog', () => {
  const accepted = new Map([
    ['a', 1],
    ['b', 1],
    ['c', 1],
  ]);
  const backlog = new Backlog(accepted);
  expect(backlog.exceeds(2)).toBe(true);
  for (let id = 0; id < 100; id++) backlog.answered(`cancel-all-${id}`);
  expect([backlog.exceeds(2), backlog.exceeds(3)]).toEqual([true, false]);
  backlog.answered('a');
  expect([backlog.exceeds(1), backlog.exceeds(2)]).toEqual([true, false]);
});

test('a request that is answered before it is known to be accepted is not in the backlog', () => {
  const accepted = new Map<string, number>();
  const backlog = new Backlog(accepted);
  backlog.answered('early');
  accepted.set('early', 1);
  expect(backlog.exceeds(0)).toBe(false);
  accepted.set('late', 1);
  expect(backlog.exceeds(0)).toBe(true);
});
