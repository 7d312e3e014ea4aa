import { CommandFailure, runCommand, type ResultRow } from '@supernoba/command';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mutatedTexts, type Mutant } from './mutant.js';
import { MUTANTS } from './mutants/index.js';
import { Suite } from './suite.js';

/** Tests that the untouched suite must have, at least. */
const LEAST_TESTS = 300;

await runCommand<{ only?: string }>({
  name: 'mutants',
  usage: `usage: npm run mutants -- [--only NAME] [--json]

Plants each of ${MUTANTS.length} bugs in the fast order book, one at a time, and runs the order book's suite: a bug that no test sees ends the command with 1.
The work tree is not touched. NAME is the name of one bug, or the beginning of several.`,
  options: { only: { type: 'string' } },
  floors: { tests: LEAST_TESTS, mutants: 1, caught: 1 },
  timeLimitMs: 45 * 60_000,
  async run({ options, say, onEnd, signal }) {
    const folder = mkdtempSync(join(tmpdir(), 'mutants-'));
    onEnd(() => rmSync(folder, { recursive: true, force: true }));
    const suite = new Suite(join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..'), folder, signal);
    const chosen = choose(options.only);
    // every one is looked up before the first runs: a stale text is told at once
    for (const mutant of chosen) mutatedTexts(mutant, (file) => suite.read(file));

    const untouched = await suite.run(new Map(), '');
    if (untouched.failure) throw new CommandFailure(`the untouched book fails: ${untouched.failure.test}`);
    say(`the untouched book passes ${untouched.passed} tests`);

    const rows: ResultRow[] = [];
    for (const mutant of chosen) {
      const texts = mutatedTexts(mutant, (file) => suite.read(file));
      const { failure } = await suite.run(texts, mutant.spec).catch((error: unknown) => {
        const why = error instanceof Error ? error.message : String(error);
        throw new CommandFailure(`${mutant.name} came to no verdict: ${why}`);
      });
      say(`${mutant.name}: ${failure ? `caught by ${failure.spec}: ${failure.test}` : 'SURVIVED'}`);
      rows.push({ ...row(mutant.name), metric: 'caught', value: failure ? 1 : 0, unit: 'mutants' });
    }
    const survivors = rows.filter(({ value }) => value === 0).length;
    return [
      ...rows,
      { ...row('suite'), metric: 'tests', value: untouched.passed, unit: 'tests' },
      { ...row('suite'), metric: 'mutants', value: rows.length, unit: 'mutants' },
      { ...row('suite'), metric: 'survivors', value: survivors, unit: 'mutants' },
    ];
  },
});

function row(subject: string): Pick<ResultRow, 'workload' | 'subject'> {
  return { workload: 'orderbook', subject };
}

function choose(only: string | undefined): Mutant[] {
  const chosen = MUTANTS.filter(({ name }) => name.startsWith(only ?? ''));
  if (chosen.length > 0) return chosen;
  throw new CommandFailure(`there is no mutant ${only}; they are:\n  ${MUTANTS.map(({ name }) => name).join('\n  ')}`);
}
