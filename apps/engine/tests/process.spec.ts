import { eventually, freePort, tempDir } from '@supernoba/testing';
import { buildSync } from 'esbuild';
import { spawn, type ChildProcess } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expectReplayEquality } from './support/expectations.js';
import { randomFlow } from './support/orders.js';
import { Stack } from './support/stack.js';

/** The engine as it ships: one bundle, started by run_engine.sh. */
const folder = tempDir('engine-bundle-');
let stack: Stack;
const children: ChildProcess[] = [];

beforeAll(() => {
  mkdirSync(join(folder, 'dist'), { recursive: true });
  cpSync('run_engine.sh', join(folder, 'run_engine.sh'));
  const options = createRequire(join(process.cwd(), 'package.json'))('../../config/esbuild.app.cjs') as object;
  buildSync({
    ...options,
    entryPoints: ['src/main.ts'],
    outfile: join(folder, 'dist/main.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
  });
});
beforeEach(async () => {
  stack = await Stack.start({ orderShards: 2 });
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await stack.stop();
});

function environment(metricsPort: number): NodeJS.ProcessEnv {
  return {
    ...process.env,
    REDIS_HOST: '127.0.0.1',
    REDIS_PORT: String(stack.backupServer.port),
    DEPTH_CACHE_HOST: '127.0.0.1',
    DEPTH_CACHE_PORT: String(stack.depthServer.port),
    METRICS_PORT: String(metricsPort),
    // Rarely enough that kinesalite's empty reads do not race its writes (see stack.ts).
    KINESIS_POLL_MS: '150',
    SNAPSHOT_INTERVAL_MS: '300',
  };
}

interface Running {
  child: ChildProcess;
  lines: string[];
  ended: Promise<number | null>;
}

function start(args: string[], env: NodeJS.ProcessEnv): Running {
  const child = spawn(join(folder, 'run_engine.sh'), args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  const lines: string[] = [];
  for (const output of [child.stdout, child.stderr]) output.on('data', (data: Buffer) => lines.push(data.toString()));
  return { child, lines, ended: new Promise((resolve) => child.once('exit', (code) => resolve(code))) };
}

async function ready(port: number): Promise<void> {
  await eventually(() => fetch(`http://127.0.0.1:${port}/ready`).then(({ ok }) => ok), { timeoutMs: 20_000 });
}

test('kill -9 in the middle of a load, again and again, then SIGTERM: nothing is lost and nothing doubled', async () => {
  const port = await freePort();
  const flow = randomFlow(31, 500, ['TEST', 'BTCUSD', 'ETH-USD']);
  for (let life = 0; life < 3; life++) {
    const engine = start([], environment(port));
    await ready(port);
    await stack.send(...flow.slice(life * 150, (life + 1) * 150));
    await new Promise((resolve) => setTimeout(resolve, 60 * life));
    engine.child.kill('SIGKILL');
    await engine.ended;
  }
  const engine = start(['--debug'], environment(port));
  await ready(port);
  await stack.send(...flow.slice(450));
  await expectReplayEquality(stack);
  const metrics = await fetch(`http://127.0.0.1:${port}/metrics`).then((answer) => answer.text());
  expect(metrics).toMatch(/supernoba_engine_entries_total\{label="shardId-00000000000\d"\} \d+/);
  engine.child.kill('SIGTERM');
  expect(await engine.ended).toBe(0);
  expect(engine.lines.join('')).toContain('"level":"DEBUG"');
});

test('--dev clears this engine’s keys of both caches, no other key, and refuses another host', async () => {
  const port = await freePort();
  await stack.depth.mset('depth:GONE', '{}', 'conn:abc:main', 'TEST', 'mine', '1');
  const engine = start(['--dev'], environment(port));
  await ready(port);
  expect(await stack.depth.mget('depth:GONE', 'conn:abc:main', 'mine')).toEqual([null, 'TEST', '1']);
  engine.child.kill('SIGTERM');
  expect(await engine.ended).toBe(0);

  const refused = start(['--dev'], { ...environment(port), DEPTH_CACHE_HOST: '198.51.100.7' });
  expect(await refused.ended).toBe(1);
  expect(refused.lines.join('')).toContain('NOT_LOCAL');
});

test('bad settings and unknown options end with code 2 and say what is wrong', async () => {
  const settings = start([], { ...environment(0), REDIS_HOST: '', LOG_LEVEL: 'LOUD' });
  expect(await settings.ended).toBe(2);
  expect(settings.lines.join('')).toMatch(/2 mistakes[^]*REDIS_HOST is not set[^]*LOG_LEVEL=LOUD/);
  const option = start(['--fast'], environment(0));
  expect(await option.ended).toBe(2);
  expect(option.lines.join('')).toContain('unknown option --fast');
});

test('an engine that lost its shards ends by itself with code 1', async () => {
  const port = await freePort();
  const first = start([], environment(port));
  await ready(port);
  const second = start([], environment(await freePort()));
  await eventually(() => second.lines.join('').includes('"running"'), { timeoutMs: 20_000 });
  await stack.send(...randomFlow(32, 20, ['TEST', 'BTCUSD', 'ETH-USD', 'A', 'B', 'C']));
  expect(await first.ended).toBe(1);
  expect(first.lines.join('')).toMatch(/LEASE_LOST|FENCED/);
});
