/** Token bucket that holds one second's worth. */
export class Rate {
  readonly #perSecond: number;
  readonly #now: () => number;
  #tokens: number;
  #at: number;

  /**
   * @param perSecond undefined: no bound
   * @param now milliseconds of a monotonic clock
   */
  constructor(perSecond: number | undefined, now: () => number = () => performance.now()) {
    this.#perSecond = perSecond ?? Infinity;
    this.#now = now;
    this.#tokens = this.#perSecond;
    this.#at = now();
  }

  /** Takes one token; false where there is none. */
  take(): boolean {
    if (this.#perSecond === Infinity) return true;
    const now = this.#now();
    this.#tokens = Math.min(this.#perSecond, this.#tokens + ((now - this.#at) * this.#perSecond) / 1000);
    this.#at = now;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
