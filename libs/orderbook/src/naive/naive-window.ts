import { DUPLICATE_WINDOW_MS } from '../rules/limits.js';
import type { Fingerprint } from '../rules/request-body.js';
import type { KnownRequest, UsedId } from '../snapshot/book-image.js';

/** What the book remembers of finished orders and of requests. A Map hands its entries back in the order they came. */
export class NaiveWindow {
  readonly #usedIds = new Map<string, UsedId>();
  readonly #requests = new Map<string, KnownRequest>();
  readonly #entries: number;

  constructor(entries: number) {
    this.#entries = entries;
  }

  /** Oldest first. */
  get usedIds(): readonly UsedId[] {
    return [...this.#usedIds.values()];
  }

  /** Oldest first. */
  get requests(): readonly KnownRequest[] {
    return [...this.#requests.values()];
  }

  /** Takes the place of what was remembered. */
  restore(usedIds: Iterable<UsedId>, requests: Iterable<KnownRequest>): void {
    this.#usedIds.clear();
    this.#requests.clear();
    for (const used of usedIds) this.#usedIds.set(used.orderId, used);
    for (const request of requests) this.#requests.set(keyOf(request.userId, request.requestId), request);
  }

  forgetBefore(now: number): void {
    forget(this.#usedIds, ({ time }) => now - time > DUPLICATE_WINDOW_MS);
    forget(this.#requests, ({ time }) => now - time > DUPLICATE_WINDOW_MS);
  }

  isUsed(orderId: string): boolean {
    return this.#usedIds.has(orderId);
  }

  use(orderId: string, time: number): void {
    this.#usedIds.set(orderId, { orderId, time });
    forget(this.#usedIds, () => this.#usedIds.size > this.#entries);
  }

  /** An id that names an order again is no longer one of a finished order. */
  giveBack(orderId: string): void {
    this.#usedIds.delete(orderId);
  }

  /** What the request is to the window; a new one is remembered. */
  meet(userId: string, requestId: string, body: Fingerprint, time: number): 'new' | 'same' | 'reused' {
    const known = this.#requests.get(keyOf(userId, requestId));
    const low = body.low >>> 0;
    const high = body.high >>> 0;
    if (known !== undefined) return known.low === low && known.high === high ? 'same' : 'reused';
    this.#requests.set(keyOf(userId, requestId), { time, userId, requestId, low, high });
    forget(this.#requests, () => this.#requests.size > this.#entries);
    return 'new';
  }
}

/** Drops the oldest entry for as long as it is to go. */
function forget<T>(entries: Map<string, T>, isToGo: (oldest: T) => boolean): void {
  for (const [key, oldest] of entries) {
    if (!isToGo(oldest)) return;
    entries.delete(key);
  }
}

/** With the length in front, no two pairs have the same. */
function keyOf(userId: string, requestId: string): string {
  return `${userId.length} ${userId} ${requestId}`;
}
