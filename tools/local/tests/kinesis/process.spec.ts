import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '@supernoba/testing';
import { errorOf } from './support/bench.js';
import { benchOf, closeAll } from './support/in-process.js';
import {
  newFolder,
  removeBundle,
  startFailing,
  startOwnChild,
  startUnderParent,
  type OwnChild,
} from './support/own-server.js';

const children: OwnChild[] = [];

afterEach(async () => {
  for (const child of children.splice(0)) await child.kill();
  await closeAll();
});
afterAll(removeBundle);

async function started(ipc: boolean): Promise<OwnChild> {
  const child = await startOwnChild(['--data', newFolder(), '--transition-ms', '0', '--limits'], ipc);
  children.push(child);
  return child;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('SIGTERM ends the process with 0 after it answered what was under way', async () => {
  const child = await started(false);
  const bench = benchOf(child.endpoint);
  const StreamName = await bench.stream();
  await fetch(`${child.endpoint}/_control/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ rules: [{ kind: 'delay', when: 'after', ms: 300, operations: ['PutRecord'] }] }),
  });
  const underWay = bench.put(StreamName, 'k', 'x');
  await new Promise((resolve) => setTimeout(resolve, 100));
  child.process.kill('SIGTERM');
  expect((await underWay).ShardId).toBe('shardId-000000000000');
  expect(await child.exit).toBe(0);
  expect(await errorOf(bench.put(StreamName, 'k', 'late'))).not.toBe('no error');
});

test('it ends when the IPC channel closes, and leaves SIGINT to its parent', async () => {
  const child = await started(true);
  child.process.kill('SIGINT');
  const bench = benchOf(child.endpoint);
  await bench.put(await bench.stream(), 'k', 'still here');
  child.process.disconnect();
  expect(await child.exit).toBe(0);
});

test('it ends by itself, and cleanly, when its parent is killed', async () => {
  const dataDir = newFolder();
  const { parent, pid } = await startUnderParent(['--data', dataDir]);
  expect(existsSync(join(dataDir, 'lock'))).toBe(true);
  await parent.kill();
  await eventually(() => !isAlive(pid));
  expect(existsSync(join(dataDir, 'lock'))).toBe(false);
});

test('without an IPC channel it ends when stdin closes', async () => {
  const child = await started(false);
  child.process.stdin?.end();
  expect(await child.exit).toBe(0);
});

test.each([
  [['--port', '0'], '--data DIR is missing'],
  [['--data', 'x', '--port', '70000'], '--port must be an integer from 0 to 65535, not 70000'],
  [['--data', 'x', '--limit'], "Unknown option '--limit'"],
  [['--data', 'x', '--account', '12'], '--account must have twelve digits'],
])('wrong flags %j end it with 2 and say what is wrong', async (flags, message) => {
  const child = startFailing(flags);
  expect(await child.exit).toBe(2);
  expect(child.stderr()).toContain(message);
});

test('a port that is taken ends it with 1 and the system’s message', async () => {
  const first = await started(false);
  const second = startFailing(['--data', newFolder(), '--port', String(first.port)]);
  expect(await second.exit).toBe(1);
  expect(second.stderr()).toContain('EADDRINUSE');
});
