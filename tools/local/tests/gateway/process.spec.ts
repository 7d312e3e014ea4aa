import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '@supernoba/testing';
import WebSocket from 'ws';
import { runGateway } from '../../src/gateway/index.js';
import { buildEntry, buildRunner, ECHO, newFolder, OBEY, writeModule } from './rig.js';

let main: string;
let runner: string;
const children: ChildProcess[] = [];

beforeAll(async () => {
  [main, runner] = await Promise.all([buildEntry('gateway/main.ts'), buildRunner()]);
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

const ROUTES = [{ method: 'POST', path: '/echo', lambda: 'echo' }];

function config(extra: object = {}) {
  const lambdas = [{ name: 'echo', file: writeModule(ECHO), env: { STAGE: 'local' } }];
  return { port: 0, runner, lambdas, routes: ROUTES, ...extra };
}

/** What the process reports. */
interface Message {
  kind?: string;
  ready?: boolean;
  error?: string;
  port?: number;
  managementPort?: number;
  pids?: Record<string, number>;
}

interface Started {
  child: ChildProcess;
  messages: Message[];
  stdout: () => string;
}

/** The gateway's process, with its configuration sent over IPC. */
function start(settings: object): Started {
  const child = fork(main, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], execArgv: [] });
  children.push(child);
  const messages: Message[] = [];
  let stdout = '';
  child.on('message', (message) => messages.push(message as Message));
  child.stdout?.on('data', (data: Buffer) => (stdout += data.toString()));
  child.send(settings);
  return { child, messages, stdout: () => stdout };
}

async function ready({ messages }: Started): Promise<Message> {
  return eventually(() => messages.find((message) => 'ready' in message));
}

/** The Lambda `echo`'s process, as last reported. */
function echoPid({ messages }: Started): number {
  return messages.filter(({ kind }) => kind === 'pids').at(-1)?.pids?.['echo'] ?? 0;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test('a configuration over IPC starts Lambdas and gateway, and both ports are reported', async () => {
  const started = start(config());
  const { ready: isReady, port, managementPort } = await ready(started);
  expect({ isReady, port, managementPort }).toEqual({
    isReady: true,
    port: expect.any(Number),
    managementPort: expect.any(Number),
  });
  const answer = await fetch(`http://127.0.0.1:${port}/echo`, { method: 'POST', body: 'x' });
  expect(await answer.json()).toMatchObject({ routeKey: 'POST /echo' });
  const pid = echoPid(started);
  expect(isAlive(pid)).toBe(true);
});

test('a configuration in a file starts it without a parent, which reads the report as a line', async () => {
  const file = join(newFolder(), 'gateway.json');
  writeFileSync(file, JSON.stringify(config()));
  const child = spawn(process.execPath, [main, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  expect(JSON.parse(line.toString())).toMatchObject({ ready: true, port: expect.any(Number) });
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
});

test('lines of the Lambdas come out on stdout under their names', async () => {
  const lambdas = [
    { name: 'chart-data', file: writeModule(`console.log('cold start'); export const handler = () => 1;`) },
  ];
  const started = start({ port: 0, runner, lambdas });
  await ready(started);
  await eventually(() => started.stdout().includes('[chart-data] cold start\n'));
});

test.each([
  [
    'a Lambda that does not start',
    () => config({ lambdas: [{ name: 'echo', file: writeModule(`throw new Error('no VALKEY_HOST')`) }] }),
    'no VALKEY_HOST',
  ],
  [
    'a mistake in the settings',
    () => config({ routes: [{ method: 'GET', path: 'x', lambda: 'echo' }] }),
    'must be a path',
  ],
  ['an unknown setting', () => config({ prot: 1 }), 'prot'],
  ['no object', () => 'x' as unknown as object, 'expected object'],
])('%s is reported, and the process ends with code 1', async (_what, settings, message) => {
  const started = start(settings());
  expect(await ready(started)).toEqual({ ready: false, error: expect.stringContaining(message) });
  expect(started.child.exitCode ?? (await once(started.child, 'exit'))[0]).toBe(1);
});

test('a busy port is reported by its number', async () => {
  const { port } = await ready(start(config()));
  const second = start(config({ port }));
  expect(await ready(second)).toEqual({ ready: false, error: `port ${port} of 127.0.0.1 is in use` });
});

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s ends sockets with 1001, the Lambdas, and the process with code 0',
  async (signal) => {
    const started = start(config({ webSocket: { routes: {} } }));
    const { port } = await ready(started);
    const pid = echoPid(started);
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`);
    await once(socket, 'open');
    const closed = once(socket, 'close');
    const began = performance.now();
    started.child.kill(signal);
    expect(await once(started.child, 'exit')).toEqual([0, null]);
    expect(performance.now() - began).toBeLessThan(2000);
    expect((await closed)[0]).toBe(1001);
    expect(isAlive(pid)).toBe(false);
  },
);

test('the gateway ends when its parent goes away', async () => {
  const started = start(config());
  await ready(started);
  started.child.disconnect();
  expect(await once(started.child, 'exit')).toEqual([0, null]);
});

test('the Lambdas end when the gateway is killed', async () => {
  const started = start(config());
  await ready(started);
  const pid = echoPid(started);
  expect(isAlive(pid)).toBe(true);
  started.child.kill('SIGKILL');
  await eventually(() => !isAlive(pid));
});

test('a Lambda that crashes is reported with its new process', async () => {
  const started = start(config({ lambdas: [{ name: 'echo', file: writeModule(OBEY) }] }));
  const { port } = await ready(started);
  const before = echoPid(started);
  await fetch(`http://127.0.0.1:${port}/echo`, {
    method: 'POST',
    body: '{"exit":1}',
    headers: { 'content-type': 'application/json' },
  });
  await eventually(() => ![0, before].includes(echoPid(started)));
});

test('where one Lambda does not start the others end again', async () => {
  const mark = join(newFolder(), 'pid');
  const lambdas = [
    {
      name: 'well',
      file: writeModule(
        `import { writeFileSync } from 'node:fs'; writeFileSync(${JSON.stringify(mark)}, String(process.pid)); export const handler = () => 1;`,
      ),
    },
    {
      name: 'broken',
      file: writeModule(`await new Promise((resolve) => setTimeout(resolve, 300)); throw new Error('no');`),
    },
  ];
  const pids: Record<string, number>[] = [];
  await expect(runGateway({ port: 0, runner, lambdas }, { onPids: (now) => pids.push(now) })).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    functionName: 'broken',
  });
  expect(pids[0]?.['well']).toBeGreaterThan(0);
  expect(isAlive(pids[0]?.['well'] ?? 0)).toBe(false);
});
