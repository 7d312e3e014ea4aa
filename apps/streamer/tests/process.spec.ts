import { createValkey, type Valkey } from '@supernoba/runtime';
import { eventually, freePort, startValkey, tempDir, type TestValkey } from '@supernoba/testing';
import { createKeys } from '@supernoba/valkey-keys';
import { build, type BuildOptions } from 'esbuild';
import { spawn, type ChildProcess } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { TestGateway } from './support/gateway.js';
import { TestEngine, TestRegistry } from './support/market.js';
import { pause } from './support/stage.js';

jest.setTimeout(120_000);

const folder = join(tempDir(), 'streamer');
const script = join(folder, 'run_streamer.sh');
const keys = createKeys();

beforeAll(async () => {
  mkdirSync(join(folder, 'dist'), { recursive: true });
  const shared = createRequire(join(process.cwd(), 'package.json'))('../../config/esbuild.app.cjs') as BuildOptions;
  await build({
    ...shared,
    entryPoints: ['src/main.ts'],
    outfile: join(folder, 'dist', 'main.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
  });
  copyFileSync('run_streamer.sh', script);
});

interface Running {
  child: ChildProcess;
  output: () => string;
  ended: Promise<number | null>;
}

let children: Running[] = [];
let server: TestValkey | undefined;
let valkey: Valkey | undefined;
let gateway: TestGateway;

beforeEach(async () => {
  gateway = new TestGateway();
  await gateway.listen();
});

afterEach(async () => {
  for (const { child, ended } of children) {
    child.kill('SIGKILL');
    await ended;
  }
  children = [];
  valkey?.disconnect();
  await server?.stop();
  await gateway.close();
  [server, valkey] = [undefined, undefined];
});

function run(args: string[], env: NodeJS.ProcessEnv): Running {
  const { PATH } = process.env;
  const child = spawn('bash', [script, ...args], { env: { PATH, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (output += data.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const running = { child, output: () => output, ended };
  children.push(running);
  return running;
}

function environment(port: number, more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  return {
    VALKEY_HOST: '127.0.0.1',
    VALKEY_PORT: String(port),
    WEBSOCKET_ENDPOINT: `http://127.0.0.1:${gateway.port}`,
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'secret',
    ...more,
  };
}

async function connect(port?: number) {
  server = await startValkey(port === undefined ? {} : { port });
  valkey = createValkey({ host: server.host, port: server.port, name: 'test' });
  await valkey.connect();
  return { registry: new TestRegistry(valkey, keys), engine: new TestEngine(valkey, keys, 'TEST'), port: server.port };
}

async function metrics(port: number): Promise<(name: string) => number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return (name) => Number(new RegExp(`^${name.replace(/[{}"]/g, '\\$&')} (\\S+)$`, 'm').exec(text)?.[1] ?? NaN);
}

test('the bundle serves before the cache is there, tells its health, and says goodbye on SIGTERM', async () => {
  const [port, metricsPort] = [await freePort(), await freePort()];
  const { child, output, ended } = run(['--debug'], environment(port, { METRICS_PORT: String(metricsPort) }));
  await eventually(() => output().includes('streaming'), { timeoutMs: 40_000 });
  await eventually(() => output().includes('"level":"DEBUG"'));
  const { registry, engine } = await connect(port);
  await engine.begin();
  await registry.connect('alice', { userId: 'u1' });
  await registry.subscribe('alice', { main: 'TEST' });
  await eventually(() => gateway.eventsTo('alice', 'd').length === 1);
  const { headers, path } = gateway.posted[0]!;
  expect(path).toBe('/@connections/alice');
  expect(headers.authorization).toMatch(
    /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/ap-northeast-2\/execute-api\/aws4_request, SignedHeaders=\S+, Signature=[0-9a-f]{64}$/,
  );

  expect((await fetch(`http://127.0.0.1:${metricsPort}/health`)).status).toBe(200);
  expect((await fetch(`http://127.0.0.1:${metricsPort}/other`)).status).toBe(404);
  const metric = await metrics(metricsPort);
  expect(metric('streamer_realtime_connections')).toBe(1);
  expect(metric('streamer_posts_total{outcome="sent"}')).toBe(1);
  expect(metric('nodejs_eventloop_lag_p99_seconds')).toBeGreaterThan(0);

  const askedMs = performance.now();
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
  expect(performance.now() - askedMs).toBeLessThan(4_000);
  expect(gateway.eventsTo('alice').at(-1)).toEqual({ e: 'serverShutdown', in: 1000 });
});

test('an environment with mistakes is told whole, and ends with code 1', async () => {
  const { output, ended } = run([], { VALKEY_TLS: 'perhaps' });
  expect(await ended).toBe(1);
  expect(output()).toContain('The environment has 3 mistakes');
  expect(output()).toContain('VALKEY_HOST is not set');
  expect(output()).toContain('WEBSOCKET_ENDPOINT is not set');
  expect(output()).not.toContain('    at ');
});

test('an unknown option and a missing bundle are told', async () => {
  const unknown = run(['--inti'], {});
  expect([await unknown.ended, unknown.output()]).toEqual([2, 'unknown option: --inti (known: --debug, --init)\n']);
  expect(existsSync(script)).toBe(true);
});

test('--init forgets anonymous connections, then serves', async () => {
  const { registry, engine, port } = await connect();
  await engine.begin();
  await registry.connect('alice', { userId: 'u1' });
  await registry.subscribe('alice', { main: 'TEST' });
  await registry.connect('guest');
  await registry.subscribe('guest', { main: 'TEST' });
  const { output } = run(['--init'], environment(port));
  await eventually(() => gateway.eventsTo('alice', 'd').length === 1, { timeoutMs: 40_000 });
  expect(output()).toContain('"forgotten":1');
  await pause(700);
  expect(gateway.messagesTo('guest')).toEqual([]);
});

test('--init refuses a cache that is not on this machine, without connecting', async () => {
  const { output, ended } = run(['--init'], environment(6379, { VALKEY_HOST: 'cache.example.com' }));
  expect(await ended).toBe(1);
  expect(output()).toContain('cache.example.com is not this machine');
});

test('how many pushes a second of CPU time: 500 connections, a market that moves every tick', async () => {
  const { registry, engine, port } = await connect();
  await engine.begin();
  for (let index = 0; index < 500; index++) {
    await registry.connect(`conn${index}=`, { userId: `u${index}` });
    await registry.subscribe(`conn${index}=`, { main: 'TEST' });
  }
  const metricsPort = await freePort();
  run([], environment(port, { METRICS_PORT: String(metricsPort) }));
  await eventually(() => gateway.posted.length >= 500, { timeoutMs: 40_000 });
  const sample = async () => {
    const metric = await metrics(metricsPort);
    return [
      metric('streamer_posts_total{outcome="sent"}'),
      metric('process_cpu_seconds_total'),
      metric('streamer_tick_seconds_sum'),
      metric('streamer_tick_seconds_count'),
    ] as const;
  };
  let bid = 100;
  const trade = async (ms: number) => {
    const endMs = performance.now() + ms;
    while (performance.now() < endMs) {
      await engine.apply({ bid: ++bid, trades: [[bid, 1]] });
      await pause(20);
    }
  };
  await trade(1_000); // warm
  const before = await sample();
  const startedMs = performance.now();
  await trade(2_000);
  const after = await sample();
  const [posts, cpuS, tickS, ticks] = after.map((value, index) => value - before[index]!) as [
    number,
    number,
    number,
    number,
  ];
  const seconds = (performance.now() - startedMs) / 1000;
  console.log(
    `streamer: ${Math.round(posts / cpuS)} pushes a second of CPU (${Math.round(posts / seconds)} pushes/s sent with ` +
      `${Math.round((100 * cpuS) / seconds)} % of a core, 500 connections; a turn took ${((1000 * tickS) / ticks).toFixed(2)} ms on average)`,
  );
  const bidOf = new Map<string, number>();
  await eventually(
    () => {
      for (const { connectionId, body } of gateway.posted.splice(0)) {
        bidOf.set(connectionId, Number(/"b":\[\[(\d+)/.exec(body)?.[1]));
      }
      return bidOf.size === 500 && [...bidOf.values()].every((each) => each === bid);
    },
    { timeoutMs: 40_000 },
  );
  expect(gateway.maxInFlightOfOne).toBe(1);
});
