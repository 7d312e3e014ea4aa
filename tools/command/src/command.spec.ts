import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from '@supernoba/testing';
import { missedFloors } from './command.js';

const row = (metric: string, value: number) => ({ workload: 'w', subject: 's', metric, value, unit: 'orders' });

test('a floor is missed by a lower value, by NaN and by a metric nobody counted', () => {
  expect(missedFloors({ orders: 1 }, [row('orders', 1)])).toEqual([]);
  expect(missedFloors({ orders: 1 }, [row('orders', 0)])).toEqual(['orders of s (w) is 0, at least 1 expected']);
  expect(missedFloors({ orders: 1 }, [row('orders', Number.NaN)])).toHaveLength(1);
  expect(missedFloors({ fills: 1 }, [row('orders', 1)])).toEqual([
    'nothing was counted as fills (at least 1 expected)',
  ]);
});

describe('a command in its own process', () => {
  const folder = tempDir();
  beforeAll(() => {
    execFileSync('npx', [
      'esbuild',
      join(__dirname, 'index.ts'),
      '--bundle',
      '--platform=node',
      '--format=esm',
      `--outfile=${folder}/command.mjs`,
      '--log-level=error',
    ]);
  });

  function run(body: string, args: string[]) {
    writeFileSync(
      join(folder, 'main.mjs'),
      `import { CommandFailure, runCommand } from './command.mjs';
       await runCommand({ name: 'demo', usage: 'usage: demo', options: { own: { type: 'boolean' } }, floors: { orders: 1 }, timeLimitMs: 2000,
         run: async ({ say, onEnd, options }) => { onEnd(() => console.error('stopped')); ${body} } });`,
    );
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, 'main.mjs'), ...args], {
      encoding: 'utf8',
    });
    return { status, stdout, stderr };
  }
  const good = `say('own ' + options.own); return [{ workload: 'w', subject: 's', metric: 'orders', value: 2, unit: 'orders' }];`;

  test('success: progress on stderr, one JSON line, code 0, after clean-up', () => {
    expect(run(good, ['--json', '--own'])).toEqual({
      status: 0,
      stdout: '{"ok":true,"results":[{"workload":"w","subject":"s","metric":"orders","value":2,"unit":"orders"}]}\n',
      stderr: 'demo: own true\nstopped\n',
    });
  });
  test('a missed floor, a failure and the time limit end with code 1 and ok false', () => {
    expect(run(`return [];`, ['--json'])).toMatchObject({ status: 1, stdout: '{"ok":false,"results":[]}\n' });
    expect(run(`throw new CommandFailure('no book');`, [])).toMatchObject({
      status: 1,
      stderr: 'stopped\ndemo: no book\n',
    });
    expect(run(`await new Promise((r) => setTimeout(r, 60000));`, [])).toMatchObject({
      status: 1,
      stderr: 'stopped\ndemo: not done after 2 s\n',
    });
  });
  test('an unknown option ends with code 2 and the usage', () => {
    expect(run(good, ['--nope'])).toMatchObject({ status: 2, stdout: '' });
  });
});
