import { PortError, type PortErrorCode } from '../ports.js';

const BY_NAME: Readonly<Record<string, PortErrorCode>> = {
  ProvisionedThroughputExceededException: 'THROTTLED',
  ThrottlingException: 'THROTTLED',
  LimitExceededException: 'THROTTLED',
  RequestLimitExceeded: 'THROTTLED',
  KMSThrottlingException: 'THROTTLED',
  SlowDown: 'THROTTLED',
  ExpiredIteratorException: 'EXPIRED_ITERATOR',
  ConditionalCheckFailedException: 'CONDITION_FAILED',
  ResourceNotFoundException: 'NOT_FOUND',
  NoSuchBucket: 'NOT_FOUND',
};

/** Calls AWS and turns what it throws into a {@link PortError}. `special` names errors that mean more at this call. */
export async function callAws<T>(call: () => Promise<T>, special: Record<string, PortErrorCode> = {}): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof Error) || error instanceof PortError) throw error;
    const code = special[error.name] ?? BY_NAME[error.name] ?? (isBadRequest(error) ? 'INVALID' : 'UNAVAILABLE');
    throw new PortError(code, `${error.name}: ${error.message}`, { cause: error });
  }
}

/** What the service will refuse again however often it is asked. A refused signature (403) may be a clock or a credential. */
function isBadRequest(error: Error): boolean {
  const { $metadata } = error as { $metadata?: { httpStatusCode?: number } };
  return $metadata?.httpStatusCode === 400;
}
