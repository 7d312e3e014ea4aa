import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import ts from 'typescript';
import * as orderbook from '../src/index.js';
import { IMPLEMENTATIONS } from './support/market.js';
import { play, scriptsOf } from './support/market-script.js';

const page = readFileSync(join(__dirname, '../README.md'), 'utf8');

describe.each(IMPLEMENTATIONS)('the rules of the README ($name)', (implementation) => {
  test.each(scriptsOf(page))('$title', ({ script }) => {
    play(script, implementation);
  });
});

test('every rule has its example', () => {
  const rules = page.split('## The rules, by example')[1]?.split('\n## ')[0] ?? '';
  const titles = [...rules.matchAll(/^### (.*)$/gm)].map(([, title]) => title);
  expect(titles.length).toBeGreaterThan(15);
  expect([...new Set(scriptsOf(page).map(({ title }) => title))]).toEqual(titles);
});

test('the snippet of the README compiles and says what it promises', () => {
  const snippet = /```ts\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  expect(errorsOf(snippet)).toEqual([]);
  const options = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 };
  const { outputText } = ts.transpileModule(snippet, { compilerOptions: options });
  const said: unknown[] = [];
  runInNewContext(outputText, {
    require: () => orderbook,
    exports: {},
    console: { log: (text: unknown) => said.push(text) },
  });
  expect(said).toEqual([
    'a is ACCEPTED, 5 open',
    'b is ACCEPTED, 3 open',
    '3 @ 100: b took a',
    'a is PARTIALLY_FILLED, 2 open',
    'b is FILLED, 0 open',
    [{ price: 100, quantity: 2, orders: 1 }],
    true,
  ]);
});

/** What the compiler has to say about a snippet that lies beside this file. */
function errorsOf(snippet: string): string[] {
  const name = join(__dirname, 'snippet-of-the-readme.ts');
  const { config } = ts.readConfigFile(join(__dirname, '../tsconfig.json'), (path) => ts.sys.readFile(path)) as {
    config: object;
  };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, join(__dirname, '..'));
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (path) => path === name || fileExists(path);
  host.readFile = (path) => (path === name ? snippet : readFile(path));
  host.getSourceFile = (path, language) =>
    path === name ? ts.createSourceFile(path, snippet, language) : getSourceFile(path, language);
  const program = ts.createProgram([name], { ...options, noEmit: true, types: ['node'] }, host);
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}
