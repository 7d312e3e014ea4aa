import { buildSync } from 'esbuild';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { eventually, freePort, startValkey, tempDir } from './index.js';

const connects = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });

test('a started Valkey answers, and is gone after stop', async () => {
  const valkey = await startValkey();
  expect(await connects(valkey.port)).toBe(true);
  await valkey.stop();
  expect(await connects(valkey.port)).toBe(false);
});

test('a killed test run leaves no Valkey behind', async () => {
  const folder = tempDir();
  const bundle = join(folder, 'start.cjs');
  const source = `import { startValkey } from ${JSON.stringify(join(__dirname, 'index.ts'))};
    startValkey().then((valkey) => console.log(String(valkey.port)));
    setInterval(() => {}, 1000);`;
  buildSync({ stdin: { contents: source, resolveDir: folder }, bundle: true, platform: 'node', outfile: bundle });
  const run = spawn(process.execPath, [bundle], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const [line] = (await once(run.stdout, 'data')) as [Buffer];
    const port = Number(line.toString());
    expect(await connects(port)).toBe(true);
    run.kill('SIGKILL');
    await eventually(async () => !(await connects(port)));
  } finally {
    run.kill('SIGKILL');
  }
});

test('a free port can be listened on, and a temporary folder exists', async () => {
  expect(await freePort()).toBeGreaterThan(1023);
  expect(existsSync(tempDir())).toBe(true);
});

test('eventually waits for a value and hands on the last failure', async () => {
  let tries = 0;
  expect(await eventually(() => (++tries === 3 ? 'here' : undefined), { everyMs: 1 })).toBe('here');
  await expect(
    eventually(
      () => {
        throw new Error('never');
      },
      { timeoutMs: 20, everyMs: 1 },
    ),
  ).rejects.toThrow('never');
});
