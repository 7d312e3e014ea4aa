import { unavailable } from './error.js';

const REQUEST_TIMEOUT_MS = 2_000;

/** Settings of AWS clients in a Lambda: kept alive, one try a call (callers retry what they know to be safe), bounded waits. */
export async function lambdaClientOptions(region: string) {
  const { NodeHttpHandler } = await import('@smithy/node-http-handler');
  return {
    region,
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler({
      requestTimeout: REQUEST_TIMEOUT_MS,
      throwOnRequestTimeout: true,
      httpAgent: { maxSockets: 16, keepAlive: true },
      httpsAgent: { maxSockets: 16, keepAlive: true },
    }),
  };
}

/** Made at the first call, once; a failure to make it is tried again at the next. */
export function lazy<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}

/** Runs `call` with a signal that ends it in time. @throws EdgeError UNAVAILABLE naming what could not be reached */
export async function bounded<T>(
  what: string,
  call: (options: { abortSignal: AbortSignal }) => Promise<T>,
): Promise<T> {
  try {
    return await call({ abortSignal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
  } catch (error) {
    throw unavailable(what, error);
  }
}
