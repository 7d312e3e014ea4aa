import { tempDir } from '@supernoba/testing';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LockedError, readLockHolder, takeLock } from '../../src/supervisor/lock.js';
import { identify, identifySelf, isAlive } from '../../src/supervisor/process-identity.js';

const folders = tempDir('supernoba-lock-');
const fresh = () => mkdtempSync(join(folders, 'data-'));

async function endedProcess() {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  const identity = identify(child.pid ?? 0);
  if (identity === undefined) throw new Error('sleep did not start');
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
  return identity;
}

const hold = (folder: string, holder: object) =>
  writeFileSync(join(folder, 'lock'), JSON.stringify({ startedAt: '2026-01-01T00:00:00.000Z', ...holder }));

test('names its process and start time, and leaves nothing behind when released', () => {
  const folder = fresh();
  const lock = takeLock(folder);
  expect(lock.clearedStale).toBe(false);
  expect(readLockHolder(folder)).toEqual({
    ...identifySelf(),
    startedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
  });
  expect(readdirSync(folder)).toEqual(['lock']);
  lock.release();
  expect(readdirSync(folder)).toEqual([]);
  expect(readLockHolder(folder)).toBeUndefined();
});

test('a second one is refused and told who holds it', () => {
  const folder = fresh();
  const lock = takeLock(folder);
  expect(() => takeLock(folder)).toThrow(LockedError);
  try {
    takeLock(folder);
  } catch (error) {
    expect((error as LockedError).holder).toMatchObject({ pid: process.pid });
  }
  lock.release();
  takeLock(folder).release();
});

test('one whose process is gone is cleared', async () => {
  const folder = fresh();
  hold(folder, await endedProcess());
  const lock = takeLock(folder);
  expect([lock.clearedStale, readLockHolder(folder)?.pid]).toEqual([true, process.pid]);
  expect(readdirSync(folder)).toEqual(['lock']);
  lock.release();
});

test('one whose number was given to another process since is cleared', () => {
  const folder = fresh();
  hold(folder, { pid: process.pid, processStart: `${identifySelf().processStart}0` });
  expect(takeLock(folder).clearedStale).toBe(true);
});

test.each([
  ['nothing', ''],
  ['half a document', '{"pid":1'],
  ['no process', '{"pid":"x"}'],
])('one that holds %s is cleared', (_what, text) => {
  const folder = fresh();
  writeFileSync(join(folder, 'lock'), text);
  expect(takeLock(folder).clearedStale).toBe(true);
});

test('releasing does not take away the lock of somebody else', () => {
  const folder = fresh();
  const lock = takeLock(folder);
  const other = { pid: 1, processStart: 'x', startedAt: 'y' };
  hold(folder, other);
  lock.release();
  expect(readLockHolder(folder)).toEqual(other);
});

test('tells a living process from one that has ended, also while it is a zombie', async () => {
  expect(isAlive(identifySelf())).toBe(true);
  expect(isAlive(await endedProcess())).toBe(false);
  expect(isAlive({ pid: -1, processStart: '' })).toBe(false);
});
