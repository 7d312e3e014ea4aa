import { localEnvironment } from '@supernoba/audit/stores';
import type { RunningExchange } from '@supernoba/local';
import { freePort } from '@supernoba/testing';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { partPid, signalTo, until } from './processes.js';

const READY_LIMIT_MS = 60_000;
const ASK_TIMEOUT_MS = 1_000;
const RESTART_PAUSE_MS = 250;

/** One engine that runs. */
export interface Engine {
  name: string;
  pid: number;
  /** Where `/health` and `/ready` are. */
  admin: string;
}

interface Standby extends Engine {
  child: ChildProcess;
}

/** The engines of an exchange: the one that its supervisor keeps alive, and one of the fleet's own, started again too. */
export class Fleet {
  #standby: Standby | undefined;
  #starts = 0;
  /** The last start of the standby. */
  #starting: Promise<void> = Promise.resolve();
  #stopping = false;

  constructor(
    private readonly exchange: RunningExchange,
    private readonly env: Readonly<Record<string, string>>,
    private readonly say: (message: string) => void,
  ) {}

  async start(signal: AbortSignal): Promise<void> {
    this.#starting = this.#startStandby();
    await this.#starting;
    await this.ready(signal);
  }

  /** Those that run now. */
  engines(): Engine[] {
    const { dataDir, endpoints } = this.exchange;
    const pid = partPid(dataDir, 'engine');
    const kept = pid === undefined ? [] : [{ name: 'engine', pid, admin: new URL(endpoints.engineMetrics).origin }];
    return this.#standby === undefined ? kept : [...kept, this.#standby];
  }

  /** Waits until every engine is ready. */
  ready(signal: AbortSignal): Promise<void> {
    return until('every engine ready', READY_LIMIT_MS, signal, () => this.areReady());
  }

  async areReady(): Promise<boolean> {
    const engines = this.engines();
    const answers = await Promise.all(engines.map(({ admin }) => ask(`${admin}/ready`)));
    return engines.length === 2 && answers.every((answer) => answer?.ok === true);
  }

  /** Shards that an engine owns; undefined where it does not answer. */
  async shardsOf({ admin }: Engine): Promise<number | undefined> {
    const answer = await ask(`${admin}/health`);
    if (answer === undefined) return undefined;
    return ((await answer.json()) as { shards: unknown[] }).shards.length;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    // Whether it could be started, its starter was told.
    await Promise.allSettled([this.#starting]);
    const child = this.#standby?.child;
    if (child === undefined) return;
    const ended = once(child, 'exit');
    // One that is paused must be woken up to die of anything but SIGKILL.
    child.kill('SIGKILL');
    await ended;
  }

  async #startStandby(): Promise<void> {
    const name = `standby-${++this.#starts}`;
    const port = await freePort();
    if (this.#stopping) return;
    const { hostname, port: backupPort } = new URL(this.exchange.endpoints.valkeyBackup);
    const root = workspaceRoot();
    const log = openSync(join(this.exchange.dataDir, 'logs', `${name}.log`), 'w');
    const watchParent = pathToFileURL(join(root, 'tools', 'local', 'dist', 'parts', 'watch-parent.mjs')).href;
    const script = join(root, 'apps', 'engine', 'dist', 'main.mjs');
    const child = spawn(process.execPath, ['--enable-source-maps', '--import', watchParent, script], {
      env: {
        ...process.env,
        ...localEnvironment(this.exchange.endpoints),
        REDIS_HOST: hostname,
        REDIS_PORT: backupPort,
        METRICS_PORT: String(port),
        GRPC_PORT: '0',
        KINESIS_POLL_MS: '100',
        ...this.env,
      },
      stdio: ['ignore', log, log, 'ipc'],
    });
    closeSync(log);
    // Rejects where it cannot be started.
    await once(child, 'spawn');
    this.#standby = { name, pid: child.pid!, admin: `http://127.0.0.1:${port}`, child };
    child.once('exit', (code, signal) => {
      this.#standby = undefined;
      if (this.#stopping) return;
      this.say(`${name} ended with ${signal ?? `code ${code}`}`);
      setTimeout(() => {
        if (this.#stopping) return;
        this.#starting = this.#startStandby().catch((error: unknown) => this.say(`no standby: ${String(error)}`));
      }, RESTART_PAUSE_MS);
    });
  }

  /** Kills, pauses or ends an engine; whoever keeps it alive starts it again where it ends. */
  signal({ name, pid }: Engine, signal: NodeJS.Signals): void {
    if (!signalTo(pid, signal)) this.say(`${name} was gone already`);
  }
}

async function ask(url: string): Promise<Response | undefined> {
  try {
    return await fetch(url, { signal: AbortSignal.timeout(ASK_TIMEOUT_MS) });
  } catch {
    // An engine that is being killed does not answer: that is what it is asked for.
    return undefined;
  }
}

/** The workspace that this file, or the bundle that holds it, stands in. */
function workspaceRoot(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'nx.json'))) return folder;
    if (folder === dirname(folder)) throw new Error('this is no workspace');
  }
}
