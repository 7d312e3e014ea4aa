import { randomUUID } from 'node:crypto';
import { ExecutionEnvironment } from './environment.js';
import { LambdaError, LambdaErrorCode } from './errors.js';
import { MAX_PAYLOAD_BYTES } from './messages.js';

export interface LambdaOptions {
  name: string;
  /** The bundle: an ES module that exports `handler(event, context)`. */
  file: string;
  /** The built `lambda-host/runner.mjs`. */
  runner: string;
  /** The function's own variables. Of the host's environment only PATH is passed on. */
  env?: Readonly<Record<string, string>> | undefined;
  /** Longest run of one invocation; default 10,000. */
  timeoutMs?: number | undefined;
  /** Invocations that run at a time; default 64. */
  concurrency?: number | undefined;
  /** Invocations that wait for a free place or for a process that starts; default 1,024. */
  maxQueued?: number | undefined;
  /** Longest such wait; default 10,000. */
  maxWaitMs?: number | undefined;
  /** Bound on the process's heap, MB; default 512. */
  memoryMb?: number | undefined;
  /** Longest time for a process to import the bundle; default 10,000. */
  initTimeoutMs?: number | undefined;
  /** Gets every line the function writes, as `[name] line`. */
  onLog?: ((line: string, stream: 'stdout' | 'stderr') => void) | undefined;
  /** Told the process that takes invocations whenever it is another; undefined: none is up. */
  onPid?: ((pid: number | undefined) => void) | undefined;
}

/** A process that lived this long was well: its crash starts the back-off anew. */
const STABLE_MS = 10_000;
const FIRST_RESTART_MS = 100;
const LAST_RESTART_MS = 5_000;
/** How long `close` lets invocations under way run on. */
const CLOSE_GRACE_MS = 300;

/** Options with their defaults filled in. */
type Settled<T> = { readonly [K in keyof T]-?: NonNullable<T[K]> };

interface WaitingCall {
  event: string;
  /** Ends the wait. */
  timer: NodeJS.Timeout;
  resolve: (result: unknown) => void;
  reject: (error: LambdaError) => void;
}

/**
 * A Lambda function: a bundle in a child process of its own, started again after a crash. Invocations begin in the
 * order of their calls, up to `concurrency` at a time in the same process (Lambda would use as many processes). After a
 * timeout the process takes nothing new and is replaced, as in Lambda.
 */
export class LambdaFunction {
  readonly #options: Settled<Omit<LambdaOptions, 'onLog' | 'onPid'>>;
  readonly #onLine: (line: string, stream: 'stdout' | 'stderr') => void;
  readonly #onPid: (pid: number | undefined) => void;
  readonly #queue: WaitingCall[] = [];
  readonly #alive = new Set<ExecutionEnvironment>();
  /** Takes new invocations; undefined while one starts. */
  #current: ExecutionEnvironment | undefined;
  #restart: NodeJS.Timeout | undefined;
  /** Why the last start failed; new invocations fail at once until one succeeds. */
  #startFailure: LambdaError | undefined;
  #failures = 0;
  #running = 0;
  #nextId = 1;
  #closing = false;

