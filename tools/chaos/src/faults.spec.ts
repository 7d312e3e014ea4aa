import { randomFrom } from '@supernoba/audit/load';
import { FAULT_KINDS, Faults, type FaultOptions } from './faults.js';

/** Drawing touches nothing but the random source. */
const faultsOf = (seed: number) => new Faults({ random: randomFrom(seed) } as FaultOptions);

test('a round holds every kind, kills three times, and the seed decides the order', () => {
  const draws = (seed: number) => {
    const faults = faultsOf(seed);
    return Array.from({ length: 9 }, () => faults.draw());
  };
  for (const seed of [1, 2, 3]) {
    expect([...draws(seed)].sort()).toEqual([...FAULT_KINDS, 'engineKill', 'engineKill'].sort());
  }
  expect(draws(7)).toEqual(draws(7));
  expect(draws(7)).not.toEqual(draws(8));
});
