import { PLANTED_BUGS } from '../src/planted-bugs.js';
import { bundled, bundleFolder, resultsOf } from './support.js';

/** A machine with much else to do takes ten times as long. */
const LIMIT_MS = 300_000;
const folder = bundleFolder();

test('at least ten bugs are planted, each under its own name', () => {
  expect(new Set(PLANTED_BUGS.map(({ name }) => name)).size).toBe(PLANTED_BUGS.length);
  expect(PLANTED_BUGS.length).toBeGreaterThanOrEqual(10);
  expect(PLANTED_BUGS.every(({ edits }) => edits.length > 0)).toBe(true);
});

test(
  'the seeds that find the planted bugs find nothing in the engine as it is',
  async () => {
    const worker = await bundled(folder, 'worker');
    const seeds = [...new Set(PLANTED_BUGS.map(({ seed }) => seed))];
    const results = await resultsOf(worker, seeds);
    expect(results.filter(({ problems }) => problems.length > 0)).toEqual([]);
  },
  LIMIT_MS,
);

test.each(PLANTED_BUGS.map((bug, index) => ({ ...bug, index })))(
  'found: $name (seed $seed)',
  async ({ index, seed, edits }) => {
    const worker = await bundled(folder, `planted-${index}`, edits);
    const [result] = await resultsOf(worker, [seed]);
    expect(result?.problems).not.toEqual([]);
  },
  LIMIT_MS,
);

test(
  'an edit that does not find its text, or its file, fails loudly',
  async () => {
    const file = 'apps/engine/src/engine.ts';
    await expect(bundled(folder, 'lost', [{ file, find: 'no such text', replace: '' }])).rejects.toThrow('not one');
    const elsewhere = 'apps/engine/src/main.ts';
    await expect(bundled(folder, 'lost', [{ file: elsewhere, find: 'x', replace: '' }])).rejects.toThrow(elsewhere);
  },
  LIMIT_MS,
);
