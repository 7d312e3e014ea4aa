import { METRICS } from '@supernoba/audit';
import { missedFloors } from '@supernoba/command';
import { FailoverTimes } from './failover.js';
import { FAULT_KINDS, type FaultKind } from './faults.js';
import { figuresOf, floorsOf } from './figures.js';

/** A run of a minute that accepted so many orders, met so many kills, and compared all of them. */
function run(orders: number, kills: number) {
  const accepted = new Map(
    Array.from({ length: orders }, (_, no) => [`r${no}`, { symbol: 'A', orderId: `o${no}`, at: 0 }]),
  );
  const counts = Object.fromEntries(FAULT_KINDS.map((kind) => [kind, 0])) as Record<FaultKind, number>;
  const compared = Object.fromEntries(METRICS.map((metric) => [metric, orders])) as Record<
    (typeof METRICS)[number],
    number
  >;
  return figuresOf({
    seed: 1,
    minutes: 1,
    seconds: 60,
    settleSeconds: 10,
    load: { accepted, retries: 0, unknown: 0 },
    faults: { total: kills, counts: { ...counts, engineKill: kills } },
    kills: new FailoverTimes(['A']),
    handOvers: new FailoverTimes(['A']),
    counts: compared,
  });
}

test('a run at the rate and with the faults that it must have misses no floor', () => {
  expect(missedFloors(floorsOf(200), run(12_000, 4))).toEqual([]);
});

test('a run that accepts or strikes too little misses the floor by name, with its figure', () => {
  expect(missedFloors(floorsOf(200), run(11_940, 3))).toEqual([
    'acceptedPerSecond of exchange (seed 1) is 199, at least 200 expected',
    'faultsPerMinute of exchange (seed 1) is 3, at least 4 expected',
  ]);
  expect(missedFloors(floorsOf(50), run(3_000, 4))).toEqual([]);
});
