import { eventually, tempDir, valkeyBinary } from '@supernoba/testing';
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { LAMBDAS } from '../../src/exchange/layout.js';
import { awsEnvironment, NotRunningError, readEndpoints, type Endpoints } from '../../src/index.js';
import { identify, isAlive, type ProcessIdentity } from '../../src/supervisor/process-identity.js';
import { stubWorkspace } from '../support/built.js';

// The supervisor as it is built, with real stores, gateway and auth, and with stand-ins for engine, streamer and Lambdas.
const folders = tempDir('supernoba-run-');
const running: ChildProcess[] = [];
const servers: Server[] = [];
const STARTS = 120_000;

interface Run {
  child: ChildProcess;
  dataDir: string;
  output(): string;
  ended: Promise<number | NodeJS.Signals | null>;
  pids(): Record<string, number>;
}

function run(
  args: string[],
  { dataDir = freshFolder(), env = {} }: { dataDir?: string; env?: Record<string, string> } = {},
): Run {
  const main = join(stubWorkspace(), 'tools', 'local', 'dist', 'main.mjs');
  // A group of its own, as a shell gives to what runs in the foreground: tests press Ctrl-C on the whole of it.
  const child = spawn(process.execPath, [main, '--data', dataDir, ...args], {
    env: { ...process.env, VALKEY_SERVER_BIN: valkeyBinary(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  running.push(child);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) =>
    child.once('close', (code, signal) => resolve(signal ?? code)),
  );
  const pids = () => JSON.parse(readFileSync(join(dataDir, 'pids.json'), 'utf8')) as Record<string, number>;
  return { child, dataDir, output: () => text, ended, pids };
}

const freshFolder = () => mkdtempSync(join(folders, 'data-'));

async function untilReady({ child, dataDir, output }: Run) {
  await eventually(
    () => {
      if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode}: ${output()}`);
      return output().includes('curl ') && existsSync(join(dataDir, 'endpoints.json'));
    },
    { timeoutMs: STARTS },
  );
  return readEndpoints(dataDir);
}

async function started(
  args: string[] = ['--port', '0'],
  options: { dataDir?: string; env?: Record<string, string> } = {},
) {
  const exchange = run(args, options);
  return { ...exchange, endpoints: await untilReady(exchange) };
}

const identities = (pids: Record<string, number>) => Object.values(pids).flatMap((pid) => identify(pid) ?? []);

async function timeToEnd(processes: ProcessIdentity[], begin: () => void): Promise<number> {
  const begun = performance.now();
  begin();
  await eventually(() => processes.every((one) => !isAlive(one)), { timeoutMs: 10_000, everyMs: 10 });
  return performance.now() - begun;
}

async function endAll() {
  for (const child of running.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
  }
  for (const server of servers.splice(0)) server.close();
}

describe('a running exchange', () => {
  let exchange: Run;
  let endpoints: Endpoints;

  beforeAll(async () => {
    exchange = run(['--port', '0', '--demo'], { env: { AUTH_TOKEN_TTL_S: '20' } });
    await eventually(() => existsSync(join(exchange.dataDir, 'lock')), { timeoutMs: STARTS });
    expect(() => readEndpoints(exchange.dataDir)).toThrow(NotRunningError);
    endpoints = await untilReady(exchange);
  }, STARTS);
  afterAll(endAll);

  test('says where everything is, in a file and on the terminal', () => {
    expect(Object.keys(endpoints)).toEqual([
      'http',
      'ws',
      'auth',
      'kinesis',
      'dynamodb',
      's3',
      'valkeyDepth',
      'valkeyBackup',
      'connections',
      'engineMetrics',
      'engineGrpc',
      'tokens',
    ]);
    const { port } = new URL(endpoints.http);
    expect(endpoints).toMatchObject({ ws: `ws://127.0.0.1:${port}/ws`, auth: `http://127.0.0.1:${port}/auth/v1` });
    expect(awsEnvironment(endpoints)).toMatchObject({ AWS_ENDPOINT_URL_KINESIS: endpoints.kinesis });
    const addresses = Object.values(endpoints).filter((value) => typeof value === 'string');
    expect(addresses.filter((address) => !exchange.output().includes(address))).toEqual([]);
  });

  test('has real tokens of the auth stand-in, and renews them in the file before they expire', async () => {
    const claims = Object.entries(endpoints.tokens).map(([name, token]) => [
      name,
      decodeJwt(token).iss,
      decodeJwt(token)['email'],
    ]);
    expect(claims).toEqual(['alice', 'bob', 'admin'].map((name) => [name, endpoints.auth, `${name}@supernoba.local`]));
    const renewed = await eventually(
      () => {
        const { tokens } = readEndpoints(exchange.dataDir);
        return tokens.alice !== endpoints.tokens.alice && tokens;
      },
      { timeoutMs: 20_000 },
    );
    const before = decodeJwt(endpoints.tokens.alice);
    const after = decodeJwt(renewed.alice);
    expect(after['session_id']).toBe(before['session_id']);
    expect(after.iat).toBeLessThan(before.exp ?? 0);
  });

  test('prints a command that places an order, and serves routes, page and log-in at one address', async () => {
    const lines = exchange.output().split('\n');
    const curl = lines.find((line) => line.startsWith('curl ')) ?? '';
    expect(curl).toContain(`curl -sS ${endpoints.http}/orders `);
    expect(curl).toContain(`Bearer ${endpoints.tokens.alice}`);
    expect(curl).toContain(`'{"symbol":"TEST","side":"BUY","price":150,"quantity":30}'`);
    const answer = await fetch(`${endpoints.http}/orders`, { method: 'POST', body: '{}' });
    expect(await answer.json()).toEqual({ lambda: 'order-router', path: '/orders' });
    expect(await (await fetch(endpoints.http)).text()).toContain('page');
    expect((await fetch(`${endpoints.auth}/.well-known/jwks.json`)).status).toBe(200);
  });

  test('lists its processes, the bot among them', () => {
    const pids = exchange.pids();
    expect(Object.keys(pids).sort()).toEqual(
      [
        ...['supervisor', 'valkey-depth', 'valkey-depth-guard', 'valkey-backup', 'valkey-backup-guard'],
        ...['kinesis', 'dynamodb', 's3', 'auth', 'gateway', 'engine', 'streamer', 'demo', ...LAMBDAS],
      ].sort(),
    );
    expect(identities(pids).every(isAlive)).toBe(true);
  });

  test('refuses a second start and says who runs and what to do', async () => {
    const second = run(['--port', '0'], { dataDir: exchange.dataDir });
    expect(await second.ended).toBe(1);
    expect(second.output()).toContain(`process ${exchange.child.pid}, started `);
    expect(second.output()).toContain(`kill ${exchange.child.pid}`);
    expect(second.output()).not.toContain('    at ');
  });

  test('brings every part that is killed back at the port it had', async () => {
    const before = exchange.pids();
    const parts = [
      'valkey-depth',
      'valkey-backup',
      'kinesis',
      'dynamodb',
      's3',
      'auth',
      'engine',
      'streamer',
      'gateway',
    ];
    const names = [...parts, 'order-router'];
    for (const name of names) process.kill(before[name] ?? 0, 'SIGKILL');
    await eventually(() => parts.every((name) => exchange.output().includes(`${name} is back after`)), {
      timeoutMs: STARTS,
    });
    const pids = exchange.pids();
    expect(names.filter((name) => pids[name] === undefined || pids[name] === before[name])).toEqual([]);
    const { tokens: _renewed, ...addresses } = endpoints;
    expect(readEndpoints(exchange.dataDir)).toMatchObject(addresses);
    const asked = [
      `${endpoints.auth}/.well-known/jwks.json`,
      `${endpoints.http}/symbols`,
      `${endpoints.s3}/supernoba?list-type=2`,
    ];
    expect(await Promise.all(asked.map(async (url) => (await fetch(url)).status))).toEqual([200, 200, 200]);
  }, 90_000);

  test('ends within three seconds on SIGTERM and takes its files along', async () => {
    const took = await timeToEnd(identities(exchange.pids()), () => exchange.child.kill('SIGTERM'));
    expect(took).toBeLessThan(3_000);
    expect(await exchange.ended).toBe(0);
    const left = readdirSync(exchange.dataDir);
    expect(left.filter((name) => /^(lock|pids|endpoints)/.test(name))).toEqual([]);
  });
});

