import fc from 'fast-check';
import { writeFileSync } from 'node:fs';
import type { BookLimits } from '../src/index.js';
import { flowSeed, step, type Step } from './support/flows.js';
import { SMALL, SideBySide, type Compared } from './support/side-by-side.js';

/** Commands of a flow; its seed is that of the run and its number, so that it can be run again alone. */
const FLOW_COMMANDS = 1_000;
/** Steps between two comparisons of all that can be seen. */
const EVERYTHING = 200;
const LIMITS: readonly BookLimits[] = [
  SMALL,
  { executionsPerCommand: 3, openOrdersPerUser: 40, windowEntries: 60 },
  { executionsPerCommand: 100, openOrdersPerUser: 25, windowEntries: 1 },
];
/** Steps that a halt lasts at most: little happens in one. */
const HALTED_STEPS = 4;
const RESUME: Step = { step: 'COMMAND', command: { type: 'RESUME' }, wait: 0 };
/** All but one of so many flows leave out what thins the book: orders stand in line in them. */
const CROWDED_OF = 4;
const HOURS = 3_600_000;

/** FLOW_COMMANDS and FLOW_REPORT (a file for the counts) come from `npm run check:flows`. */
const { FLOW_COMMANDS: commands = '2000', FLOW_REPORT: report } = process.env;

test(
  'the fast book does what the naive book does, command by command, through long flows',
  () => {
    const wanted = Number(commands);
    const first = flowSeed();
    const all: Compared = { commands: 0, events: 0, fills: 0, hashes: 0, restarts: 0 };
    for (let flow = 0; all.commands < wanted; flow++) {
      const compared = run(first + flow, Math.min(FLOW_COMMANDS, wanted - all.commands));
      for (const count of Object.keys(all) as (keyof Compared)[]) all[count] += compared[count];
      if (report !== undefined && flow % 20 === 19) say(`${all.commands} of ${wanted} commands`);
    }
    expect(all.commands).toBe(wanted);
    if (report !== undefined) writeFileSync(report, JSON.stringify(all));
  },
  2 * HOURS,
);

/** True for a step that ends many orders, or waits for the next day. */
function thins(next: Step): boolean {
  if ('wait' in next && next.wait > HOURS) return true;
  if (next.step === 'OWN') return next.change.type === 'CANCEL';
  if (next.step === 'RESTORE') return true;
  return next.step === 'COMMAND' && ['CANCEL_ALL', 'FORCE_CANCEL_ALL', 'HALT'].includes(next.command.type);
}

/** One flow on books of its own. */
function run(seed: number, commandsOfFlow: number): Compared {
  const books = new SideBySide(LIMITS[seed % LIMITS.length], EVERYTHING);
  const { compared } = books;
  const isCrowded = seed % CROWDED_OF !== 0;
  let halted = 0;
  for (let round = 0; compared.commands < commandsOfFlow; round++) {
    // a biased generator shows the same few values again and again, late runs of it the rest
    for (const next of fc.sample(step, { seed: seed * 100 + round, numRuns: FLOW_COMMANDS })) {
      if (compared.commands === commandsOfFlow) break;
      if (isCrowded && thins(next)) continue;
      try {
        halted = books.state === 'halted' ? halted + 1 : 0;
        books.take(halted > HALTED_STEPS ? RESUME : next);
      } catch (error) {
        throw new Error(
          `FLOW_SEED=${seed}, command ${compared.commands}, ${JSON.stringify(next)}: ${String((error as Error).message)}`,
          { cause: error },
        );
      }
    }
  }
  return compared;
}

function say(progress: string): void {
  process.stderr.write(`check:flows: ${progress}\n`);
}
