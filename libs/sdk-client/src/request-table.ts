import { ClientErrorCode, SupernobaError } from './errors.js';

interface Pending<Answer> {
  resolve(answer: Answer): void;
  reject(error: SupernobaError): void;
  timer: ReturnType<typeof setTimeout>;
}

/** The requests of one WebSocket that wait for an answer, by id: bounded in number and each in time. */
export class RequestTable<Answer> {
  readonly #pending = new Map<number, Pending<Answer>>();
  readonly #maxPending: number;
  #lastId = 0;

  constructor(maxPending: number) {
    this.#maxPending = maxPending;
  }

  get size(): number {
    return this.#pending.size;
  }

  /**
   * Gives `send` a fresh id and waits for its answer.
   *
   * @throws SupernobaError `OVERLOADED` at the bound, `TIMEOUT` after `timeoutMs`, what `rejectAll` says when the socket ends.
   */
  request(send: (id: number) => void, timeoutMs: number, what: string): Promise<Answer> {
    if (this.#pending.size >= this.#maxPending) {
      const message = `${what}: ${this.#maxPending} requests already wait for an answer`;
      return Promise.reject(new SupernobaError(ClientErrorCode.Overloaded, message, { retryable: true }));
    }
    const id = ++this.#lastId;
    return new Promise<Answer>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(id);
        const message = `${what}: no answer within ${timeoutMs} ms`;
        reject(new SupernobaError(ClientErrorCode.Timeout, message, { retryable: true }));
      }, timeoutMs);
      this.#pending.set(id, { resolve, reject, timer });
      try {
        send(id);
      } catch (thrown) {
        this.#take(id);
        const message = `${what}: the socket did not take the request`;
        reject(
          thrown instanceof SupernobaError
            ? thrown
            : new SupernobaError(ClientErrorCode.Disconnected, message, { retryable: true, cause: thrown }),
        );
      }
    });
  }

  /** @returns false where nobody waits for `id`: a late or doubled answer. */
  resolve(id: unknown, answer: Answer): boolean {
    const pending = this.#take(id);
    pending?.resolve(answer);
    return pending !== undefined;
  }

  reject(id: unknown, error: SupernobaError): boolean {
    const pending = this.#take(id);
    pending?.reject(error);
    return pending !== undefined;
  }

  rejectAll(error: SupernobaError): void {
    for (const id of [...this.#pending.keys()]) this.reject(id, error);
  }

  #take(id: unknown): Pending<Answer> | undefined {
    if (typeof id !== 'number') return undefined;
    const pending = this.#pending.get(id);
    if (!pending) return undefined;
    this.#pending.delete(id);
    clearTimeout(pending.timer);
    return pending;
  }
}
