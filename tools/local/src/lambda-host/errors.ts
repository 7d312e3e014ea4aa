import type { ErrorPayload } from './messages.js';

/** Why an invocation gave no result. */
export const LambdaErrorCode = {
  /** The handler threw, or its result is no JSON or too large: `payload` says what. */
  FunctionError: 'FUNCTION_ERROR',
  /** The handler took longer than the function's timeout. */
  Timeout: 'TIMEOUT',
  /** The process ended while the handler ran. */
  Crashed: 'CRASHED',
  /** More invocations wait than the function's queue holds. */
  TooManyRequests: 'TOO_MANY_REQUESTS',
  /** No process took the invocation: it does not start, or none had room in time. The handler did not run. */
  Unavailable: 'UNAVAILABLE',
  /** The event is larger than Lambda takes. */
  TooLarge: 'TOO_LARGE',
  /** The host is closing. The handler may not have run. */
  Closed: 'CLOSED',
} as const;
export type LambdaErrorCode = (typeof LambdaErrorCode)[keyof typeof LambdaErrorCode];

export class LambdaError extends Error {
  /**
   * @param payload what Lambda itself would answer to the caller
   */
  constructor(
    readonly functionName: string,
    readonly code: LambdaErrorCode,
    readonly payload: ErrorPayload,
  ) {
    super(`${functionName}: ${payload.errorType}: ${payload.errorMessage}`);
    this.name = 'LambdaError';
  }
}
