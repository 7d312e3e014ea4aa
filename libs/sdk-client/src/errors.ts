import { ErrorCode } from '@supernoba/protocol';

/** Codes that only this client raises; the exchange's own codes are `ErrorCode` of `@supernoba/protocol`. */
export const ClientErrorCode = {
  /** An option or argument that no field code of the exchange names. */
  InvalidArgument: 'INVALID_ARGUMENT',
  /** The call needs an open WebSocket. */
  NotConnected: 'NOT_CONNECTED',
  /** The WebSocket ended before the answer came; the request may or may not have taken effect. */
  Disconnected: 'DISCONNECTED',
  /** `close()` was called. */
  Closed: 'CLOSED',
  /** No answer within its time; the request may or may not have taken effect. */
  Timeout: 'TIMEOUT',
  /** The caller's `AbortSignal` fired. */
  Aborted: 'ABORTED',
  /** No HTTP answer at all: refused, reset, no such host. */
  Network: 'NETWORK',
  /** An answer or a frame that is not what the protocol says. */
  BadAnswer: 'BAD_ANSWER',
  /** More requests wait for an answer than the client keeps. */
  Overloaded: 'OVERLOADED',
  /** The token source failed. */
  AuthFailed: 'AUTH_FAILED',
  /** An event listener threw; `cause` is what it threw. */
  ListenerFailed: 'LISTENER_FAILED',
  /** This runtime has no WebSocket and none was passed. */
  NoWebSocket: 'NO_WEBSOCKET',
  /** A code of a newer exchange; the message begins with it. */
  Unknown: 'UNKNOWN',
} as const;
export type ClientErrorCode = (typeof ClientErrorCode)[keyof typeof ClientErrorCode];

/** Every `code` a {@link SupernobaError} can have: a `switch` over it narrows. */
export type SupernobaErrorCode = ErrorCode | ClientErrorCode;

export interface SupernobaErrorDetails {
  /** True when the same call, with the same ids, may succeed later. */
  retryable?: boolean;
  /** HTTP status, where there was an HTTP answer. */
  status?: number;
  /** How long the exchange asked to wait (`Retry-After`), in milliseconds. */
  retryAfterMs?: number;
  cause?: unknown;
}

/** The one class of errors this package throws, rejects with, and gives to `error` listeners. */
export class SupernobaError extends Error {
  override readonly name = 'SupernobaError';
  readonly code: SupernobaErrorCode;
  /** True when the same call, with the same ids, may succeed later. */
  readonly retryable: boolean;
  /** HTTP status, where there was an HTTP answer. */
  readonly status?: number;
  /** How long the exchange asked to wait, in milliseconds. */
  readonly retryAfterMs?: number;

  constructor(code: SupernobaErrorCode, message: string, details: SupernobaErrorDetails = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined);
    this.code = code;
    this.retryable = details.retryable ?? false;
    if (details.status !== undefined) this.status = details.status;
    if (details.retryAfterMs !== undefined) this.retryAfterMs = details.retryAfterMs;
  }
}

const SERVER_CODES: ReadonlySet<string> = new Set(Object.values(ErrorCode));
const RETRYABLE_SERVER_CODES: ReadonlySet<string> = new Set([ErrorCode.TooManyRequests, ErrorCode.Unavailable]);

/** An error the exchange answered with: an HTTP error body or an `err` frame. */
export function serverError(code: string, message: string, details: SupernobaErrorDetails = {}): SupernobaError {
  const known = SERVER_CODES.has(code);
  return new SupernobaError(
    known ? (code as ErrorCode) : ClientErrorCode.Unknown,
    known ? message : `${code}: ${message}`,
    { retryable: RETRYABLE_SERVER_CODES.has(code), ...details },
  );
}

/** Whatever was thrown, as the one error class of this package. */
export function asSupernobaError(thrown: unknown, code: SupernobaErrorCode, what: string): SupernobaError {
  if (thrown instanceof SupernobaError) return thrown;
  return new SupernobaError(code, `${what}: ${messageOf(thrown)}`, { cause: thrown });
}

/** What a thrown thing says. By shape: an error of another realm is no `instanceof Error` of this one. */
export function messageOf(thrown: unknown): string {
  if (typeof thrown !== 'object' || thrown === null) return String(thrown);
  const { message, code, name } = thrown as { message?: unknown; code?: unknown; name?: unknown };
  for (const text of [message, code, name]) if (typeof text === 'string' && text !== '') return text;
  return 'an error without a message';
}
