import { eventually, freePort, tempDir } from '@supernoba/testing';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { LogFiles } from '../../src/supervisor/log-files.js';
import { PartError } from '../../src/supervisor/part-runner.js';
import type { PartSpec } from '../../src/supervisor/part.js';
import { acceptsConnections } from '../../src/supervisor/probes.js';
import { Supervisor } from '../../src/supervisor/supervisor.js';
import { builtPackage } from '../support/built.js';

const folders = tempDir('supernoba-supervisor-');
const opened: (() => Promise<void>)[] = [];

/** A small script that notes what happens to it in a common journal. */
const script = (folder: string, name: string, body: string): string => {
  const file = join(folder, `${name}.mjs`);
  const note = `import { appendFileSync } from 'node:fs'; const note = (text) => appendFileSync('${folder}/journal', '${name} ' + text + '\\n');`;
  writeFileSync(file, `${note}\nnote('start');\n${body}`);
  return file;
};
const STAYS = `setInterval(() => undefined, 1000); process.on('SIGTERM', () => { note('SIGTERM'); process.exit(0); });`;

function open() {
  const folder = mkdtempSync(join(folders, 'run-'));
  const logs = new LogFiles(join(folder, 'logs'));
  const said: string[] = [];
  const ready: string[] = [];
  const pids: Record<string, number>[] = [];
  const part = (name: string, body: string, more: Partial<PartSpec> = {}): PartSpec => ({
    name,
    kind: 'service',
    stage: 'app',
    needs: [],
    script: script(folder, name, body),
    launch: () => ({}),
    ...more,
  });
  const supervise = (...parts: PartSpec[]): Supervisor => {
    const watchParent = pathToFileURL(join(builtPackage(), 'parts', 'watch-parent.mjs')).href;
    const supervisor = new Supervisor({
      parts,
      watchParent,
      logs,
      env: process.env,
      say: (message) => said.push(message),
      onPids: (now) => pids.push({ ...now }),
      onReady: (name) => ready.push(name),
    });
    opened.push(async () => {
      await supervisor.stop();
      logs.close();
    });
    return supervisor;
  };
  const journal = () =>
    existsSync(join(folder, 'journal')) ? readFileSync(join(folder, 'journal'), 'utf8').trim().split('\n') : [];
  const pidOf = (name: string) => pids.at(-1)?.[name];
  return { folder, logs, said, ready, part, supervise, journal, pidOf };
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

afterEach(async () => {
  for (const close of opened.splice(0)) await close();
});

test('starts a part only when what it needs is ready, and the rest side by side', async () => {
  const { folder, part, supervise, journal, ready } = open();
  const port = await freePort();
  // Listens only once it has seen that the other one runs too.
  const seesOther = `(await import('node:fs')).readFileSync('${folder}/journal', 'utf8').includes('s3 start')`;
  const listen = `(await import('node:net')).createServer().listen(${port}, '127.0.0.1')`;
  const patient = `while (!(${seesOther})) await new Promise((next) => setTimeout(next, 20)); note('listen'); ${listen}; ${STAYS}`;
  await supervise(
    part('engine', STAYS, { needs: ['set-up'] }),
    part('set-up', `setTimeout(() => note('done'), 50);`, { kind: 'job', needs: ['kinesis'] }),
    part('kinesis', patient, { ready: () => acceptsConnections(port) }),
    part('s3', STAYS),
  ).start();
  const seen = await eventually(() => journal().includes('engine start') && journal());
  expect(seen.filter((line) => !line.startsWith('s3'))).toEqual([
    'kinesis start',
    'kinesis listen',
    'set-up start',
    'set-up done',
    'engine start',
  ]);
  expect(ready).toEqual(['s3', 'kinesis', 'set-up', 'engine']);
});

test('starts a part that died again under the same settings, says so, and keeps the list of processes current', async () => {
  const { part, supervise, said, journal, pidOf } = open();
  const port = await freePort();
  const body = `import { createServer } from 'node:net'; createServer().listen(Number(process.env.PORT), '127.0.0.1'); ${STAYS}`;
  const launch = () => ({ env: { PORT: String(port) } });
  await supervise(
    part('kinesis', body, { launch, ready: () => acceptsConnections(port) }),
    part('other', STAYS),
  ).start();
  const [first, other] = [pidOf('kinesis') ?? 0, pidOf('other')];
  process.kill(first, 'SIGKILL');
  await eventually(() => said.some((line) => /^kinesis is back after \d+\.\d s\.$/.test(line)));
  expect(said[0]).toBe('kinesis ended (SIGKILL) and is started again.');
  expect(said).toHaveLength(2);
  expect(pidOf('kinesis')).not.toBe(first);
  expect([pidOf('other'), pidOf('supervisor')]).toEqual([other, process.pid]);
  expect(journal().filter((line) => line.startsWith('kinesis'))).toEqual(['kinesis start', 'kinesis start']);
  expect(await acceptsConnections(port)).toBe(true);
});

test('waits longer and longer before a part that dies at once is started again', async () => {
  const { part, supervise, journal } = open();
  const times = `note(String(performance.timeOrigin)); setTimeout(() => process.exit(3), 30);`;
  await supervise(part('flaky', times, { ready: () => Promise.resolve(true) })).start();
  const starts = await eventually(() => {
    const seen = journal()
      .flatMap((line) => /^flaky ([\d.]+)$/.exec(line)?.[1] ?? [])
      .map(Number);
    return seen.length >= 5 && seen;
  });
  const gaps = starts.slice(1).map((time, i) => time - (starts[i] ?? 0));
  // The pauses grow from 100 ms; how long a start takes on top depends on what else the machine does.
  expect(gaps[3]).toBeGreaterThan(700);
});

test('a part that does not start fails the start by its name, and everything else is ended', async () => {
  const { part, supervise, logs, pidOf, journal } = open();
  const supervisor = supervise(
    part('other', STAYS),
    part('engine', `console.error('no journal'); process.exit(7);`, { ready: () => Promise.resolve(false) }),
  );
  const failure = await supervisor.start().then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(PartError);
  expect((failure as PartError).message).toBe('engine does not start: exit code 7');
  expect(journal().filter((line) => line === 'engine start')).toHaveLength(3);
  expect(logs.tailOf('engine', 1)).toBe('no journal');
  await supervisor.stop();
  expect(pidOf('other')).toBeUndefined();
});

test('the reason that a part gives for not starting is passed on', async () => {
  const { part, supervise } = open();
  const tells = `process.send({ ready: false, error: 'no such bundle' }, () => process.exit(1));`;
  const start = supervise(part('gateway', tells, { ready: () => Promise.resolve(false) })).start();
  await expect(start).rejects.toThrow('gateway does not start: no such bundle');
});

test('a part whose settings cannot be had for a while is tried again', async () => {
  const { part, supervise, said, pidOf } = open();
  let failures = 0;
  const launch = () => {
    if (failures === 0 || failures > 2) return {};
    failures += 1;
    throw new Error('the issuer is away');
  };
  await supervise(part('gateway', STAYS, { launch })).start();
  failures = 1;
  process.kill(pidOf('gateway') ?? 0, 'SIGKILL');
  await eventually(() => said.some((line) => line.startsWith('gateway is back')));
  expect(said.slice(0, 3)).toEqual([
    'gateway ended (SIGKILL) and is started again.',
    'gateway ended (the issuer is away) and is started again.',
    'gateway ended (the issuer is away) and is started again.',
  ]);
});

test('a job that fails fails the start', async () => {
  const { part, supervise } = open();
  const start = supervise(part('set-up', 'process.exit(1);', { kind: 'job' })).start();
  await expect(start).rejects.toThrow('set-up does not start: exit code 1');
});

test('a program that is not there fails the start', async () => {
  const { part, supervise } = open();
  const start = supervise(
    part('engine', '', { script: '/nowhere/main.mjs', ready: () => Promise.resolve(false) }),
  ).start();
  await expect(start).rejects.toThrow('engine does not start: exit code 1');
});

test('ends the apps first, then the stores, and kills what will not end, within three seconds', async () => {
  const { part, supervise, journal, pidOf } = open();
  const deaf = `setInterval(() => undefined, 1000); process.on('SIGTERM', () => note('deaf'));`;
  const up = (name: string, body: string, stage: PartSpec['stage']) =>
    part(name, `${body} process.send({ kind: 'pids', pids: {} });`, { stage, tellsPids: true });
  const supervisor = supervise(
    up('kinesis', STAYS, 'store'),
    up('stubborn-store', deaf, 'store'),
    up('engine', STAYS, 'app'),
    up('stubborn-app', deaf, 'app'),
  );
  await supervisor.start();
  const running = ['kinesis', 'stubborn-store', 'engine', 'stubborn-app'].map((name) => pidOf(name) ?? 0);
  expect(running.map(isRunning)).toEqual([true, true, true, true]);
  const begun = performance.now();
  await supervisor.stop();
  expect(performance.now() - begun).toBeLessThan(2_800);
  expect(running.map(isRunning)).toEqual([false, false, false, false]);
  const ends = journal().filter((line) => !line.endsWith('start'));
  expect(ends.slice(0, 2).sort()).toEqual(['engine SIGTERM', 'stubborn-app deaf']);
  expect(ends.slice(2).sort()).toEqual(['kinesis SIGTERM', 'stubborn-store deaf']);
});

test('a stop while parts still start leaves none behind', async () => {
  const { part, supervise, pidOf } = open();
  const never = () => Promise.resolve(false);
  const supervisor = supervise(part('slow', STAYS, { ready: never }), part('later', STAYS, { needs: ['slow'] }));
  const start = supervisor.start();
  const outcome = start.then(
    () => 'started',
    (error: Error) => error.message,
  );
  const pid = await eventually(() => pidOf('slow'));
  await supervisor.stop();
  expect(await outcome).toBe('slow was ended before it was ready');
  expect(isRunning(pid)).toBe(false);
});

test('no part is in a process group of its own', async () => {
  const { part, supervise, pidOf } = open();
  await supervise(part('engine', STAYS)).start();
  const groupOf = (pid: number) => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[2];
  expect(groupOf(pidOf('engine') ?? 0)).toBe(groupOf(process.pid));
});
