import { CommandFailure } from '@supernoba/command';
import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

const READY_MS = 60_000;
const READY_EVERY_MS = 200;
/** How much of what a failed engine said is shown, lines. */
const LAST_LINES = 12;

export interface EngineProcessOptions {
  /** The built engine. */
  bundle: string;
  awsPort: number;
  valkey: { port: number; password: string };
  metricsPort: number;
  /** Folder that a CPU profile is written to; none is taken without it. */
  profileFolder?: string;
  signal: AbortSignal;
}

/** Figures of the engine's own /metrics at one moment. */
export interface EngineFigures {
  /** User and system time of the process, all threads, seconds. */
  cpuSeconds: number;
  orders: number;
  fills: number;
  statuses: number;
  snapshots: number;
  checkpoints: number;
  retries: number;
  residentBytes: number;
}

/** The built engine in a process of its own, with its normal settings. */
export class EngineProcess {
  readonly #said: string[] = [];
  readonly #ended: Promise<string>;
  #isStopping = false;

  private constructor(
    private readonly child: ChildProcess,
    private readonly metricsPort: number,
  ) {
    this.#ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => resolve(`${code ?? signal}`));
      child.once('error', (error) => resolve(error.message));
    });
    for (const output of [child.stdout, child.stderr]) {
      output?.setEncoding('utf8').on('data', (text: string) => {
        this.#said.push(...text.trimEnd().split('\n'));
        this.#said.splice(0, this.#said.length - LAST_LINES);
      });
    }
  }

  /** Resolves once the engine says that it is ready. @throws CommandFailure when it ends before, or is not in time */
  static async start(options: EngineProcessOptions): Promise<EngineProcess> {
    const { bundle, profileFolder, metricsPort, signal } = options;
    const profiling = profileFolder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`];
    const child = spawn(process.execPath, ['--enable-source-maps', ...profiling, bundle], {
      env: environment(options),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const engine = new EngineProcess(child, metricsPort);
    try {
      await engine.#ready(signal);
      return engine;
    } catch (error) {
      engine.kill();
      throw error;
    }
  }

  /** Rejects when the engine ends by itself; never resolves. */
  async failure(): Promise<never> {
    const end = await this.#ended;
    if (this.#isStopping) return new Promise<never>(() => undefined);
    throw this.#failed(`the engine ended with ${end}`);
  }

  async figures(): Promise<EngineFigures> {
    const text = await fetch(`http://127.0.0.1:${this.metricsPort}/metrics`).then((answer) => answer.text());
    const own = (name: string) => sumOf(text, `supernoba_engine_${name}_total`);
    return {
      cpuSeconds: sumOf(text, 'process_cpu_seconds_total'),
      orders: own('orders'),
      fills: own('fills'),
      statuses: own('statuses'),
      snapshots: own('snapshots'),
      checkpoints: own('checkpoints'),
      retries: own('retries'),
      residentBytes: sumOf(text, 'process_resident_memory_bytes'),
    };
  }

  /** Lets it drain and end. @throws CommandFailure when it ends with a failure */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.child.kill('SIGTERM');
    const end = await this.#ended;
    if (end !== '0') throw this.#failed(`the engine stopped with ${end}`);
  }

  kill(): void {
    this.#isStopping = true;
    this.child.kill('SIGKILL');
  }

  async #ready(signal: AbortSignal): Promise<void> {
    const deadline = performance.now() + READY_MS;
    for (;;) {
      signal.throwIfAborted();
      const isReady = fetch(`http://127.0.0.1:${this.metricsPort}/ready`).then(
        ({ ok }) => ok,
        // It does not listen yet.
        () => false,
      );
      if (await Promise.race([isReady, this.failure()])) return;
      if (performance.now() > deadline) throw this.#failed(`the engine is not ready after ${READY_MS / 1000} s`);
      await sleep(READY_EVERY_MS);
    }
  }

  #failed(message: string): CommandFailure {
    return new CommandFailure(`${message}:\n${this.#said.join('\n')}`);
  }
}

/** Where its parts are, and nothing else: every other setting is the engine's own. */
function environment({ awsPort, valkey, metricsPort }: EngineProcessOptions): NodeJS.ProcessEnv {
  const { PATH } = process.env;
  const cache = (prefix: string) => ({
    [`${prefix}_HOST`]: '127.0.0.1',
    [`${prefix}_PORT`]: String(valkey.port),
    [`${prefix}_PASSWORD`]: valkey.password,
  });
  return {
    PATH,
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
    AWS_ENDPOINT_URL: `http://127.0.0.1:${awsPort}`,
    AWS_REQUEST_CHECKSUM_CALCULATION: 'when_required',
    AWS_RESPONSE_CHECKSUM_VALIDATION: 'when_required',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    ...cache('REDIS'),
    ...cache('DEPTH_CACHE'),
    METRICS_PORT: String(metricsPort),
    GRPC_PORT: '0',
  };
}

/** The samples of one metric, whatever their labels, added up; 0 where there is none yet. */
export function sumOf(metrics: string, name: string): number {
  let sum = 0;
  for (const [, value] of metrics.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))) sum += Number(value);
  return sum;
}
