import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createConnection } from 'node:net';
import { dirname, join } from 'node:path';
import { eventually } from './eventually.js';
import { freePort } from './free-port.js';
import { tempDir } from './temp-dir.js';

export interface ValkeyOptions {
  /** Port to listen on; a free one unless told (tell it to start a killed server again). */
  port?: number;
  /** Keep the data on disk (append-only file, written before each answer); default false. */
  durable?: boolean;
  /** Data folder; a temporary one unless told. */
  dir?: string;
  /** Further command-line arguments of valkey-server. */
  args?: string[];
}

export interface TestValkey {
  host: string;
  port: number;
  pid: number;
  dir: string;
  /** Ends the server and waits for it; `SIGKILL` by default, so that nothing is saved that was not saved before. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

let binary: string | undefined;

/** Path of a valkey-server binary; fetched into the user's cache when the machine has none. */
export function valkeyBinary(): string {
  binary ??= execFileSync(process.execPath, [join(workspaceRoot(), 'tools', 'launch', 'valkey.mjs')], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  }).trim();
  return binary;
}

// The guard ends the server as soon as its input closes: also when a test run is killed and no exit handler runs.
const GUARD =
  '"$@" </dev/null >/dev/null 2>&1 & server=$!; echo $server; cat >/dev/null; kill -9 $server; wait $server';

/** Starts a real Valkey server on the loopback. It ends with `stop()`, or with this process, however that ends. */
export async function startValkey(options: ValkeyOptions = {}): Promise<TestValkey> {
  const port = options.port ?? (await freePort());
  const dir = options.dir ?? tempDir('supernoba-valkey-');
  const durability = options.durable ? ['--appendonly', 'yes', '--appendfsync', 'always'] : ['--appendonly', 'no'];
  const server = [valkeyBinary(), '--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--save', ''];
  const args = ['-c', GUARD, 'guard', ...server, ...durability, ...(options.args ?? [])];
  const guard = spawn('/bin/sh', args, { stdio: ['pipe', 'pipe', 'ignore'] });
  const [line] = (await once(guard.stdout, 'data')) as [Buffer];
  const pid = Number(line.toString());
  await eventually(() => answersPing(port), { timeoutMs: 10_000, everyMs: 15 });
  return {
    host: '127.0.0.1',
    port,
    pid,
    dir,
    async stop(signal = 'SIGKILL') {
      if (guard.exitCode !== null || guard.stdin.writableEnded) return;
      if (signal !== 'SIGKILL') {
        process.kill(pid, signal);
        await eventually(async () => !(await answersPing(port)), { timeoutMs: 10_000 });
      }
      const ended = once(guard, 'exit');
      guard.stdin.end();
      await ended;
    },
  };
}

function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' }, () => socket.write('PING\r\n'));
    socket.once('data', (data) => {
      socket.destroy();
      resolve(data.toString().startsWith('+PONG'));
    });
    socket.once('error', () => resolve(false));
  });
}

function workspaceRoot(): string {
  let folder = process.cwd();
  while (!existsSync(join(folder, 'nx.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error(`no nx.json above ${process.cwd()}`);
    folder = parent;
  }
  return folder;
}
