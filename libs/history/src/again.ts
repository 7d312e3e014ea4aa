const MAX_TRIES = 4;
const FIRST_PAUSE_MS = 50;

/** Makes a call up to four times, with growing pauses. @throws what the last try, or one that no repeat can mend, failed with */
export async function again<T>(call: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      if (attempt === MAX_TRIES || !isWorthRetrying(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, FIRST_PAUSE_MS * 2 ** (attempt - 1)));
    }
  }
}

/** A refused request stays refused; throttles, faults of the service and lost connections pass. */
function isWorthRetrying(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (/Throttl|ProvisionedThroughputExceeded|RequestLimitExceeded/.test(error.name)) return true;
  const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
  return status === undefined || status >= 500;
}
