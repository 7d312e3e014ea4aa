import { fork, type ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { LambdaError, LambdaErrorCode } from './errors.js';
import { readLines } from './lines.js';
import type { InvokeMessage, RunnerMessage } from './messages.js';

export interface EnvironmentOptions {
  name: string;
  /** The bundle: an ES module that exports `handler(event, context)`. */
  file: string;
  /** The built `runner.mjs`. */
  runner: string;
  /** The function's own variables; of the host's only PATH is passed on. */
  env: Readonly<Record<string, string>>;
  memoryMb: number;
  /** Longest time from the fork to the imported bundle. */
  initTimeoutMs: number;
  onLine: (line: string, stream: 'stdout' | 'stderr') => void;
}

/** One invocation that a process holds; settled exactly once. */
export interface RunningCall {
  message: InvokeMessage;
  succeed: (result: string) => void;
  fail: (error: LambdaError) => void;
}

/**
 * One process that runs a bundle: Lambda's "execution environment", but with many invocations at a time. It is used
 * until it ends by itself, or until `retire` or `kill`; it never starts again.
 */
export class ExecutionEnvironment {
  /** Resolves once the bundle is imported; rejects with a LambdaError when that fails. */
  readonly ready: Promise<void>;
  /** Resolves, never rejects, when the process is gone and its calls have failed. */
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  readonly #calls = new Map<number, RunningCall>();
  readonly #name: string;
  #retired = false;
  #over = false;

  constructor(options: EnvironmentOptions) {
    this.#name = options.name;
    this.#child = fork(options.runner, [options.file], {
      env: functionEnv(options),
      execArgv: ['--enable-source-maps', `--max-old-space-size=${options.memoryMb}`],
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    readLines(this.#child.stdout as Readable, (line) => options.onLine(line, 'stdout'));
    readLines(this.#child.stderr as Readable, (line) => options.onLine(line, 'stderr'));
    this.ended = this.#watchEnd();
    this.ready = this.#watchStart(options.initTimeoutMs);
    this.#child.on('message', (message: RunnerMessage) => this.#receive(message));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** False once the process has ended or is to end: it takes no further call. */
  get usable(): boolean {
    return !this.#over && !this.#retired;
  }

  /** Hands an invocation to the process. Its outcome comes through the call. */
  run(call: RunningCall): void {
    this.#calls.set(call.message.id, call);
    // A send that fails is answered by the end of the process, which follows it.
    this.#child.send(call.message, (error) => {
      if (error !== null) this.kill();
    });
  }

  /** Forgets a call that timed out; a late result is dropped. */
  forget(id: number): void {
    this.#calls.delete(id);
    this.#endIfIdle();
  }

  /** Lets the calls under way end, then the process. Each of them has its own timeout, so this is bounded. */
  retire(): void {
    this.#retired = true;
    this.#endIfIdle();
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #endIfIdle(): void {
    if (this.#retired && this.#calls.size === 0) this.kill();
  }

  #receive(message: RunnerMessage): void {
    if (message.kind !== 'result' && message.kind !== 'error') return;
    const call = this.#calls.get(message.id);
    if (call === undefined) return;
    this.#calls.delete(message.id);
    if (message.kind === 'result') call.succeed(message.result);
    else call.fail(new LambdaError(this.#name, LambdaErrorCode.FunctionError, message.error));
    this.#endIfIdle();
  }

  #watchEnd(): Promise<void> {
    return new Promise((resolve) => {
      const end = (reason: string) => {
        if (this.#over) return;
        this.#over = true;
        for (const { message, fail } of this.#calls.values()) {
          const errorMessage = `RequestId: ${message.requestId} Error: Runtime exited with error: ${reason}`;
          fail(new LambdaError(this.#name, LambdaErrorCode.Crashed, { errorType: 'Runtime.ExitError', errorMessage }));
        }
        this.#calls.clear();
        resolve();
      };
      this.#child.once('exit', (code, signal) => end(code === null ? `signal: ${signal}` : `exit status ${code}`));
      // `error` without `exit`: the process could not be started at all.
      this.#child.on('error', (error) => {
        if (this.#child.pid === undefined) end(error.message);
      });
    });
  }

  #watchStart(timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (errorType: string, errorMessage: string, trace: string[] = []) => {
        clearTimeout(timer);
        reject(new LambdaError(this.#name, LambdaErrorCode.Unavailable, { errorType, errorMessage, trace }));
      };
      const timer = setTimeout(() => {
        fail('Runtime.InitTimeout', `the bundle was not imported within ${timeoutMs} ms`);
        this.kill();
      }, timeoutMs);
      this.#child.on('message', (message: RunnerMessage) => {
        if (message.kind === 'ready') {
          clearTimeout(timer);
          resolve();
        } else if (message.kind === 'init-error') {
          fail(message.error.errorType, message.error.errorMessage, message.error.trace);
        }
      });
      void this.ended.then(() => fail('Runtime.ExitError', 'the process ended before the bundle was imported'));
    });
  }
}

function functionEnv({ name, env, file, memoryMb }: EnvironmentOptions): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    TZ: 'UTC',
    ...env,
    _HANDLER: 'main.handler',
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: 'local',
    LAMBDA_TASK_ROOT: file.slice(0, Math.max(0, file.lastIndexOf('/'))),
  };
}
