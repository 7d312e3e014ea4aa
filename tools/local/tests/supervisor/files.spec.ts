import { tempDir } from '@supernoba/testing';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { JsonFile } from '../../src/json-file.js';
import { LogFiles } from '../../src/supervisor/log-files.js';

const folders = tempDir('supernoba-files-');
const fresh = () => mkdtempSync(join(folders, 'x-'));
const opened: LogFiles[] = [];

function openLogs(folder: string): LogFiles {
  const logs = new LogFiles(folder);
  opened.push(logs);
  return logs;
}

beforeEach(() => jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] }));
afterEach(() => {
  for (const logs of opened.splice(0)) logs.close();
  jest.useRealTimers();
});

test('a log of the last run is put aside at the first use, and kept until the run after', () => {
  const folder = fresh();
  for (const line of ['one', 'two', 'three']) {
    const logs = openLogs(folder);
    writeSync(logs.descriptorOf('engine'), `${line}\n`);
    writeSync(logs.descriptorOf('engine'), 'and more\n');
  }
  expect(readFileSync(join(folder, 'engine.log'), 'utf8')).toBe('three\nand more\n');
  expect(readFileSync(join(folder, 'engine.log.1'), 'utf8')).toBe('two\nand more\n');
  expect(readdirSync(folder).sort()).toEqual(['engine.log', 'engine.log.1']);
});

test('a log that grows too large is put aside while its writer goes on', () => {
  const folder = fresh();
  const logs = openLogs(folder);
  const descriptor = logs.descriptorOf('engine');
  // The writer is another process that was handed the descriptor.
  const write = (megabytes: number, byte: string) => {
    const script = `process.stdout.write(Buffer.alloc(${megabytes} * 1024 * 1024, '${byte}'))`;
    execFileSync(process.execPath, ['-e', script], { stdio: ['ignore', descriptor, 'inherit'] });
  };
  write(9, 'a');
  jest.advanceTimersByTime(2_000);
  write(1, 'b');
  expect(statSync(join(folder, 'engine.log.1')).size).toBe(9 * 1024 * 1024);
  expect(readFileSync(join(folder, 'engine.log'), 'utf8')).toBe('b'.repeat(1024 * 1024));
});

test('the last lines of a log can be read', () => {
  const logs = openLogs(fresh());
  expect(logs.tailOf('engine', 3)).toBe('');
  for (let i = 1; i <= 2_000; i += 1) writeSync(logs.descriptorOf('engine'), `line ${i}\n`);
  expect(logs.tailOf('engine', 3)).toBe('line 1998\nline 1999\nline 2000');
});

test('a JSON file is written as a whole, for its owner alone, the newest of many saves last', async () => {
  const folder = fresh();
  const file = new JsonFile<{ n: number }>(join(folder, 'deep', 'file.json'));
  expect(await file.read()).toBeUndefined();
  await Promise.all(Array.from({ length: 50 }, (_, n) => file.save({ n })));
  expect(await file.read()).toEqual({ n: 49 });
  expect(readdirSync(join(folder, 'deep'))).toEqual(['file.json']);
  expect(statSync(file.path).mode & 0o077).toBe(0);
  await Promise.all([file.save({ n: 50 }), file.remove()]);
  expect(existsSync(file.path)).toBe(false);
});

test('a JSON file that is none is an error that names it', async () => {
  const path = join(fresh(), 'file.json');
  writeFileSync(path, '{"half');
  await expect(new JsonFile(path).read()).rejects.toThrow(path);
});
