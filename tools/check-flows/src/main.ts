import { CommandFailure, runCommand } from '@supernoba/command';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { comparedRows } from './compared-rows.js';
import { wholeNumber } from './whole-number.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
const MOST_COMMANDS = 100_000_000;
const MOST_SEED = 2 ** 32;

await runCommand<{ commands?: string; seed?: string }>({
  name: 'check:flows',
  usage: `usage: npm run check:flows -- [--commands N] [--seed S] [--json]

Runs N (1,000,000) random commands through the fast order book and the naive one, and compares events, depth and state hash after each.
The same seed gives the same commands; without one it is random, and told.`,
  options: { commands: { type: 'string' }, seed: { type: 'string' } },
  floors: { commands: 1_000, events: 1_000, fills: 100, hashes: 1_000, restarts: 1 },
  timeLimitMs: 2 * 3_600_000,
  async run({ options, say, onEnd, signal }) {
    const commands = wholeNumber('--commands', options.commands ?? '1000000', MOST_COMMANDS);
    const random = 1 + Math.floor((Math.random() * MOST_SEED) / 2);
    const seed = options.seed === undefined ? random : wholeNumber('--seed', options.seed, MOST_SEED);
    const folder = mkdtempSync(join(tmpdir(), 'check-flows-'));
    onEnd(() => rmSync(folder, { recursive: true, force: true }));
    const report = join(folder, 'report.json');
    say(`${commands} commands with seed ${seed}`);
    const code = await runFlows({ FLOW_COMMANDS: `${commands}`, FLOW_SEED: `${seed}`, FLOW_REPORT: report }, signal);
    if (code !== 0) throw new CommandFailure(`the books differ, or did not run (above); seed ${seed}`);
    return comparedRows(JSON.parse(readFileSync(report, 'utf8')) as unknown, commands);
  },
});

/** Runs the long flows of the order book's suite, what they say on stderr; gives the exit code. */
function runFlows(env: Record<string, string>, signal: AbortSignal): Promise<number> {
  const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [jest, 'tests/long-flows', '--ci', '--runInBand', '--reporters=default'], {
      cwd: join(root, 'libs', 'orderbook'),
      env: { ...process.env, ...env },
      stdio: ['ignore', process.stderr, process.stderr],
      signal,
    });
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}
