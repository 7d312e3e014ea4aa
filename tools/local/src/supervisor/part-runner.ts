import type { ChildProcess } from 'node:child_process';
import { failureIn, isPidsMessage, type PartSpec } from './part.js';
import { sleepUnlessAborted } from './sleep.js';

/** A part that lived this long was well: the next end starts the back-off anew. */
const STABLE_MS = 30_000;
const FIRST_PAUSE_MS = 100;
const LAST_PAUSE_MS = 5_000;
/** Tries a part has while the exchange starts. */
const START_TRIES = 3;
const READY_TIMEOUT_MS = 120_000;
const FIRST_POLL_MS = 20;
const LAST_POLL_MS = 250;

/** A part that did not start. */
export class PartError extends Error {
  constructor(
    readonly part: string,
    readonly reason: string,
  ) {
    super(`${part} ${reason}`);
    this.name = 'PartError';
  }
}

/** What a part gets from the supervisor. */
export interface PartHost {
  spawn(spec: PartSpec): Promise<ChildProcess>;
  /** Processes of a part by name; none when it has ended. */
  onPids(part: string, pids: Record<string, number>): void;
  say(message: string): void;
}

interface Running {
  child: ChildProcess;
  since: number;
  /** Whether it has told the processes it runs. */
  hasToldPids: boolean;
  /** Resolves, never rejects, to a word on how it ended. */
  ended: Promise<string>;
}

/** Runs one part: starts it, waits until it is ready, starts it again when it dies, ends it. */
export class PartRunner {
  private readonly stopping = new AbortController();
  private running: Running | undefined;
  private minding: Promise<void> | undefined;
  /** Ends without a stable life in between. */
  private failures = 0;

  constructor(
    private readonly spec: PartSpec,
    private readonly host: PartHost,
  ) {}

  /**
   * Resolves when the part is ready (a job: done). From then on a service is kept alive.
   *
   * @throws PartError after three tries, or when it is stopped meanwhile
   */
  async start(): Promise<void> {
    const { name, kind } = this.spec;
    for (let tries = 1; ; tries += 1) {
      const outcome = await this.bringUp();
      if (this.stopping.signal.aborted) throw new PartError(name, 'was ended before it was ready');
      if (typeof outcome !== 'string') {
        if (kind === 'service') this.minding = this.mind(outcome);
        return;
      }
      if (tries >= START_TRIES) throw new PartError(name, `does not start: ${outcome}`);
      await this.pause();
    }
  }

  /** Asks the process to end and kills it when it has not within the grace. Resolves when it is gone. */
  async stop(graceMs: number): Promise<void> {
    this.stopping.abort();
    const { running } = this;
    if (running) {
      running.child.kill('SIGTERM');
      const timer = setTimeout(() => running.child.kill('SIGKILL'), graceMs);
      await running.ended;
      clearTimeout(timer);
    }
    await this.minding;
  }

  /** @returns the process once it is ready, else what went wrong; nothing of it runs then */
  private async bringUp(): Promise<Running | string> {
    let running: Running;
    try {
      running = await this.launch();
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
    return (await this.untilReady(running)) ?? running;
  }

  private async launch(): Promise<Running> {
    const { name } = this.spec;
    const child = await this.host.spawn(this.spec);
    const own: Record<string, number> = child.pid === undefined ? {} : { [name]: child.pid };
    this.host.onPids(name, own);
    let told: string | undefined;
    const ended = new Promise<string>((resolve) => {
      child.once('exit', (code, signal) => resolve(told ?? signal ?? `exit code ${code}`));
      // A process that could not be started has no exit.
      child.on('error', (error) => {
        if (child.pid === undefined) resolve(error.message);
      });
    });
    const running: Running = { child, since: performance.now(), hasToldPids: false, ended };
    this.running = running;
    child.on('message', (message) => {
      told = failureIn(message);
      if (!isPidsMessage(message)) return;
      running.hasToldPids = true;
      this.host.onPids(name, { ...own, ...message.pids });
    });
    void ended.then(() => {
      this.running = undefined;
      this.host.onPids(name, {});
    });
    if (this.stopping.signal.aborted) child.kill('SIGKILL');
    return running;
  }

  /** @returns undefined when it is ready, else what went wrong; the process has ended then */
  private async untilReady(running: Running): Promise<string | undefined> {
    const { child, ended } = running;
    const { kind, ready = () => Promise.resolve(true), tellsPids = false } = this.spec;
    if (kind === 'job') {
      const end = await ended;
      return end === 'exit code 0' ? undefined : end;
    }
    const finished = new AbortController();
    const isReady = async () => (running.hasToldPids || !tellsPids) && (await ready());
    const poll = async () => {
      for (let pauseMs = FIRST_POLL_MS; !finished.signal.aborted && !(await isReady()); pauseMs *= 1.1) {
        await sleepUnlessAborted(Math.min(pauseMs, LAST_POLL_MS), finished.signal);
      }
    };
    const timeout = async () => {
      await sleepUnlessAborted(READY_TIMEOUT_MS, finished.signal);
      return `not ready within ${READY_TIMEOUT_MS / 1000} s`;
    };
    const failure = await Promise.race([ended, poll(), timeout()]);
    finished.abort();
    if (failure === undefined) return undefined;
    child.kill('SIGKILL');
    await ended;
    return failure;
  }

  /** Starts the part again whenever it ends, until it is stopped. */
  private async mind(first: Running): Promise<void> {
    const { name } = this.spec;
    let end = await this.untilEnd(first);
    for (;;) {
      await this.pause();
      if (this.stopping.signal.aborted) return;
      this.host.say(`${name} ended (${end}) and is started again.`);
      const begun = performance.now();
      const outcome = await this.bringUp();
      if (typeof outcome === 'string') {
        end = outcome;
        continue;
      }
      this.host.say(`${name} is back after ${((performance.now() - begun) / 1000).toFixed(1)} s.`);
      end = await this.untilEnd(outcome);
    }
  }

  private async untilEnd({ ended, since }: Running): Promise<string> {
    const end = await ended;
    if (performance.now() - since >= STABLE_MS) this.failures = 0;
    return end;
  }

  private async pause(): Promise<void> {
    const pauseMs = Math.min(LAST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(this.failures, 10));
    this.failures += 1;
    await sleepUnlessAborted(pauseMs, this.stopping.signal);
  }
}
