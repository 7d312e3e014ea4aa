import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { lineOf, startChild, type Child } from './child.js';

const SOURCES = resolve(__dirname, '../../../src/kinesis');
const folders: string[] = [];
/** One bundle a process, in a folder that goes with it. */
let bundle: string | undefined;

/** A folder that {@link removeFolders} takes away. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kinesis-test-'));
  folders.push(folder);
  return folder;
}

export function removeFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** The server's process entry as one file that node can run. */
function bundled(): string {
  if (bundle !== undefined) return bundle;
  const folder = mkdtempSync(join(tmpdir(), 'kinesis-bundle-'));
  const entry = join(folder, 'entry.ts');
  const main = JSON.stringify(join(SOURCES, 'main.ts'));
  writeFileSync(entry, `import { runKinesis } from ${main}; void runKinesis(process.argv.slice(2), process.env);`);
  const out = join(folder, 'kinesis.mjs');
  const esbuild = createRequire(__filename).resolve('esbuild/bin/esbuild');
  execFileSync(esbuild, [
    entry,
    '--bundle',
    '--platform=node',
    '--format=esm',
    '--log-level=warning',
    `--outfile=${out}`,
  ]);
  bundle = out;
  return out;
}

export interface OwnChild extends Child {
  readonly port: number;
  readonly endpoint: string;
}

/** Our server as the supervisor starts it: a child whose flags are given. */
export async function startOwnChild(flags: readonly string[], ipc = false): Promise<OwnChild> {
  const child = startChild([bundled(), ...flags], {}, ipc);
  const port = await lineOf(child, readyPort, 10_000);
  return { ...child, port, endpoint: `http://127.0.0.1:${port}` };
}

/** Our server as the grandchild of this process: its parent can be killed. */
export async function startUnderParent(flags: readonly string[]): Promise<{ parent: Child; pid: number }> {
  const script = `
    const child = require('node:child_process').fork(${JSON.stringify(bundled())}, ${JSON.stringify(flags)}, {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    child.stdout.once('data', () => console.log('pid ' + child.pid));`;
  const parent = startChild(['-e', script]);
  return { parent, pid: await lineOf(parent, (line) => Number(/^pid (\d+)$/.exec(line)?.[1]) || undefined, 10_000) };
}

export function removeBundle(): void {
  if (bundle !== undefined) rmSync(dirname(bundle), { recursive: true, force: true });
  bundle = undefined;
}

/** Our server where its start is expected to fail. */
export const startFailing = (flags: readonly string[]): Child => startChild([bundled(), ...flags]);

function readyPort(line: string): number | undefined {
  const ready = JSON.parse(line) as { ready?: boolean; port?: number };
  return ready.ready ? ready.port : undefined;
}
