import { RecordType } from '../workload/format.js';
import { generateWorkload } from '../workload/generate.js';
import { proveFlow } from './flow.js';

const make = () => generateWorkload(100, 1_000, 3);

test('a flow knows what was filled before a REPLACE', () => {
  const flow = proveFlow(generateWorkload(0, 20_000, 42));
  const replaces = [...flow.types.keys()].filter((index) => flow.types[index] === RecordType.Replace);
  expect(replaces.length).toBeGreaterThan(50);
  expect(replaces.some((index) => flow.filledBefore[index]! > 0)).toBe(true);
});

test('a header that is not the outcome is refused', () => {
  const workload = make();
  workload.header.tradeHash += 1;
  expect(() => proveFlow(workload)).toThrow('tradeHash');
});

test.each([
  [
    'a CANCEL of an order that is not live',
    (of: ReturnType<typeof make>) => of.ids.fill(1_000_000, 100),
    'which is not',
  ],
  ['a preload with something else than an ADD', (of: ReturnType<typeof make>) => of.types.fill(1, 0, 1), 'is no ADD'],
  ['a price of 0', (of: ReturnType<typeof make>) => of.prices.fill(0, 0, 1), 'no price or no quantity'],
  [
    'a price beyond what can be run',
    (of: ReturnType<typeof make>) => of.prices.fill(2e6, 0, 1),
    'at most 1000000 ticks',
  ],
])('%s is refused', (_, damage, message) => {
  const workload = make();
  damage(workload);
  expect(() => proveFlow(workload)).toThrow(message);
});
