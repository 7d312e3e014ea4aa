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

/** A free port may be taken before the server has it; then another one is tried. */
const MAX_TRIES = 5;
const START_LIMIT_MS = 5_000;

/** Starts a real Valkey server on the loopback. It ends with `stop()`, or with this process, however that ends. */
export async function startValkey(options: ValkeyOptions = {}): Promise<TestValkey> {
  const dir = options.dir ?? tempDir('supernoba-valkey-');
  for (let attempt = 1; ; attempt += 1) {
    const server = await launch(options.port ?? (await freePort()), dir, options);
    try {
      await eventually(() => isServing(server), { timeoutMs: START_LIMIT_MS, everyMs: 15 });
      return server;
    } catch (error) {
      await server.stop();
      if (attempt === MAX_TRIES) throw new Error(`no Valkey after ${attempt} tries`, { cause: error });
    }
  }
}

async function launch(port: number, dir: string, options: ValkeyOptions): Promise<TestValkey> {
  const durability = options.durable ? ['--appendonly', 'yes', '--appendfsync', 'always'] : ['--appendonly', 'no'];
  const server = [valkeyBinary(), '--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--save', ''];
  const args = ['-c', GUARD, 'guard', ...server, ...durability, ...(options.args ?? [])];
  const guard = spawn('/bin/sh', args, { stdio: ['pipe', 'pipe', 'ignore'] });
  const [line] = (await once(guard.stdout, 'data')) as [Buffer];
  const running = { host: '127.0.0.1', port, pid: Number(line.toString()), dir };
  return {
    ...running,
    async stop(signal = 'SIGKILL') {
      if (guard.exitCode !== null || guard.stdin.writableEnded) return;
      if (signal !== 'SIGKILL') {
        process.kill(running.pid, signal);
        await eventually(async () => !(await isServing(running)));
      }
      const ended = once(guard, 'exit');
      guard.stdin.end();
      await ended;
    },
  };
}

/** Whether this very server answers at its port. */
function isServing({ port, pid }: { port: number; pid: number }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' }, () => socket.write('INFO server\r\n'));
    let text = '';
    socket.on('data', (data) => {
      text += data.toString();
      const answered = /process_id:(\d+)\r/.exec(text)?.[1];
      // A server that still loads its data answers with an error.
      if (answered === undefined && !text.startsWith('-')) return;
      socket.destroy();
      resolve(Number(answered) === pid);
    });
    socket.once('close', () => resolve(false));
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
