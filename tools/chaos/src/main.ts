import { CommandFailure, runCommand } from '@supernoba/command';
import { runChaos } from './run.js';

interface Options {
  own?: boolean;
  minutes?: string;
  seed?: string;
}

/** Time for the start, the drain and the audit. */
const OVERHEAD_MS = 480_000;
const MAX_MINUTES = 720;

const USAGE = `usage: npm run chaos -- --own [--minutes M] [--seed N] [--json]

Starts an exchange with two engines, trades through its front door and strikes it with faults: engines killed with -9,
paused past their lease, replaced; caches killed and flushed; Kinesis throttled and resharded. Then every order that was
answered with 202 must have a status, and the audit must find no difference. The seed decides orders and faults, not
what the processes make of them.

  --own      needed: it kills processes, so it runs on an exchange of its own alone
  --minutes  length of the load, 0.2 to ${MAX_MINUTES} (default 5)
  --seed     default: the time
  --json     end with one line of results`;

const minutes = minutesOf(process.argv);

await runCommand<Options>({
  name: 'chaos',
  usage: USAGE,
  options: { own: { type: 'boolean' }, minutes: { type: 'string' }, seed: { type: 'string' } },
  floors: { accepted: 100, faults: 2, records: 1, orders: 1, statuses: 100, depthsCompared: 1, snapshotsCompared: 1 },
  timeLimitMs: (isLength(minutes) ? minutes : 0) * 60_000 + OVERHEAD_MS,
  run(context) {
    const { own = false, seed = String(Date.now() % 1_000_000) } = context.options;
    if (!own) throw new CommandFailure(`it kills processes: it only runs on an exchange of its own\n${USAGE}`);
    if (!/^\d{1,9}$/.test(seed)) throw new CommandFailure(`--seed wants a whole number, not ${seed}`);
    if (!isLength(minutes)) throw new CommandFailure(`--minutes wants 0.2 to ${MAX_MINUTES}`);
    return runChaos(context, { minutes, seed: Number(seed) });
  },
});

/** The time limit depends on it, so it is read before the command runs. */
function minutesOf(argv: readonly string[]): number {
  const at = argv.findIndex((arg) => arg === '--minutes' || arg.startsWith('--minutes='));
  if (at < 0) return 5;
  return Number(argv[at]!.split('=')[1] ?? argv[at + 1]);
}

function isLength(value: number): boolean {
  return value >= 0.2 && value <= MAX_MINUTES;
}
