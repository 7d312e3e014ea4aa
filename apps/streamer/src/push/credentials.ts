import type { AwsCredentials } from '@supernoba/runtime';

export interface ExpiringCredentials extends AwsCredentials {
  expiration?: Date;
}

/** The AWS default provider chain, or anything that answers like it. */
export type CredentialProvider = () => Promise<ExpiringCredentials>;

/** How long before their expiry credentials are renewed, and the pause after a failed try. */
const RENEW_BEFORE_MS = 5 * 60_000;
const RETRY_AFTER_MS = 1_000;

/**
 * Credentials at hand without waiting: renewed in the background before they expire, one call to the provider at a time.
 * While the provider fails, those that are still valid stay in use.
 */
export class CredentialCache {
  readonly #provider: CredentialProvider;
  readonly #onChange: (error: unknown) => void;
  #credentials: ExpiringCredentials | undefined;
  #renewing: Promise<void> | undefined;
  #failed = false;
  #nextTryMs = 0;

  /** @param onChange told the error when the provider begins to fail, and undefined when it answers again */
  constructor(provider: CredentialProvider, onChange: (error: unknown) => void) {
    this.#provider = provider;
    this.#onChange = onChange;
  }

  /** Valid credentials, or undefined while there are none. `nowMs` is the wall clock, epoch ms. */
  at(nowMs: number): AwsCredentials | undefined {
    const expiresMs = this.#credentials ? (this.#credentials.expiration?.getTime() ?? Infinity) : -Infinity;
    if (nowMs >= expiresMs - RENEW_BEFORE_MS && nowMs >= this.#nextTryMs) void this.renew(nowMs);
    return nowMs < expiresMs ? this.#credentials : undefined;
  }

  /** Asks the provider now; never rejects. */
  renew(nowMs: number): Promise<void> {
    this.#renewing ??= this.#ask(nowMs).finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  async #ask(nowMs: number): Promise<void> {
    this.#nextTryMs = nowMs + RETRY_AFTER_MS;
    try {
      this.#credentials = await this.#provider();
      if (this.#failed) this.#onChange(undefined);
      this.#failed = false;
    } catch (error) {
      if (!this.#failed) this.#onChange(error);
      this.#failed = true;
    }
  }
}
