import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import ts from 'typescript';
import * as candles from '../src/index.js';

const root = process.cwd();
const snippet = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(root, 'README.md'), 'utf8'))?.[1] ?? '';
const fileName = join(root, 'tests', 'readme-snippet.ts');

function compilerOptions(): ts.CompilerOptions {
  const config = ts.readConfigFile(join(root, 'tsconfig.json'), (path) => ts.sys.readFile(path));
  return {
    ...ts.parseJsonConfigFileContent(config.config, ts.sys, root).options,
    noEmit: true,
    lib: ['lib.es2023.d.ts', 'lib.dom.d.ts'],
  };
}

test('the snippet of the README compiles under the strict settings of the project', () => {
  const options = compilerOptions();
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.getSourceFile = (name, ...rest) =>
    name === fileName ? ts.createSourceFile(name, snippet, ts.ScriptTarget.ES2023) : getSourceFile(name, ...rest);
  host.fileExists = (name) => name === fileName || fileExists(name);
  const diagnostics = ts.getPreEmitDiagnostics(ts.createProgram([fileName], options, host));
  expect(diagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([]);
});

test('the snippet of the README prints what it says', () => {
  const { outputText } = ts.transpileModule(snippet, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
  });
  const printed: unknown[][] = [];
  const modules: Record<string, unknown> = { '@supernoba/candles': candles };
  runInNewContext(outputText, {
    require: (name: string) => modules[name],
    exports: {},
    console: { log: (...values: unknown[]) => printed.push(values) },
  });
  expect(printed).toEqual([
    [[{ time: 1765690200, open: 150, high: 152, low: 149, close: 149, volume: 45 }]],
    ['closed', 1765690260, 35n],
    [35n],
    [45n],
    [1765638000],
    [1765670400],
  ]);
});
