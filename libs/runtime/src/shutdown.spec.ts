import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { transformSync } from 'esbuild';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from '@supernoba/testing';

async function runAndTerminate(body: string) {
  const folder = tempDir();
  const source = readFileSync(join(__dirname, 'shutdown.ts'), 'utf8');
  writeFileSync(join(folder, 'shutdown.mjs'), transformSync(source, { loader: 'ts', format: 'esm' }).code);
  writeFileSync(
    join(folder, 'main.mjs'),
    `import { onShutdown } from './shutdown.mjs';
     setInterval(() => {}, 1000);
     onShutdown(${body}, { timeoutMs: 200, onError: (e) => console.log('failed: ' + e.message) });
     console.log('ready');`,
  );
  const child = spawn(process.execPath, [join(folder, 'main.mjs')], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  const ready = new Promise<void>((resolve) =>
    child.stdout.on('data', (data: Buffer) => {
      output += data.toString();
      if (output.includes('ready')) resolve();
    }),
  );
  await ready;
  child.kill('SIGTERM');
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output: output.replace('ready\n', '').trim() };
}

test('the process ends with code 0 after the work is done', async () => {
  expect(await runAndTerminate(`async (signal) => console.log('done ' + signal)`)).toEqual({
    code: 0,
    output: 'done SIGTERM',
  });
});

test('a failure and a wait without end are told and end with code 1', async () => {
  expect(await runAndTerminate(`async () => { throw new Error('no') }`)).toEqual({ code: 1, output: 'failed: no' });
  expect(await runAndTerminate(`() => new Promise(() => {})`)).toEqual({
    code: 1,
    output: 'failed: shutdown took longer than 200 ms',
  });
});
