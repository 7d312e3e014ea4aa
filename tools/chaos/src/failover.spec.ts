import { FailoverTimes, quantile } from './failover.js';

const accepted = (symbol: string, at: number) => ({ symbol, orderId: 'o', at });

test('a kill is over when every symbol has answered an order that was accepted after it', () => {
  const times = new FailoverTimes(['A', 'B']);
  times.killed(1_000, true);
  times.answered(accepted('A', 900), 1_100);
  times.answered(accepted('B', 1_200), 1_300);
  expect({ alone: times.alone, unfinished: times.unfinished }).toEqual({ alone: [], unfinished: 1 });
  times.answered(accepted('A', 1_400), 4_500);
  expect({ alone: times.alone, unfinished: times.unfinished }).toEqual({ alone: [3_500], unfinished: 0 });
});

test('kills that overlap are each timed', () => {
  const times = new FailoverTimes(['A']);
  times.killed(1_000, true);
  times.killed(2_000, true);
  times.answered(accepted('A', 1_500), 2_500);
  times.answered(accepted('A', 2_600), 3_000);
  expect(times.alone).toEqual([1_500, 1_000]);
});

test('a kill without a standby, or with another fault before it is over, counts apart', () => {
  const times = new FailoverTimes(['A']);
  times.killed(1_000, false);
  times.answered(accepted('A', 1_500), 2_000);
  times.killed(3_000, true);
  times.disturbed();
  times.answered(accepted('A', 3_500), 9_000);
  expect({ alone: times.alone, amongOthers: times.amongOthers }).toEqual({ alone: [], amongOthers: [1_000, 6_000] });
});

test('quantiles of nothing are 0, the last one is the maximum', () => {
  expect(quantile([], 0.5)).toBe(0);
  expect([quantile([3, 1, 2], 0.5), quantile([3, 1, 2], 1)]).toEqual([2, 3]);
});