  private constructor({ onLog, onPid, ...options }: LambdaOptions) {
    this.#options = {
      name: options.name,
      file: options.file,
      runner: options.runner,
      env: options.env ?? {},
      timeoutMs: options.timeoutMs ?? 10_000,
      concurrency: options.concurrency ?? 64,
      maxQueued: options.maxQueued ?? 1024,
      maxWaitMs: options.maxWaitMs ?? 10_000,
      memoryMb: options.memoryMb ?? 512,
      initTimeoutMs: options.initTimeoutMs ?? 10_000,
    };
    this.#onPid = (pid) => onPid?.(pid);
    this.#onLine = (line, stream) => onLog?.(`[${options.name}] ${line}`, stream);
  }

  /**
   * Starts the process and imports the bundle.
   *
   * @throws LambdaError `UNAVAILABLE` when the bundle cannot be imported or exports no handler; nothing stays behind
   */
  static async start(options: LambdaOptions): Promise<LambdaFunction> {
    const lambda = new LambdaFunction(options);
    const environment = lambda.#launch();
    try {
      await environment.ready;
    } catch (error) {
      await lambda.close();
      throw error;
    }
    lambda.#adopt(environment);
    return lambda;
  }

  get name(): string {
    return this.#options.name;
  }

  /** The process that takes new invocations, if one is up. */
  get pid(): number | undefined {
    return this.#current?.pid;
  }

  /**
   * Runs the handler with the event, as JSON carries it, and resolves to its result.
   *
   * @throws LambdaError with the code that says why there is no result
   */
  invoke(event: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const text = JSON.stringify(event) ?? 'null';
      const refusal = this.#refusal(text);
      if (refusal !== undefined) return reject(refusal);
      const timer = setTimeout(() => this.#giveUp(call), this.#options.maxWaitMs);
      const call: WaitingCall = { event: text, timer, resolve, reject };
      this.#queue.push(call);
      this.#pump();
    });
  }

  /** Fails what waits, gives what runs 300 ms, then ends the process. */
  async close(): Promise<void> {
    this.#closing = true;
    clearTimeout(this.#restart);
    this.#failQueue(this.#closed());
    for (const environment of this.#alive) environment.retire();
    const kill = setTimeout(() => this.#alive.forEach((environment) => environment.kill()), CLOSE_GRACE_MS);
    await Promise.all([...this.#alive].map((environment) => environment.ended));
    clearTimeout(kill);
  }

  #refusal(event: string): LambdaError | undefined {
    if (this.#closing) return this.#closed();
    if (Buffer.byteLength(event) > MAX_PAYLOAD_BYTES) {
      const problem = `the event is larger than ${MAX_PAYLOAD_BYTES} bytes`;
      return this.#error(LambdaErrorCode.TooLarge, 'RequestEntityTooLargeException', problem);
    }
    if (this.#startFailure !== undefined) return this.#startFailure;
    if (this.#queue.length < this.#options.maxQueued) return undefined;
    const problem = `Rate Exceeded: ${this.#queue.length} invocations wait already`;
    return this.#error(LambdaErrorCode.TooManyRequests, 'TooManyRequestsException', problem);
  }

  #giveUp(call: WaitingCall): void {
    this.#queue.splice(this.#queue.indexOf(call), 1);
    const problem = `no process was free within ${this.#options.maxWaitMs} ms`;
    call.reject(this.#error(LambdaErrorCode.Unavailable, 'ServiceException', problem));
  }

  #pump(): void {
    while (this.#current?.usable && this.#running < this.#options.concurrency) {
      const call = this.#queue.shift();
      if (call === undefined) return;
      clearTimeout(call.timer);
      this.#run(this.#current, call);
    }
  }

  #run(environment: ExecutionEnvironment, { event, resolve, reject }: WaitingCall): void {
    const { timeoutMs } = this.#options;
    const message = { id: this.#nextId++, requestId: randomUUID(), event, deadline: Date.now() + timeoutMs };
    const settle = () => {
      clearTimeout(timer);
      this.#running--;
      this.#pump();
    };
    const fail = (error: LambdaError) => {
      settle();
      reject(error);
    };
    const timer = setTimeout(() => {
      this.#replace(environment);
      environment.forget(message.id);
      const seconds = (timeoutMs / 1000).toFixed(2);
      const problem = `RequestId: ${message.requestId} Error: Task timed out after ${seconds} seconds`;
      fail(this.#error(LambdaErrorCode.Timeout, 'Sandbox.Timedout', problem));
    }, timeoutMs);
    const succeed = (result: string) => {
      settle();
      resolve(JSON.parse(result));
    };
    this.#running++;
    environment.run({ message, succeed, fail });
  }

  /** A process in which a handler hangs takes nothing new; the next one starts at once. */
  #replace(environment: ExecutionEnvironment): void {
    environment.retire();
    if (this.#current !== environment) return;
    this.#setCurrent(undefined);
    this.#restartAfter(0);
  }

  #launch(): ExecutionEnvironment {
    const environment = new ExecutionEnvironment({ ...this.#options, onLine: this.#onLine });
    this.#alive.add(environment);
    void environment.ended.then(() => this.#alive.delete(environment));
    return environment;
  }

  #adopt(environment: ExecutionEnvironment): void {
    const since = performance.now();
    this.#setCurrent(environment);
    this.#startFailure = undefined;
    void environment.ended.then(() => {
      if (this.#current !== environment) return;
      this.#setCurrent(undefined);
      if (performance.now() - since >= STABLE_MS) this.#failures = 0;
      this.#restartAfter(this.#backOff());
    });
    this.#pump();
  }

  #setCurrent(environment: ExecutionEnvironment | undefined): void {
    this.#current = environment;
    this.#onPid(environment?.pid);
  }

  #restartAfter(delayMs: number): void {
    if (this.#closing) return;
    this.#restart = setTimeout(() => {
      const environment = this.#launch();
      environment.ready.then(
        () => this.#adopt(environment),
        (error: LambdaError) => this.#failStart(error),
      );
    }, delayMs);
  }

  #failStart(error: LambdaError): void {
    if (this.#closing) return;
    this.#onLine(`does not start: ${error.message}`, 'stderr');
    this.#startFailure = error;
    this.#failQueue(error);
    this.#restartAfter(this.#backOff());
  }

  #backOff(): number {
    return Math.min(LAST_RESTART_MS, FIRST_RESTART_MS * 2 ** Math.min(this.#failures++, 10));
  }

  #failQueue(error: LambdaError): void {
    for (const call of this.#queue.splice(0)) {
      clearTimeout(call.timer);
      call.reject(error);
    }
  }

  #closed(): LambdaError {
    return this.#error(LambdaErrorCode.Closed, 'ServiceException', 'the function is closing');
  }

  #error(code: LambdaErrorCode, errorType: string, errorMessage: string): LambdaError {
    return new LambdaError(this.name, code, { errorType, errorMessage });
  }
}

/** @see LambdaFunction.start */
export function startLambda(options: LambdaOptions): Promise<LambdaFunction> {
  return LambdaFunction.start(options);
}
