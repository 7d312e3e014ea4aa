import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '..', '..', '..');
const tape = join(root, '..', 'shared', 'data', 'bitstamp-btcusd.jsonl.gz');
const present = existsSync(tape);
if (!present) process.stdout.write('e2e: the recorded orders are not on this machine: the replay is skipped\n');

(present ? test : test.skip)(
  'recorded orders of a real exchange give its own fills and books',
  () => {
    const { status, stdout } = spawnSync(
      process.execPath,
      [join(root, 'tools', 'replay', 'dist', 'main.mjs'), tape, '--own', '--json'],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], timeout: 240_000 },
    );
    const answer = JSON.parse(stdout.trim().split('\n').at(-1)!) as {
      ok: boolean;
      results: { metric: string; value: number }[];
    };
    const counts = Object.fromEntries(answer.results.map(({ metric, value }) => [metric, value]));
    expect({ status, ok: answer.ok }).toEqual({ status: 0, ok: true });
    expect(counts).toMatchObject({ orders: 24_894, expectedTrades: 570, exactTrades: 570, snapshotsCompared: 4_981 });
    expect(counts['tradeRows']).toBe(counts['fills']);
  },
  245_000,
);
