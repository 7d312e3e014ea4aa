/** Waits; ends early, without an error, when the signal aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}

/** Resolves when the promise settles or the time is up, whichever is first. */
export async function settleWithin(ms: number, promise: Promise<unknown>): Promise<void> {
  const limit = new AbortController();
  const done = () => limit.abort();
  promise.then(done, done);
  await pause(ms, limit.signal);
}
