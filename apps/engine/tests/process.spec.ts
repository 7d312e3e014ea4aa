import { eventually, freePort, tempDir } from '@supernoba/testing';
import { TABLES } from '@supernoba/protocol';
import { buildSync } from 'esbuild';
import { createChannel, createClientFactory, Metadata, Status } from 'nice-grpc';
import { HealthDefinition } from 'nice-grpc-server-health';
import { spawn, type ChildProcess } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { SnapshotServiceDefinition } from '../src/admin/generated/supernoba/engine/v1/snapshot_service.js';
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
    GRPC_PORT: '0',
    KINESIS_POLL_MS: '50',
    LEASE_MS: '4000',
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

/** Shards that the engine with this port is at work on. */
async function shardsAt(port: number): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${port}/ready`);
  return ((await answer.json()) as { shards: unknown[] }).shards.length;
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
  expect(metrics).toMatch(/supernoba_engine_entries_total\{shard="shardId-00000000000\d"\} \d+/);
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

test('the bundle serves operators over gRPC, with reflection and health in it', async () => {
  const [port, grpcPort] = [await freePort(), await freePort()];
  const token = 'the-operators-own-token';
  const engine = start([], { ...environment(port), GRPC_PORT: String(grpcPort), GRPC_TOKEN: token });
  await ready(port);
  await stack.send(randomFlow(33, 1, ['TEST'])[0]!);
  const channel = createChannel(`127.0.0.1:${grpcPort}`);
  try {
    const metadata = Metadata({ authorization: `Bearer ${token}` });
    const operators = createClientFactory().create(SnapshotServiceDefinition, channel);
    const listed = await eventually(async () => {
      const { symbols } = await operators.listSymbols({}, { metadata });
      return symbols.length > 0 && symbols;
    });
    expect(listed).toMatchObject([{ symbol: 'TEST', state: 'open' }]);
    await expect(operators.listSymbols({})).rejects.toMatchObject({ code: Status.UNAUTHENTICATED });
    const health = createClientFactory().create(HealthDefinition, channel);
    // SERVING: like readiness, it may waver while the first shards are opened.
    await eventually(async () => Number((await health.check({ service: '' })).status) === 1);
  } finally {
    channel.close();
  }
  engine.child.kill('SIGTERM');
  expect(await engine.ended).toBe(0);
});

test('bad settings and unknown options end with code 2 and say what is wrong', async () => {
  const settings = start([], { ...environment(0), REDIS_HOST: '', LOG_LEVEL: 'LOUD' });
  expect(await settings.ended).toBe(2);
  expect(settings.lines.join('')).toMatch(/2 mistakes[^]*REDIS_HOST is not set[^]*LOG_LEVEL=LOUD/);
  const option = start(['--fast'], environment(0));
  expect(await option.ended).toBe(2);
  expect(option.lines.join('')).toContain('unknown option --fast');
});

test('one writer: an engine that was paused past its lease wakes, changes nothing and ends with code 1', async () => {
  const port = await freePort();
  const zombie = start([], environment(port));
  await ready(port);
  const flow = randomFlow(32, 120, ['TEST', 'BTCUSD', 'ETH-USD', 'A', 'B', 'C']);
  await stack.send(...flow.slice(0, 60));
  await stack.published();
  // It has read something that it will find matched when it wakes.
  await stack.send(...flow.slice(60, 80));
  zombie.child.kill('SIGSTOP');
  const nextPort = await freePort();
  const next = start([], environment(nextPort));
  await ready(nextPort);
  await stack.send(...flow.slice(80));
  await stack.published();
  const rows = await stack.rows(TABLES.leases.name);
  zombie.child.kill('SIGCONT');
  expect(await zombie.ended).toBe(1);
  expect(zombie.lines.join('')).toMatch(/LEASE_LOST|FENCED/);
  await expectReplayEquality(stack);
  const after = new Map((await stack.rows(TABLES.leases.name)).map((row) => [row['leaseKey'], row]));
  for (const { leaseKey, leaseOwner, epoch } of rows)
    expect(after.get(leaseKey)).toMatchObject({ epoch, ...(leaseOwner === undefined ? {} : { leaseOwner }) });
  next.child.kill('SIGTERM');
  expect(await next.ended).toBe(0);
});

test('a standby has the shards of an engine killed with -9 within ten seconds, at the lease of production', async () => {
  const [port, otherPort] = [await freePort(), await freePort()];
  const production = (at: number) => ({ ...environment(at), LEASE_MS: undefined });
  const first = start([], production(port));
  await ready(port);
  start([], production(otherPort));
  await eventually(async () => (await shardsAt(port)) === 1 && (await shardsAt(otherPort)) === 1, {
    timeoutMs: 40_000,
  });
  await stack.send(...randomFlow(34, 40, ['TEST', 'BTCUSD', 'A', 'B']));
  first.child.kill('SIGKILL');
  const begun = performance.now();
  await eventually(async () => (await shardsAt(otherPort)) === 2, { timeoutMs: 20_000 });
  const failoverMs = performance.now() - begun;
  process.stderr.write(`failover after kill -9 with the default lease: ${failoverMs.toFixed(0)} ms\n`);
  expect(failoverMs).toBeLessThan(10_000);
  await stack.published();
  await expectReplayEquality(stack);
});

test('an engine that is told to stop hands its shards over, and the other has them at once', async () => {
  const [port, otherPort] = [await freePort(), await freePort()];
  const first = start([], { ...environment(port), LEASE_MS: '30000' });
  await ready(port);
  const second = start([], { ...environment(otherPort), LEASE_MS: '30000' });
  await eventually(async () => (await shardsAt(port)) === 1 && (await shardsAt(otherPort)) === 1, {
    timeoutMs: 40_000,
  });
  first.child.kill('SIGTERM');
  const begun = performance.now();
  expect(await first.ended).toBe(0);
  await eventually(async () => (await shardsAt(otherPort)) === 2, { timeoutMs: 20_000 });
  process.stderr.write(`SIGTERM to the other engine at work: ${(performance.now() - begun).toFixed(0)} ms\n`);
  await stack.send(...randomFlow(33, 40, ['TEST', 'BTCUSD', 'A', 'B']));
  await stack.published();
  await expectReplayEquality(stack);
  second.child.kill('SIGTERM');
  expect(await second.ended).toBe(0);
});
