import { fullJitterMs } from './backoff.js';
import { ClientErrorCode, SupernobaError } from './errors.js';
import type { RetryPolicy } from './options.js';

/**
 * Runs `call` until it succeeds, fails for good, or `attempts` are used up; waits what the exchange asks for, else a
 * full-jitter time. Only for calls that may be repeated: reads, and orders that carry their request id.
 */
export async function withRetry<T>(call: () => Promise<T>, policy: RetryPolicy, signal?: AbortSignal): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (thrown) {
      if (!(thrown instanceof SupernobaError) || !thrown.retryable || attempt >= policy.attempts) throw thrown;
      const asked = thrown.retryAfterMs;
      // Longer than this caller wants to wait: it learns how long from the error.
      if (asked !== undefined && asked > policy.maxMs) throw thrown;
      await pause(asked ?? fullJitterMs(attempt - 1, policy.baseMs, policy.maxMs, Math.random), signal);
    }
  }
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      clearTimeout(timer);
      reject(new SupernobaError(ClientErrorCode.Aborted, 'the caller gave up', { cause: signal?.reason }));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, ms);
    if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort, { once: true });
  });
}
