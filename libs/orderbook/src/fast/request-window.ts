import { DUPLICATE_WINDOW_MS } from '../rules/limits.js';
import type { Fingerprint } from '../rules/request-body.js';
import type { KnownRequest } from '../snapshot/book-image.js';

/** Requests of the last minutes, found by user and request id, forgotten in the order in which they came. */
export class RequestWindow {
  readonly #limit: number;
  readonly #byKey = new Map<string, KnownRequest>();
  /** Oldest at `#first`. */
  #queue: KnownRequest[] = [];
  #first = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#byKey.size;
  }

  forgetBefore(now: number): void {
    while (this.#first < this.#queue.length && now - this.#queue[this.#first]!.time > DUPLICATE_WINDOW_MS) {
      this.#forgetOldest();
    }
  }

  /** What the request is to the window; a new one is remembered. */
  meet(userId: string, requestId: string, body: Readonly<Fingerprint>, time: number): 'new' | 'same' | 'reused' {
    const low = body.low >>> 0;
    const high = body.high >>> 0;
    const known = this.#byKey.get(key(userId, requestId));
    if (known !== undefined) return known.low === low && known.high === high ? 'same' : 'reused';
    this.add({ time, userId, requestId, low, high });
    return 'new';
  }

  add(request: KnownRequest): void {
    this.#byKey.set(key(request.userId, request.requestId), request);
    this.#queue.push(request);
    if (this.#byKey.size > this.#limit) this.#forgetOldest();
  }

  #forgetOldest(): void {
    const { userId, requestId } = this.#queue[this.#first++]!;
    this.#byKey.delete(key(userId, requestId));
    if (this.#first < 1024 || this.#first * 2 < this.#queue.length) return;
    this.#queue = this.#queue.slice(this.#first);
    this.#first = 0;
  }

  /** Oldest first. */
  *entries(): IterableIterator<KnownRequest> {
    for (let i = this.#first; i < this.#queue.length; i++) yield this.#queue[i]!;
  }
}

/** The length keeps two pairs with the same letters apart. */
function key(userId: string, requestId: string): string {
  return `${userId.length}:${userId}${requestId}`;
}
