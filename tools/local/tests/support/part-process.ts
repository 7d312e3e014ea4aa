import { eventually, freePort, tempDir } from '@supernoba/testing';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { acceptsConnections } from '../../src/supervisor/probes.js';
import { builtPackage } from './built.js';

const folders = tempDir('supernoba-parts-');
const running = new Set<ChildProcess>();

export interface PartProcess {
  child: ChildProcess;
  port: number;
  dir: string;
  /** Messages the process sent. */
  messages: unknown[];
  /** Resolves to the exit code or the signal. */
  ended: Promise<number | NodeJS.Signals | null>;
  log(): string;
}

/** Starts a part as the supervisor does, and waits until it takes connections. */
export async function startPart(
  name: string,
  options: { port?: number; dir?: string; env?: Record<string, string> } = {},
): Promise<PartProcess> {
  const port = options.port ?? (await freePort());
  const dir = options.dir ?? mkdtempSync(join(folders, `${name}-`));
  const logFile = join(folders, `${name}-${port}.log`);
  const log = openSync(logFile, 'a');
  const parts = join(builtPackage(), 'parts');
  const child = spawn(
    process.execPath,
    ['--import', pathToFileURL(join(parts, 'watch-parent.mjs')).href, join(parts, `${name}.mjs`)],
    {
      env: { ...process.env, ...options.env, PORT: String(port), DATA_DIR: dir },
      stdio: ['ignore', log, log, 'ipc'],
    },
  );
  running.add(child);
  const messages: unknown[] = [];
  child.on('message', (message) => messages.push(message));
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) =>
    child.once('exit', (code, signal) => resolve(signal ?? code)),
  );
  void ended.then(() => running.delete(child));
  const part: PartProcess = { child, port, dir, messages, ended, log: () => readFileSync(logFile, 'utf8') };
  await eventually(async () => {
    if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}: ${part.log()}`);
    return acceptsConnections(port);
  });
  return part;
}

/** Ends what is left of the started parts; for `afterEach`. */
export async function endParts(): Promise<void> {
  await Promise.all(
    [...running].map(async (child) => {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await ended;
    }),
  );
}

export async function killed(part: PartProcess): Promise<void> {
  part.child.kill('SIGKILL');
  await part.ended;
}