describe('from start to end', () => {
  afterEach(endAll, 20_000);

  test('kill -9 of the supervisor leaves no process behind; the data outlives it, and Ctrl-C, and not --fresh', async () => {
    const stubLog = join(freshFolder(), 'stub.log');
    const first = await started();
    const objectAt = ({ s3 }: Endpoints) => `${s3}/supernoba/marker`;
    expect((await fetch(objectAt(first.endpoints), { method: 'PUT', body: 'kept' })).status).toBe(200);
    expect(await timeToEnd(identities(first.pids()), () => first.child.kill('SIGKILL'))).toBeLessThan(3_000);
    expect(() => readEndpoints(first.dataDir)).toThrow(NotRunningError);

    const second = await started(['--port', '0'], { dataDir: first.dataDir, env: { STUB_LOG: stubLog } });
    expect(second.output()).toContain('An earlier exchange did not end by itself');
    expect(await (await fetch(objectAt(second.endpoints))).text()).toBe('kept');
    const interrupt = () => process.kill(-(second.child.pid ?? 0), 'SIGINT');
    expect(await timeToEnd(identities(second.pids()), interrupt)).toBeLessThan(3_000);
    expect(await second.ended).toBe(0);
    // The stores heard the interrupt too, but stayed for as long as the apps needed them.
    expect(readFileSync(stubLog, 'utf8').trim().split('\n').sort()).toEqual(['/health stores up', '/ready stores up']);

    const third = await started(['--port', '0', '--fresh'], { dataDir: first.dataDir });
    expect((await fetch(objectAt(third.endpoints))).status).toBe(404);
  }, 180_000);

  test('a part that does not start is named with the end of its log, and nothing goes on running', async () => {
    const exchange = run(['--port', '0'], { env: { VALKEY_SERVER_BIN: '/nowhere/valkey-server' } });
    expect(await exchange.ended).toBe(1);
    expect(exchange.output()).toMatch(/valkey-(depth|backup) does not start: valkey-server /);
    expect(exchange.output()).toContain('/nowhere/valkey-server');
    expect(readdirSync(exchange.dataDir).filter((name) => /^(lock|pids|endpoints)/.test(name))).toEqual([]);
  });

  test('a busy port is named, with what to do', async () => {
    const server = createServer();
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const exchange = run(['--port', String(port)]);
    expect(await exchange.ended).toBe(1);
    expect(exchange.output()).toContain(`Port ${port} is in use by another program.`);
    expect(exchange.output()).toContain(`npm start -- --port ${port + 1}`);
    expect(exchange.output()).not.toContain('    at ');
  });

  test.each([
    ['an unknown option', ['--frsh'], 2, "Unknown option '--frsh'"],
    ['a bare word', ['fresh'], 2, 'Unexpected argument'],
    ['a port that is none', ['--port', '39x'], 2, '--port takes a number'],
    ['a port beyond the last', ['--port', '70000'], 2, '--port takes a number'],
    ['--help', ['--help'], 0, '--fresh'],
  ])('answers %s with the usage', async (_what, args, code, text) => {
    const exchange = run(args);
    expect(await exchange.ended).toBe(code);
    expect(exchange.output()).toContain(text);
    expect(exchange.output()).toContain('Usage: npm start');
  });

  test('a folder with other things in it is neither used nor emptied', async () => {
    const dataDir = freshFolder();
    writeFileSync(join(dataDir, 'thesis.txt'), 'years of work');
    const exchange = run(['--port', '0', '--fresh'], { dataDir });
    expect(await exchange.ended).toBe(1);
    expect(exchange.output()).toContain('holds other things');
    expect(readdirSync(dataDir)).toEqual(['thesis.txt']);
  });
});
