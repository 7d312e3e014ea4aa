import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { tempDir } from '@supernoba/testing';
import { tidyProblems } from '../src/tidy.js';
import { workspaceFiles, workspaceRoot } from '../src/workspace.js';

test('the workspace is tidy', () => {
  const root = workspaceRoot();
  const { problems, projects, files } = tidyProblems(root, workspaceFiles(root));
  expect(problems).toEqual([]);
  expect(projects).toBeGreaterThan(15);
  expect(files).toBeGreaterThan(100);
});

test('an untidy workspace is seen', () => {
  const root = tempDir();
  const contents: Record<string, string> = {
    'libs/a/package.json': '{"private":true}',
    'libs/a/project.json': '{"targets":{"build":{},"lint":{},"test":{}}}',
    'libs/b/package.json': '{}',
    'libs/b/project.json': '{"targets":{"build":{},"lint":{},"typecheck":{},"test":{}}}',
    'libs/b/long.ts': 'x\n'.repeat(501),
    'libs/b/generated/long.ts': 'x\n'.repeat(501),
    'libs/b/b.spec.ts': `test${'.only'}('x', () => {});`,
    'tools/c/package.json': '{"private":true}',
    'docs/x.md': 'see /root/notes and l2ptm85wub.execute-api.x',
    'package-lock.json': '{"packages":{"node_modules/y":{"resolved":"https://r/y.tgz"}}}',
  };
  for (const [file, text] of Object.entries(contents)) {
    mkdirSync(join(root, dirname(file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  expect(tidyProblems(root, Object.keys(contents))).toEqual({
    projects: 3,
    files: 10,
    problems: [
      'libs/a has no target typecheck',
      'libs/a has no test',
      'libs/b is published without a README.md',
      'tools/c is no Nx project: it has no project.json',
      'libs/b/long.ts has 502 lines',
      'libs/b/b.spec.ts runs or leaves out single tests',
      'docs/x.md names an account’s API id',
      'docs/x.md names a path of one machine',
      'package-lock.json records where node_modules/y was downloaded',
    ],
  });
});
