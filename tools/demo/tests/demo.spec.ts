import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as esbuild from 'esbuild';
import { SmallExchange } from './small-exchange.js';

const folder = mkdtempSync(join(tmpdir(), 'demo-'));
const script = join(folder, 'main.mjs');
const banner = { js: "import { createRequire as r } from 'node:module'; const require = r(import.meta.url);" };
let exchange: SmallExchange;
let bot: ChildProcess | undefined;

beforeAll(async () => {
  await esbuild.build({
    entryPoints: [join(__dirname, '..', 'src', 'main.ts')],
    outfile: script,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@supernoba/source', 'module'],
    mainFields: ['module', 'main'],
    banner,
  });
});

beforeEach(async () => {
  exchange = new SmallExchange();
  await exchange.start();
});

afterEach(async () => {
  bot?.kill('SIGKILL');
  await exchange.stop();
});

afterAll(() => rmSync(folder, { recursive: true }));

interface Started {
  ended: Promise<number | null>;
  log: () => string;
}

function start(env: Record<string, string> = {}, args: string[] = ['--rate', '50']): Started {
  const child = fork(script, ['--url', exchange.url, '--seed', '1', ...args], {
    silent: true,
    env: { PATH: process.env['PATH'], ...env },
  });
  bot = child;
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (log += String(chunk)));
  return { ended: new Promise((resolve) => child.on('exit', resolve)), log: () => log };
}

async function eventually(check: () => boolean, what: () => string, timeoutMs = 25_000): Promise<void> {
  const until = performance.now() + timeoutMs;
  while (!check()) {
    if (performance.now() > until) throw new Error(`not within ${timeoutMs} ms: ${what()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test('the bot quotes for two users, takes now and then, keeps its orders bounded, and cancels them on SIGTERM', async () => {
  const { ended, log } = start();
  await eventually(() => exchange.seen.takes >= 10 && exchange.seen.batches >= 20, log);
  expect([...exchange.open.keys()].sort()).toEqual(['alice', 'bob']);
  for (const open of exchange.open.values()) expect(open.size).toBe(12);
  bot?.kill('SIGTERM');
  await expect(ended).resolves.toBe(0);
  expect(exchange.openOrders).toBe(0);
  expect(exchange.seen.adds).toBe(exchange.seen.cancels);
});

test('it survives a restart of the exchange and leaves no order of before it behind', async () => {
  const { ended, log } = start();
  await eventually(() => exchange.seen.batches >= 5, log);
  await exchange.stop();
  await eventually(() => log().includes('"code":"NETWORK"'), log);
  await exchange.start();
  const before = exchange.seen.batches;
  await eventually(() => exchange.seen.batches >= before + 10, log);
  for (const open of exchange.open.values()) expect(open.size).toBe(12);
  bot?.kill('SIGTERM');
  await expect(ended).resolves.toBe(0);
  expect(exchange.openOrders).toBe(0);
});

test('it ends, its orders cancelled, when its parent is gone', async () => {
  const { ended, log } = start();
  await eventually(() => exchange.seen.batches >= 5, log);
  bot?.disconnect();
  await expect(ended).resolves.toBe(0);
  expect(exchange.openOrders).toBe(0);
});

test('tokens come from the file that is named', async () => {
  const file = join(folder, 'endpoints.json');
  writeFileSync(file, JSON.stringify({ tokens: { alice: 'token of carol', bob: 'token of dave' } }));
  const { log } = start({ DEMO_TOKENS_FILE: file });
  await eventually(() => exchange.seen.batches >= 4, log);
  expect([...exchange.open.keys()].sort()).toEqual(['carol', 'dave']);
});

test('a wrong option ends it at once, with its usage', async () => {
  const { ended, log } = start({}, ['--rate', 'fast']);
  await expect(ended).resolves.toBe(2);
  expect(log()).toMatch(/^demo: --rate must be an integer from 1 to 50\n\nusage:/);
});
