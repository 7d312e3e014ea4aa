import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import ts from 'typescript';
import * as valkeyKeys from '../src/index.js';
import { KEY_SHAPES, type KeyDeleter, type KeyShape, type ValkeyScript } from '../src/index.js';

const root = process.cwd();
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const snippet = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';

/** Cells of the Markdown table between two markers, without heading and rule. */
function tableBetween(name: string): string[][] {
  const text = new RegExp(`<!-- ${name}:start -->([\\s\\S]*?)<!-- ${name}:end -->`).exec(readme)?.[1] ?? '';
  const rows = text.split('\n').filter((line) => line.startsWith('|'));
  return rows.slice(2).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

function life(seconds: number | undefined): string {
  if (seconds === undefined) return 'until deleted';
  return seconds >= 86_400 ? `${seconds / 3600} h` : `${seconds.toLocaleString('en')} s`;
}

test('the table of keys is what KEY_SHAPES says', () => {
  const expected = Object.values<KeyShape>(KEY_SHAPES).map(({ pattern, type, cache, owner, ttlS, purpose }) => [
    `\`${pattern.replace(/[{}]/g, '')}\``,
    type,
    cache,
    owner,
    life(ttlS),
    purpose,
  ]);
  expect(tableBetween('keys')).toEqual(expected);
});

test('the table of scripts names every script with its keys', () => {
  const isScript = (value: unknown): value is ValkeyScript =>
    typeof value === 'object' && value !== null && 'lua' in value;
  const expected = Object.values<unknown>(valkeyKeys)
    .filter(isScript)
    .map(({ name, numberOfKeys }) => [`\`${name}\``, String(numberOfKeys)]);
  const rows = tableBetween('scripts');
  expect(rows.map(([name, keys]) => [name, keys]).sort()).toEqual(expected.sort());
  expect(rows.every(([, , purpose]) => (purpose ?? '').length > 20)).toBe(true);
});

test('the snippet compiles under the strict settings of the project', () => {
  const fileName = join(root, 'tests', 'readme-snippet.ts');
  const config = ts.readConfigFile(join(root, 'tsconfig.json'), (path) => ts.sys.readFile(path));
  const options = { ...ts.parseJsonConfigFileContent(config.config, ts.sys, root).options, noEmit: true };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.getSourceFile = (name, ...rest) =>
    name === fileName ? ts.createSourceFile(name, snippet, ts.ScriptTarget.ES2023) : getSourceFile(name, ...rest);
  host.fileExists = (name) => name === fileName || fileExists(name);
  const diagnostics = ts.getPreEmitDiagnostics(ts.createProgram([fileName], options, host));
  expect(diagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([]);
});

test('the snippet prints and deletes what it says', async () => {
  const { outputText } = ts.transpileModule(snippet, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
  });
  const printed: unknown[][] = [];
  const exported: { forgetMarketData?: (client: KeyDeleter) => Promise<number> } = {};
  const modules: Record<string, unknown> = { '@supernoba/valkey-keys': valkeyKeys };
  runInNewContext(outputText, {
    require: (name: string) => modules[name],
    exports: exported,
    console: { log: (...values: unknown[]) => printed.push(values) },
  });
  expect(printed).toEqual([['depth:TEST', 'symbol:TEST:main'], ['string', 60], ['depth:{TEST}'], ['candle']]);

  const deleted: string[] = [];
  const client: KeyDeleter = {
    scan: (_cursor, _match, glob) =>
      Promise.resolve(['0', glob === 'depth:*' ? ['depth:TEST', 'depth:of:others'] : []]),
    unlink: (...keys) => Promise.resolve(deleted.push(...keys)),
  };
  expect(await exported.forgetMarketData?.(client)).toBe(1);
  expect(deleted).toEqual(['depth:TEST']);
});
