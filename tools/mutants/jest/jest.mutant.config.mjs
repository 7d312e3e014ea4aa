import { join } from 'node:path';
import { jestConfig } from '../../../config/jest.preset.mjs';

// The suite of the library in whose folder jest runs, read through the mutating transform.
const { transform, ...settings } = jestConfig();
const mutating = Object.entries(transform).map(([pattern, [, swcOptions]]) => [
  pattern,
  [join(import.meta.dirname, 'mutating-transform.cjs'), swcOptions],
]);

export default {
  ...settings,
  transform: Object.fromEntries(mutating),
  testSequencer: join(import.meta.dirname, 'likely-first.cjs'),
  reporters: [join(import.meta.dirname, 'verdict-reporter.cjs')],
  bail: 1,
};
