import type { Scheduler } from '../scheduler.js';

/** A process of the virtual world: it can die at any call, and be stopped and go on. What reaches it, reaches it here. */
export class VirtualProcess {
  #dead = false;
  /** Whether requests that were on their way when it died still arrive. */
  requestsOutlive = true;
  #pausedUntil = 0;
  #callsLeft = Infinity;
  #dieAfterEffect = false;
  readonly #backlog: (() => void)[] = [];
  #onDeath: () => void = () => undefined;

  constructor(
    readonly name: string,
    private readonly scheduler: Scheduler,
  ) {}

  get dead(): boolean {
    return this.#dead;
  }

  get paused(): boolean {
    return this.scheduler.now < this.#pausedUntil;
  }

  onDeath(listener: () => void): void {
    this.#onDeath = listener;
  }

  kill(): void {
    if (this.#dead) return;
    this.#dead = true;
    this.#backlog.length = 0;
    this.#onDeath();
  }

  /** Dies at the n-th call from now: before the request leaves, or once it has taken effect and before the answer. */
  killAtCall(n: number, afterEffect: boolean): void {
    this.#callsLeft = n;
    this.#dieAfterEffect = afterEffect;
  }

  /** Stops the process; everything that reaches it meanwhile reaches it when it goes on. */
  pause(ms: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, this.scheduler.now + ms);
    this.scheduler.after(ms, () => {
      if (this.paused) return;
      for (const task of this.#backlog.splice(0)) this.scheduler.after(0, () => this.deliver(task));
    });
  }

  deliver(task: () => void): void {
    if (this.#dead) return;
    if (this.paused) this.#backlog.push(task);
    else task();
  }

  /** Counts a call that is about to leave: `lost` = it never does, `fatal` = the process dies at its effect. */
  calling(): 'lost' | 'fatal' | 'normal' {
    if (this.#dead) return 'lost';
    this.#callsLeft--;
    if (this.#callsLeft !== 0) return 'normal';
    if (this.#dieAfterEffect) return 'fatal';
    this.kill();
    return 'lost';
  }

  after(ms: number, task: () => void): () => void {
    if (this.#dead) return () => undefined;
    let cancelled = false;
    const cancel = this.scheduler.after(ms, () => this.deliver(() => (cancelled ? undefined : task())));
    return () => {
      cancelled = true;
      cancel();
    };
  }
}
