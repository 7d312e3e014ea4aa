import { LambdaError, LambdaErrorCode } from '../lambda-host/index.js';

/** The gateway could not start as told. */
export class GatewayError extends Error {
  constructor(
    readonly code: 'BAD_SETTINGS' | 'PORT_IN_USE' | 'LISTEN_FAILED',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'GatewayError';
  }
}

/** A Lambda's result that API Gateway could make no answer of. */
export class MalformedAnswer extends Error {
  constructor(problem: string, options?: ErrorOptions) {
    super(`malformed Lambda answer: ${problem}`, options);
    this.name = 'MalformedAnswer';
  }
}

/** An answer that the gateway itself gives instead of a Lambda. */
export interface Refusal {
  status: number;
  code: string;
  message: string;
  headers?: Readonly<Record<string, string>>;
}

export const NOT_FOUND: Refusal = { status: 404, code: 'NOT_FOUND', message: 'There is nothing at this address.' };
export const METHOD_NOT_ALLOWED: Refusal = {
  status: 404,
  code: 'METHOD_NOT_ALLOWED',
  message: 'This address does not take this method.',
};
export const BAD_ADDRESS: Refusal = { status: 400, code: 'BAD_REQUEST', message: 'The address is malformed.' };
/** A mistake of the gateway itself; the log says which. */
export const INTERNAL: Refusal = { status: 500, code: 'INTERNAL', message: 'The server failed.' };
export const CLOSING: Refusal = { status: 503, code: 'UNAVAILABLE', message: 'The server is closing.' };
export const TOO_MANY_REQUESTS: Refusal = {
  status: 429,
  code: 'TOO_MANY_REQUESTS',
  message: 'Too many requests.',
  headers: { 'retry-after': '1' },
};
export const UPGRADE_REQUIRED: Refusal = {
  status: 426,
  code: 'BAD_REQUEST',
  message: 'This address takes WebSocket connections only.',
  headers: { upgrade: 'websocket' },
};

export function tooLarge(maxBytes: number): Refusal {
  return { status: 413, code: 'TOO_LARGE', message: `The body is larger than ${maxBytes} bytes.` };
}

const BAD_GATEWAY: Refusal = { status: 502, code: 'BAD_GATEWAY', message: 'The function failed.' };
const UNAVAILABLE: Refusal = {
  status: 503,
  code: 'UNAVAILABLE',
  message: 'The function is not available.',
  headers: { 'retry-after': '1' },
};

const REFUSAL_OF_LAMBDA: Readonly<Record<LambdaErrorCode, Refusal>> = {
  [LambdaErrorCode.FunctionError]: BAD_GATEWAY,
  [LambdaErrorCode.Crashed]: BAD_GATEWAY,
  [LambdaErrorCode.Timeout]: { status: 504, code: 'GATEWAY_TIMEOUT', message: 'The function took too long.' },
  [LambdaErrorCode.TooManyRequests]: TOO_MANY_REQUESTS,
  [LambdaErrorCode.Unavailable]: UNAVAILABLE,
  [LambdaErrorCode.TooLarge]: {
    status: 413,
    code: 'TOO_LARGE',
    message: 'The request is larger than a function takes.',
  },
  [LambdaErrorCode.Closed]: UNAVAILABLE,
};

/** What the caller of a failed Lambda is told: nothing of its insides. */
export function refusalOf(error: unknown): Refusal {
  return error instanceof LambdaError ? REFUSAL_OF_LAMBDA[error.code] : BAD_GATEWAY;
}

export function refusalBody({ code, message }: Refusal): string {
  return JSON.stringify({ error: { code, message } });
}
