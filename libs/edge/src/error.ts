import { HTTP_STATUS } from '@supernoba/protocol';
import type { ErrorBody, ErrorCode } from '@supernoba/protocol';

export interface EdgeErrorOptions extends ErrorOptions {
  details?: unknown;
  /** Seconds after which the caller may try again: the `Retry-After` of 429 and 503. */
  retryAfterS?: number;
}

/** What a client is told: a code of the contract, and the HTTP status that goes with it. */
export class EdgeError extends Error {
  readonly details: unknown;
  readonly retryAfterS: number | undefined;

  constructor(
    readonly code: ErrorCode,
    message: string,
    { details, retryAfterS, ...options }: EdgeErrorOptions = {},
  ) {
    super(message, options);
    this.name = 'EdgeError';
    this.details = details;
    this.retryAfterS = retryAfterS;
  }

  get status(): number {
    return HTTP_STATUS[this.code];
  }

  get retryable(): boolean {
    return this.code === 'UNAVAILABLE' || this.code === 'TOO_MANY_REQUESTS';
  }

  get body(): ErrorBody {
    const { code, message, details } = this;
    return { error: { code, message, ...(details === undefined ? {} : { details }) } };
  }
}

/** A dependency did not answer in time, or answered with a failure: 503, try again. */
export function unavailable(what: string, cause: unknown, details?: unknown): EdgeError {
  return new EdgeError('UNAVAILABLE', `${what} cannot be reached now`, { cause, retryAfterS: 1, details });
}

/**
 * Any failure as an error a client may see. What is not an {@link EdgeError} is a fault of ours: it is logged whole and told
 * in general.
 */
export function toEdgeError(error: unknown, log: ErrorLog): EdgeError {
  const answer = error instanceof EdgeError ? error : unavailable('the service', error);
  if (answer.status >= 500 && answer.code !== 'NOT_AVAILABLE') log(answer.message, answer.cause ?? answer);
  return answer;
}

/** Where faults go that a client is not told in full. */
export type ErrorLog = (message: string, error: unknown) => void;

/** One JSON line on stderr. Only names and messages of errors are written, never what was sent. */
export const logError: ErrorLog = (message, error) => {
  const { name, message: reason, stack } = error instanceof Error ? error : new Error(String(error));
  console.error(JSON.stringify({ level: 'ERROR', msg: message, error: { name, message: reason, stack } }));
};
