export interface EventuallyOptions {
  /** How long to go on trying, ms; default 30,000: a machine may have much else to do. */
  timeoutMs?: number;
  /** Pause between two tries, ms; default 20. */
  everyMs?: number;
}

/**
 * Calls `check` until it returns without throwing and not `false` or `undefined`, and gives back what it returned.
 *
 * @throws the last failure, once the time is up
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  { timeoutMs = 30_000, everyMs = 20 }: EventuallyOptions = {},
): Promise<Exclude<T, false | undefined>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    let failure: unknown;
    try {
      const value = await check();
      if (value !== false && value !== undefined) return value as Exclude<T, false | undefined>;
      failure = new Error(`still ${String(value)} after ${timeoutMs} ms`);
    } catch (error) {
      failure = error;
    }
    if (performance.now() >= deadline) throw failure;
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
