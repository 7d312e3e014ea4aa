import { DUPLICATE_WINDOW_MS } from '../rules/limits.js';
import type { Fingerprint } from '../rules/request-body.js';
import type { KnownRequest, UsedId } from '../snapshot/book-image.js';

/** What the book remembers of finished orders and of requests: two lists, oldest first. */
export class NaiveWindow {
  usedIds: UsedId[] = [];
  requests: KnownRequest[] = [];
  readonly #entries: number;

  constructor(entries: number) {
    this.#entries = entries;
  }

  forgetBefore(now: number): void {
    const isOld = (entry?: { time: number }): boolean => entry !== undefined && now - entry.time > DUPLICATE_WINDOW_MS;
    while (isOld(this.usedIds[0])) this.usedIds.shift();
    while (isOld(this.requests[0])) this.requests.shift();
  }

  isUsed(orderId: string): boolean {
    return this.usedIds.some((used) => used.orderId === orderId);
  }

  use(orderId: string, time: number): void {
    this.usedIds.push({ orderId, time });
    if (this.usedIds.length > this.#entries) this.usedIds.shift();
  }

  /** What the request is to the window; a new one is remembered. */
  meet(userId: string, requestId: string, body: Fingerprint, time: number): 'new' | 'same' | 'reused' {
    const known = this.requests.find((request) => request.userId === userId && request.requestId === requestId);
    const low = body.low >>> 0;
    const high = body.high >>> 0;
    if (known !== undefined) return known.low === low && known.high === high ? 'same' : 'reused';
    this.requests.push({ time, userId, requestId, low, high });
    if (this.requests.length > this.#entries) this.requests.shift();
    return 'new';
  }
}
