import { CommandFailure } from '@supernoba/command';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { JournalPlan } from './journal.js';
import type { Progress, Report, StandInMessage, StandInReady, StandInRequest } from './stand-in-messages.js';

/** The stand-ins' process, as the benchmark drives it. */
export class StandInProcess {
  #fault: string | undefined;
  readonly #ended: Promise<never>;

  private constructor(private readonly child: ChildProcess) {
    this.#ended = once(child, 'exit').then(([code]) => {
      throw new CommandFailure(`the stand-ins ended with ${String(code)}`);
    });
    // Whoever waits for a message learns of it.
    this.#ended.catch(() => undefined);
    child.on('message', (message: StandInMessage) => {
      if (message.kind === 'fault') this.#fault ??= message.message;
    });
  }

  static async start(bundle: string, plan: JournalPlan): Promise<{ process: StandInProcess; ready: StandInReady }> {
    const child = fork(bundle, [JSON.stringify(plan)], {
      execArgv: ['--enable-source-maps', '--max-old-space-size=4096'],
    });
    const standIn = new StandInProcess(child);
    return { process: standIn, ready: await standIn.#next('ready') };
  }

  open(): void {
    this.#ask('open');
  }

  close(): void {
    this.#ask('close');
  }

  progress(): Promise<Progress> {
    this.#ask('progress');
    return this.#next('progress');
  }

  async fills(): Promise<string[]> {
    this.#ask('fills');
    return (await this.#next('fills')).records;
  }

  report(): Promise<Report> {
    this.#ask('report');
    return this.#next('report');
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  #ask(request: StandInRequest): void {
    this.child.send(request);
  }

  /** @throws CommandFailure when the process ends first, or was asked for what it has no answer to */
  async #next<K extends StandInMessage['kind']>(kind: K): Promise<Extract<StandInMessage, { kind: K }>> {
    const wanted = new Promise<Extract<StandInMessage, { kind: K }>>((resolve) => {
      const onMessage = (message: StandInMessage) => {
        if (!isOf(kind, message)) return;
        this.child.off('message', onMessage);
        resolve(message);
      };
      this.child.on('message', onMessage);
    });
    const message = await Promise.race([wanted, this.#ended]);
    if (this.#fault !== undefined) throw new CommandFailure(`the stand-ins: ${this.#fault}`);
    return message;
  }
}

function isOf<K extends StandInMessage['kind']>(
  kind: K,
  message: StandInMessage,
): message is Extract<StandInMessage, { kind: K }> {
  return message.kind === kind;
}
