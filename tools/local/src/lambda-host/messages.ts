/** An error as Lambda reports it to the caller of a function. */
export interface ErrorPayload {
  errorType: string;
  errorMessage: string;
  trace?: string[];
}

/** Host → runner: one invocation. The event travels as JSON text, so the handler sees what JSON keeps and nothing more. */
export interface InvokeMessage {
  id: number;
  requestId: string;
  event: string;
  /** When the invocation times out, epoch ms. */
  deadline: number;
}

/** Runner → host. */
export type RunnerMessage =
  | { kind: 'ready' }
  | { kind: 'init-error'; error: ErrorPayload }
  | { kind: 'result'; id: number; result: string }
  | { kind: 'error'; id: number; error: ErrorPayload };

/** Lambda's bound on an event and on a result, in bytes of JSON. */
export const MAX_PAYLOAD_BYTES = 6_291_556;

export function describeError(error: unknown): ErrorPayload {
  if (error instanceof Error) {
    const trace = (error.stack ?? '').split('\n');
    return { errorType: error.name, errorMessage: error.message, trace };
  }
  return { errorType: typeof error, errorMessage: String(error), trace: [] };
}
