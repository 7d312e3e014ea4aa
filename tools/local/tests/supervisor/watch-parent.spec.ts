import { eventually, tempDir } from '@supernoba/testing';
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { identify } from '../../src/supervisor/process-identity.js';
import { builtPackage } from '../support/built.js';

const folder = tempDir('supernoba-watch-');
const started: ChildProcess[] = [];

/** A parent that starts four parts and is killed some time later; the parts would stay for ever. */
async function partsOfAParentKilledAfter(ms: number) {
  const watch = pathToFileURL(join(builtPackage(), 'parts', 'watch-parent.mjs')).href;
  const part = join(folder, 'part.mjs');
  const parent = join(folder, 'parent.mjs');
  const list = join(folder, `pids-${ms}.json`);
  writeFileSync(part, `setInterval(() => undefined, 1_000);`);
  writeFileSync(
    parent,
    `import { spawn } from 'node:child_process';
     import { writeFileSync } from 'node:fs';
     const stdio = ['ignore', 'ignore', 'ignore', 'ipc'];
     const children = [1, 2, 3, 4].map(() => spawn(process.execPath, ['--import', '${watch}', '${part}'], { stdio }));
     writeFileSync('${list}', JSON.stringify(children.map(({ pid }) => pid)));
     setTimeout(() => process.kill(process.pid, 'SIGKILL'), ${ms});`,
  );
  const child = spawn(process.execPath, [parent], { stdio: 'ignore' });
  started.push(child);
  await new Promise((resolve) => child.once('exit', resolve));
  return JSON.parse(readFileSync(list, 'utf8')) as number[];
}

afterAll(() => started.forEach((child) => child.kill('SIGKILL')));

// At 0 ms the channel closes before a part has loaded anything; at 1,500 ms all of them run.
test.each([0, 30, 100, 300, 1_500])('parts end when their parent is killed %d ms after it started them', async (ms) => {
  const parts = await partsOfAParentKilledAfter(ms);
  expect(parts).toHaveLength(4);
  await eventually(() => parts.every((pid) => identify(pid) === undefined), { timeoutMs: 5_000 });
});
