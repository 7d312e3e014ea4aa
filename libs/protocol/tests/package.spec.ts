import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { buildSync } from 'esbuild';

const bundle = (entry: string) =>
  buildSync({
    entryPoints: [join(__dirname, '..', 'src', entry)],
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    minify: true,
  });

test('the main entry holds no zod, and nothing else from outside', () => {
  const { metafile, outputFiles } = bundle('index.ts');
  expect(
    Object.keys(metafile.inputs).filter((path) => !path.startsWith('src/') && !path.includes('protocol/src/')),
  ).toEqual([]);
  expect(outputFiles[0]?.text).not.toMatch(/zod/i);
});

test('the schemas take zod/mini, not the whole of zod', () => {
  const inputs = Object.keys(bundle('schemas/index.ts').metafile.inputs);
  expect(inputs.some((path) => path.includes('zod/v4/mini'))).toBe(true);
  expect(inputs.filter((path) => path.includes('zod/v4/classic'))).toEqual([]);
});

test('the README shows what its snippet prints', () => {
  const readme = readFileSync(join(__dirname, '..', 'README.md'), 'utf8');
  const snippet = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  const compiled = buildSync({
    stdin: { contents: snippet, loader: 'ts', resolveDir: __dirname },
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'node',
    conditions: ['@supernoba/source'],
    mainFields: ['module', 'main'],
  }).outputFiles[0]?.text;
  const lines: string[] = [];
  const console = { log: (line: unknown) => lines.push(JSON.stringify(line)) };
  runInNewContext(compiled ?? '', { console, require, TextEncoder, TextDecoder });
  const shown = [...snippet.matchAll(/^\/\/ → (.*)$/gm)].map((match) => match[1]);
  expect(lines).toEqual(shown);
  expect(lines.length).toBeGreaterThan(2);
});
