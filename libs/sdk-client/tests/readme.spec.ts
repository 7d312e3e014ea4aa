import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as esbuild from 'esbuild';
import ts from 'typescript';
import { depth, ordinaryAnswer } from './fake-exchange.js';
import { closeAfterTest, startExchange } from './setup.js';

const project = join(__dirname, '..');

/** What a fragment of the README goes on from. */
const CLIENT = `import type { SupernobaClient } from '@supernoba/sdk-client';
declare const client: SupernobaClient;
`;

/** A piece of the README's TypeScript, as a module of this project; the first stands by itself. */
function snippet(index = 0): string {
  const readme = readFileSync(join(project, 'README.md'), 'utf8');
  const piece = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)][index]?.[1];
  if (piece === undefined) throw new Error(`the README has no TypeScript ${index}`);
  const code = index === 0 ? piece : CLIENT + piece;
  const folder = mkdtempSync(join(project, 'tests', 'snippet-'));
  closeAfterTest(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'snippet.mts');
  writeFileSync(file, code);
  return file;
}

function compileErrors(file: string): string[] {
  const { config } = ts.readConfigFile(join(project, 'tsconfig.json'), (path) => ts.sys.readFile(path)) as {
    config: object;
  };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, project);
  const program = ts.createProgram([file], { ...options, noEmit: true });
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

async function run(
  file: string,
  env: Record<string, string>,
): Promise<{ code: number | null; out: string; err: string }> {
  const outfile = `${file}.mjs`;
  await esbuild.build({
    entryPoints: [file],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@supernoba/source'],
  });
  const child = spawn(process.execPath, [outfile], { env: { PATH: process.env['PATH'], ...env } });
  closeAfterTest(() => void child.kill('SIGKILL'));
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => (out += String(chunk)));
  child.stderr.on('data', (chunk) => (err += String(chunk)));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, out, err };
}

test.each([0, 1, 2])(
  'snippet %i of the README compiles',
  (index) => {
    expect(compileErrors(snippet(index))).toEqual([]);
  },
  120_000,
);

test('the first snippet of the README runs against an exchange and ends by itself', async () => {
  const exchange = await startExchange();
  exchange.answer = (request, socket) => {
    if (request['action'] === 'subscribe') socket.send(JSON.stringify(depth()));
    return ordinaryAnswer(request);
  };
  const { code, out, err } = await run(snippet(), { SUPERNOBA_URL: exchange.url, SUPERNOBA_TOKEN: 'a.b.c' });
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out.split('\n')).toEqual([
    'connecting (CONNECT_CALLED): connect() was called',
    'connected (OPENED): the socket is open',
    'TEST: best bid 150, best ask 151',
    expect.stringMatching(/^the journal has ord_/),
    'disconnected (CLOSE_CALLED): close() was called',
    '',
  ]);
  expect(exchange.calls.map(({ method, authorization }) => [method, authorization])).toEqual([
    ['POST', 'Bearer a.b.c'],
    ['DELETE', 'Bearer a.b.c'],
  ]);
}, 120_000);
