import type { Identity } from './auth.js';
import { asSupernobaError, ClientErrorCode, SupernobaError } from './errors.js';
import { readClaims } from './token.js';

/** Between two looks at a token that its source does not renew, and the longest a timer sleeps. */
const LEAST_WAIT_MS = 1_000;
const RENEW_RETRY_MS = 10_000;
const LONGEST_WAIT_MS = 3_600_000;

export interface SessionListener {
  /** The source has another token than before; null: logged out. */
  tokenChanged(token: string | null): void;
  failed(error: SupernobaError): void;
}

/** The token of the moment: fetched once for many callers, renewed before it expires while somebody listens. */
export class Session {
  readonly #identity: Identity;
  readonly #marginMs: number;
  #token: string | null = null;
  #asking: Promise<string | null> | undefined;
  #listener: SessionListener | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #unwatch: (() => void) | undefined;

  constructor(identity: Identity, marginMs: number) {
    this.#identity = identity;
    this.#marginMs = marginMs;
  }

  /** The last token the source gave. */
  get current(): string | null {
    return this.#token;
  }

  get testUser(): string | undefined {
    return this.#identity.testUser;
  }

  /** The token, out of the source where the last one is missing or about to expire. */
  async token(): Promise<string | null> {
    const left = this.#msLeft();
    if (this.#token !== null && left !== undefined && left > this.#marginMs) return this.#token;
    return this.ask({ forceRefresh: false });
  }

  /** The token out of its source, whatever the last one was. @throws SupernobaError */
  async ask(options: { forceRefresh: boolean }): Promise<string | null> {
    // Who wants a fresh one must not be given an answer that was asked for before.
    if (this.#asking && !options.forceRefresh) return this.#asking;
    const asking = this.#identity.token(options).then((token) => {
      this.#set(token);
      return token;
    });
    this.#asking = asking;
    try {
      return await asking;
    } finally {
      if (this.#asking === asking) this.#asking = undefined;
    }
  }

  start(listener: SessionListener): void {
    this.stop();
    this.#listener = listener;
    this.#unwatch = this.#identity.watch((token) => this.#set(token));
  }

  stop(): void {
    this.#listener = undefined;
    clearTimeout(this.#timer);
    this.#unwatch?.();
    this.#unwatch = undefined;
  }

  #set(token: string | null): void {
    const changed = token !== this.#token;
    this.#token = token;
    this.#schedule(this.#msLeft());
    if (changed) this.#listener?.tokenChanged(token);
  }

  #msLeft(): number | undefined {
    const expiresAtMs = this.#token === null ? undefined : readClaims(this.#token).expiresAtMs;
    return expiresAtMs === undefined ? undefined : expiresAtMs - Date.now();
  }

  #schedule(leftMs: number | undefined): void {
    clearTimeout(this.#timer);
    if (!this.#listener || leftMs === undefined) return;
    // A token shorter than its margin is renewed at half its life, not in a circle.
    const waitMs = leftMs > this.#marginMs ? leftMs - this.#marginMs : Math.max(leftMs / 2, RENEW_RETRY_MS);
    this.#timer = setTimeout(() => void this.#renew(), Math.min(Math.max(waitMs, LEAST_WAIT_MS), LONGEST_WAIT_MS));
  }

  async #renew(): Promise<void> {
    const left = this.#msLeft();
    if (left !== undefined && left > this.#marginMs) return this.#schedule(left);
    try {
      const before = this.#token;
      const token = await this.ask({ forceRefresh: true });
      const leftNow = this.#msLeft();
      if (token !== null && token === before && leftNow !== undefined && leftNow <= 0) {
        throw new SupernobaError('TOKEN_EXPIRED', 'the token has expired and its source gives no other');
      }
    } catch (thrown) {
      this.#listener?.failed(asSupernobaError(thrown, ClientErrorCode.AuthFailed, 'the token was not renewed'));
      this.#schedule(0);
    }
  }
}
