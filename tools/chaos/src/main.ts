import { CommandFailure, runCommand } from '@supernoba/command';
import { floorsOf } from './figures.js';
import { RATE, runChaos } from './run.js';

interface Options {
  own?: boolean;
  minutes?: string;
  seed?: string;
  'min-rate'?: string;
}

/** Time for the start, the drain and the audit. */
const OVERHEAD_MS = 480_000;
const MAX_MINUTES = 720;
const DEFAULT_MINUTES = 5;
const DEFAULT_MIN_RATE = 200;

const USAGE = `usage: npm run chaos -- --own [--minutes M] [--seed N] [--min-rate R] [--json]

Starts an exchange with two engines, trades through its front door and strikes it with faults: engines killed with -9,
paused past their lease, replaced; caches killed and flushed; Kinesis throttled and resharded. Then every order that was
answered with 202 must have a status, and the audit must find no difference. A run with fewer accepted orders a second
than --min-rate, or fewer than 4 faults a minute, fails. The seed decides orders and faults, not what the processes make
of them.

  --own      needed: it kills processes, so it runs on an exchange of its own alone
  --minutes  length of the load, 0.2 to ${MAX_MINUTES} (default ${DEFAULT_MINUTES})
  --seed     default: the time
  --min-rate least orders accepted a second (default ${DEFAULT_MIN_RATE})
  --json     end with one line of results`;

const minutes = given('--minutes', DEFAULT_MINUTES);
const minRate = given('--min-rate', DEFAULT_MIN_RATE);
const floors = floorsOf(minRate);

await runCommand<Options>({
  name: 'chaos',
  usage: USAGE,
  options: {
    own: { type: 'boolean' },
    minutes: { type: 'string' },
    seed: { type: 'string' },
    'min-rate': { type: 'string' },
  },
  floors,
  timeLimitMs: (isLength(minutes) ? minutes : 0) * 60_000 + OVERHEAD_MS,
  run(context) {
    const { own = false, seed = String(Date.now() % 1_000_000) } = context.options;
    if (!own) throw new CommandFailure(`it kills processes: it only runs on an exchange of its own\n${USAGE}`);
    if (!/^\d{1,9}$/.test(seed)) throw new CommandFailure(`--seed wants a whole number, not ${seed}`);
    if (!isLength(minutes)) throw new CommandFailure(`--minutes wants 0.2 to ${MAX_MINUTES}`);
    if (!(minRate >= 1 && minRate <= RATE)) throw new CommandFailure(`--min-rate wants 1 to ${RATE}`);
    return runChaos(context, { minutes, seed: Number(seed), floors });
  },
});

/** The time limit and the floors depend on it, so it is read before the command runs. */
function given(option: string, otherwise: number): number {
  const { argv } = process;
  const at = argv.findIndex((arg) => arg === option || arg.startsWith(`${option}=`));
  if (at < 0) return otherwise;
  return Number(argv[at]!.split('=')[1] ?? argv[at + 1]);
}

function isLength(value: number): boolean {
  return value >= 0.2 && value <= MAX_MINUTES;
}
