import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as esbuild from 'esbuild';

const project = join(__dirname, '..');
const html = readFileSync(join(project, 'public', 'index.html'), 'utf8');

function sources(): string {
  const folder = join(project, 'src');
  const names = readdirSync(folder).filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'));
  return names.map((name) => readFileSync(join(folder, name), 'utf8')).join('\n');
}

test('every element that the script asks for stands in the page', () => {
  const asked = [...sources().matchAll(/byId\('([\w-]+)'/g)].map(([, id]) => id);
  const there = [...html.matchAll(/\sid="([\w-]+)"/g)].map(([, id]) => id);
  expect(asked.length).toBeGreaterThan(15);
  expect(asked.filter((id) => !there.includes(id))).toEqual([]);
  expect(new Set(there).size).toBe(there.length);
});

test('every input and table of the page has a name that is read out', () => {
  const unnamed = [...html.matchAll(/<(table|section)\b(?![^>]*aria-label)[^>]*>/g)].map(([tag]) => tag);
  expect(unnamed).toEqual([]);
  const labelled = html.replace(/<label[\s\S]*?<\/label>/g, '');
  expect(labelled).not.toMatch(/<(input|select)\b/);
});

test('no script sets markup: what comes from the exchange or a user is text', () => {
  expect(sources()).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write/);
  expect(html).not.toMatch(/<script(?![^>]*src=)|\son\w+=|style="/);
});

test('the script bundles for a browser, without zod and without Node', async () => {
  const { outputFiles, metafile, warnings } = await esbuild.build({
    entryPoints: [join(project, 'src', 'main.ts')],
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    platform: 'browser',
    format: 'esm',
    target: 'es2022',
    conditions: ['@supernoba/source', 'module'],
  });
  expect(warnings).toEqual([]);
  const packages = new Set(
    Object.keys(metafile.inputs).map((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1]),
  );
  expect([...packages].sort()).toEqual(['fancy-canvas', 'lightweight-charts', undefined]);
  expect(outputFiles[0]?.text).not.toMatch(/node:/);
});
