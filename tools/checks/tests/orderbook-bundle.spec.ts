import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { Worker } from 'node:worker_threads';
import { transformSync } from 'esbuild';
import { readJson, workspaceRoot } from '../src/workspace.js';

const folder = join(workspaceRoot(), 'libs', 'orderbook');
const bundle = readFileSync(join(folder, 'dist', 'index.js'), 'utf8');

/** What the worker says: a fill, or its book as it stands. */
interface Heard {
  fill?: number[];
  hash?: unknown;
  snapshot?: Uint8Array;
  depth?: unknown;
  globals?: string[];
}

test('the order book depends on nothing', () => {
  const manifest = readJson<Record<string, unknown>>(join(folder, 'package.json'));
  for (const field of ['dependencies', 'peerDependencies', 'optionalDependencies', 'bundleDependencies']) {
    expect(manifest[field]).toBeUndefined();
  }
  expect(bundle).toContain('createOrderBook');
  expect(bundle).not.toMatch(/^\s*import\b|\bimport\(|\brequire\(|\bfrom ["']/m);
});

test('the built book runs where there is nothing but ECMAScript: no Node, no browser', () => {
  const { code } = transformSync(bundle, { format: 'iife', globalName: 'orderbook' });
  const context = createContext({}, { codeGeneration: { strings: false, wasm: false } });
  const act = `
    const { createOrderBook, restoreOrderBook, EventListeners } = orderbook;
    const events = new EventListeners();
    const told = [];
    events.onFill(({ quantity, price, makerOrderId, takerOrderId }) => told.push([quantity, price, makerOrderId, takerOrderId]));
    const book = createOrderBook({ symbol: 'TEST', sink: events.sink });
    const add = (orderId, isBuy, price, quantity) =>
      book.execute({ type: 'ADD', orderId, userId: orderId, isBuy, price, quantity }, 1_700_000_000_000);
    add('주문', false, 100, 5);
    add('b', true, 101, 3);
    const again = restoreOrderBook(book.snapshot(), { symbol: 'TEST', sink: events.sink });
    const pieces = [...book.capture().encode()].length;
    const globals = [typeof process, typeof Buffer, typeof setTimeout, typeof TextEncoder, typeof crypto, typeof self];
    JSON.stringify({ told, depth: again.depth('ask', 1), same: again.stateHash() === book.stateHash(), pieces, globals });`;
  const said: unknown = JSON.parse(runInContext(`${code}\n${act}`, context) as string);
  expect(said).toEqual({
    told: [[3, 100, '주문', 'b']],
    depth: [{ price: 100, quantity: 2, orders: 1 }],
    same: true,
    pieces: expect.any(Number),
    globals: new Array<string>(6).fill('undefined'),
  });
});

test('the built book runs in a worker, loaded by URL and spoken to by messages, as a page would', async () => {
  const url = (code: string) => `data:text/javascript;base64,${Buffer.from(code).toString('base64')}`;
  const program = `
    import { parentPort } from 'node:worker_threads';
    for (const name of ['process', 'Buffer', 'global', 'setImmediate', 'clearImmediate']) delete globalThis[name];
    const { createOrderBook, restoreOrderBook, EventListeners } = await import('${url(bundle)}');
    const events = new EventListeners();
    events.onFill(({ quantity, price }) => parentPort.postMessage({ fill: [quantity, price] }));
    let book = createOrderBook({ symbol: 'TEST', sink: events.sink });
    parentPort.on('message', ({ command, snapshot }) => {
      if (command !== undefined) return void book.execute(command, 1_700_000_000_000);
      if (snapshot !== undefined) book = restoreOrderBook(snapshot, { symbol: 'TEST', sink: events.sink });
      const globals = [typeof require, typeof process, typeof Buffer, typeof structuredClone];
      parentPort.postMessage({ hash: book.stateHash(), snapshot: book.snapshot(), depth: book.depth('ask', 5), globals });
    });`;
  const start = () => {
    const worker = new Worker(new URL(url(program)), { env: {}, execArgv: [] });
    const heard: Heard[] = [];
    const state = new Promise<Heard>((resolve, reject) => {
      worker.once('error', reject);
      worker.on('message', (message: Heard) => (message.fill ? heard.push(message) : resolve(message)));
    });
    return { worker, heard, state };
  };
  const [first, second] = [start(), start()];
  try {
    const add = (orderId: string, isBuy: boolean, price: number, quantity: number) =>
      first.worker.postMessage({ command: { type: 'ADD', orderId, userId: orderId, isBuy, price, quantity } });
    add('a', false, 100, 5);
    add('b', false, 102, 4);
    add('c', true, 101, 3);
    first.worker.postMessage({ command: { type: 'CANCEL', orderId: 'b', userId: 'b' } });
    first.worker.postMessage({});
    const { hash, snapshot, depth, globals } = await first.state;
    expect(first.heard).toEqual([{ fill: [3, 100] }]);
    expect(depth).toEqual([{ price: 100, quantity: 2, orders: 1 }]);
    expect(globals).toEqual(['undefined', 'undefined', 'undefined', 'function']);
    second.worker.postMessage({ snapshot });
    expect(await second.state).toEqual({ hash, snapshot, depth, globals });
  } finally {
    await Promise.all([first.worker.terminate(), second.worker.terminate()]);
  }
});

test('it stays within its sizes, and who takes the codes alone does not get the book', () => {
  const bin = join(workspaceRoot(), 'node_modules', '.bin', 'size-limit');
  const sizes = JSON.parse(execFileSync(bin, ['--json'], { cwd: folder, encoding: 'utf8' })) as {
    passed: boolean;
    size: number;
  }[];
  expect(sizes.map(({ passed }) => passed)).toEqual([true, true, true]);
  const [book = 0, codes = 0] = sizes.map(({ size }) => size);
  expect(codes).toBeGreaterThan(100);
  expect(codes * 10).toBeLessThan(book);
});
