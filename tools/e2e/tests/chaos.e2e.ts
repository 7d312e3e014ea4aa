import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const MINUTES = 0.4;
/** A failover is a quarter of so short a run, on a machine that may be building beside it: the rate is for long runs. */
const MIN_RATE = 50;
const seed = process.env['E2E_SEED'] ?? '20261127';

test(`faults of several kinds under load lose no order and double no fill (seed ${seed})`, () => {
  const main = join(__dirname, '..', '..', 'chaos', 'dist', 'main.mjs');
  const { status, stdout } = spawnSync(
    process.execPath,
    [main, '--own', '--minutes', String(MINUTES), '--seed', seed, '--min-rate', String(MIN_RATE), '--json'],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], timeout: 280_000 },
  );
  const answer = JSON.parse(stdout.trim().split('\n').at(-1)!) as {
    ok: boolean;
    results: { metric: string; value: number }[];
  };
  const counts = Object.fromEntries(answer.results.map(({ metric, value }) => [metric, value]));
  expect({ status, ok: answer.ok }).toEqual({ status: 0, ok: true });
  expect(counts['faults']).toBeGreaterThanOrEqual(2);
  expect(counts).toMatchObject({ recordsPending: 0, tradeRowsBehind: 0, orderRowsBehind: 0 });
}, 300_000);
