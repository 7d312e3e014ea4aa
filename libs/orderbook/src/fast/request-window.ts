import type { Fingerprint } from '../rules/request-body.js';
import type { KnownRequest } from '../snapshot/book-image.js';
import { IdRing } from './id-ring.js';
import type { PackedId } from './packed-id.js';
import type { Users } from './users.js';

/** Requests of the last minutes, found by user and request id, forgotten in the order in which they came. */
export class RequestWindow {
  readonly #limit: number;
  readonly #users: Users;
  readonly #id: PackedId;
  /** Payload: the two words of the body's fingerprint. The key is the user's number. */
  readonly #ring: IdRing;

  constructor(limit: number, users: Users, id: PackedId) {
    this.#limit = limit;
    this.#users = users;
    this.#id = id;
    this.#ring = new IdRing(limit + 1, 2);
  }

  get size(): number {
    return this.#ring.count;
  }

  /** Time of the oldest request, Infinity without one. */
  get oldestTime(): number {
    return this.#ring.oldestTime;
  }

  /** Forgets the requests that came before. */
  forgetBefore(time: number): void {
    if (this.#ring.newestTime < time) this.#forgetAll();
    while (this.#ring.oldestTime < time) this.#forgetOldest();
  }

  /** What the request is to the window; a new one is remembered. */
  meet(user: number, requestId: string, body: Readonly<Fingerprint>, time: number): 'new' | 'same' | 'reused' {
    this.#id.pack(requestId);
    const known = this.#ring.find(this.#id, user);
    if (known < 0) {
      this.#add(user, body.low, body.high, time);
      return 'new';
    }
    const words = this.#ring.words(known);
    const base = this.#ring.payload(known);
    return words[base] === body.low && words[base + 1] === body.high ? 'same' : 'reused';
  }

  /** Remembers the request of a snapshot. */
  restore({ userId, requestId, low, high, time }: KnownRequest): void {
    this.#id.pack(requestId);
    this.#add(this.#users.obtain(userId), low, high, time);
  }

  #add(user: number, low: number, high: number, time: number): void {
    const number = this.#ring.append(this.#id, user, time);
    const words = this.#ring.words(number);
    const base = this.#ring.payload(number);
    words[base] = low;
    words[base + 1] = high;
    this.#users.hold(user);
    if (this.#ring.count > this.#limit) this.#forgetOldest();
  }

  #forgetAll(): void {
    for (const number of this.#ring.numbers()) this.#users.release(this.#ring.key(number));
    this.#ring.clear();
  }

  #forgetOldest(): void {
    this.#users.release(this.#ring.key(this.#ring.first));
    this.#ring.forgetOldest();
  }

  /** Oldest first; hands out one object again and again. */
  entries(): IterableIterator<KnownRequest> {
    return entriesOf(this.#ring, this.#users);
  }

  /** The requests of now, to read from while others come. */
  copy(users: Pick<Users, 'name'>): Pick<RequestWindow, 'size' | 'entries'> {
    const ring = this.#ring.copy();
    return { size: ring.count, entries: () => entriesOf(ring, users) };
  }
}

function* entriesOf(ring: IdRing, users: Pick<Users, 'name'>): IterableIterator<KnownRequest> {
  const entry: KnownRequest = { time: 0, userId: '', requestId: '', low: 0, high: 0 };
  for (const number of ring.numbers()) {
    const words = ring.words(number);
    const base = ring.payload(number);
    entry.time = ring.time(number);
    entry.userId = users.name(ring.key(number));
    entry.requestId = ring.idText(number);
    entry.low = words[base]! >>> 0;
    entry.high = words[base + 1]! >>> 0;
    yield entry;
  }
}
