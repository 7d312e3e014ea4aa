import { join } from 'node:path';
import { tempDir } from '@supernoba/testing';
import { entryPoints, installTogether, packageProblems, packAll, PUBLISHED } from '../src/packages.js';
import { workspaceRoot } from '../src/workspace.js';

const root = workspaceRoot();
let tarballs: string[];

beforeAll(() => {
  tarballs = packAll(root, tempDir());
});

test('every published package passes publint and has right types for ESM and CommonJS', () => {
  expect(tarballs).toHaveLength(PUBLISHED.length);
  expect(tarballs.flatMap((tarball) => packageProblems(root, tarball))).toEqual([]);
}, 120_000);

test('all tarballs install together into an empty project and can be imported and required', () => {
  const entries = entryPoints(root);
  const loaded = installTogether(join(tempDir(), 'empty'), tarballs, entries);
  expect(loaded).toHaveLength(2 * entries.length);
  for (const line of loaded) expect(line).toMatch(/: [1-9]\d*$/);
}, 120_000);
