import type { Mutant } from '../mutant.js';
import { changeMutants } from './changes.js';
import { matchingMutants } from './matching.js';
import { memoryMutants } from './memory.js';
import { stopMutants } from './stops.js';
import { timeMutants } from './time.js';

export const MUTANTS: readonly Mutant[] = [
  ...matchingMutants,
  ...stopMutants,
  ...changeMutants,
  ...memoryMutants,
  ...timeMutants,
];
