import type { Logger } from '@supernoba/runtime';

/**
 * Something that works or does not. The log tells a change, not every try: a failure at once, and that it works again
 * when it has not failed for a while, so that what fails now and then fills no log.
 */
export class Condition {
  readonly #log: Logger;
  readonly #name: string;
  readonly #quietMs: number;
  #isFailing = false;
  #isTold = false;
  #recovery: NodeJS.Timeout | undefined;

  constructor(log: Logger, name: string, quietMs: number) {
    this.#log = log;
    this.#name = name;
    this.#quietMs = quietMs;
  }

  /** Whether the last try failed. */
  get isFailing(): boolean {
    return this.#isFailing;
  }

  failed(error: unknown): void {
    if (!this.#isTold) this.#log.error({ err: error }, `${this.#name}: failing`);
    this.#isFailing = true;
    this.#isTold = true;
    clearTimeout(this.#recovery);
    this.#recovery = undefined;
  }

  works(): void {
    this.#isFailing = false;
    if (!this.#isTold || this.#recovery) return;
    this.#recovery = setTimeout(() => {
      this.#recovery = undefined;
      this.#isTold = false;
      this.#log.info(`${this.#name}: works again`);
    }, this.#quietMs);
    this.#recovery.unref();
  }
}
