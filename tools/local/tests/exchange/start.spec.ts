import { eventually, tempDir, valkeyBinary } from '@supernoba/testing';
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunningExchange } from '../../src/index.js';
import { identify, isAlive } from '../../src/supervisor/process-identity.js';
import { build, stubWorkspace } from '../support/built.js';

// `startExchange` as another tool has it: bundled into that tool, which stands in the workspace.
const folders = tempDir('supernoba-start-');
const running: ChildProcess[] = [];

function tool(body: string, env: Record<string, string> = {}) {
  const dist = join(stubWorkspace(), 'tools', 'user', 'dist');
  if (!existsSync(join(dist, 'index.mjs'))) build(dist, join(__dirname, '..', '..', 'src', 'index.ts'));
  const script = join(dist, `tool-${running.length}.mjs`);
  writeFileSync(script, `import { startExchange } from './index.mjs';\n${body}`);
  const temporary = mkdtempSync(join(folders, 'tmp-'));
  const child = spawn(process.execPath, [script], {
    env: { ...process.env, VALKEY_SERVER_BIN: valkeyBinary(), TMPDIR: temporary, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.push(child);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { child, temporary, output: () => text, ended };
}

afterEach(async () => {
  for (const child of running) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }
});

test('gives the endpoints of an exchange of its own, and stop leaves neither process nor folder', async () => {
  const { output, ended, temporary } = tool(`
    const { readFileSync } = await import('node:fs');
    const exchange = await startExchange();
    const pids = JSON.parse(readFileSync(exchange.dataDir + '/pids.json', 'utf8'));
    const status = (await fetch(exchange.endpoints.http + '/symbols')).status;
    await exchange.stop();
    console.log(JSON.stringify({ exchange, pids, status }));
  `);
  const code = await ended;
  expect({ code, output: output() }).toMatchObject({ code: 0 });
  const told = JSON.parse(output()) as { exchange: RunningExchange; pids: Record<string, number>; status: number };
  expect(told.status).toBe(200);
  expect(told.pids['supervisor']).toBe(told.exchange.pid);
  expect(Object.values(told.pids).flatMap((pid) => identify(pid) ?? [])).toEqual([]);
  expect(readdirSync(temporary)).toEqual([]);
}, 90_000);

test('an exchange ends with the program that started it, even when that one is killed', async () => {
  const dataDir = join(folders, 'data');
  const { child } = tool(`await startExchange({ dataDir: '${dataDir}' }); setInterval(() => undefined, 1_000);`);
  await eventually(() => existsSync(join(dataDir, 'endpoints.json')), { timeoutMs: 60_000 });
  const pids = JSON.parse(readFileSync(join(dataDir, 'pids.json'), 'utf8')) as Record<string, number>;
  const processes = Object.values(pids).flatMap((pid) => identify(pid) ?? []);
  expect(processes.length).toBeGreaterThan(15);
  child.kill('SIGKILL');
  await eventually(() => processes.every((one) => !isAlive(one)), { timeoutMs: 4_000 });
  expect(readdirSync(dataDir)).toEqual(expect.arrayContaining(['kinesis', 's3']));
  expect(existsSync(join(dataDir, 'lock'))).toBe(false);
}, 90_000);

test('a start that fails rejects with what the supervisor said, one that is aborted with the reason', async () => {
  const failing = tool(`await startExchange().catch((error) => console.log(error.name, error.message));`, {
    VALKEY_SERVER_BIN: '/nowhere/valkey-server',
  });
  expect(await failing.ended).toBe(0);
  expect(failing.output()).toMatch(/^ExchangeStartError the exchange did not start: it ended with code 1\n/);
  expect(failing.output()).toContain('does not start');

  const aborted = tool(`
    const ending = new AbortController();
    setTimeout(() => ending.abort(new Error('enough')), 600);
    await startExchange({ signal: ending.signal }).catch((error) => console.log(error.message));
  `);
  expect(await aborted.ended).toBe(0);
  expect(aborted.output()).toBe('enough\n');
  expect(readdirSync(aborted.temporary)).toEqual([]);
}, 90_000);
