/** Why the engine refuses to start, or ends rather than going on wrong. */
export type EngineErrorCode =
  | 'JOURNAL_GAP'
  | 'JOURNAL_RETENTION'
  | 'RULES_UNKNOWN'
  | 'BAD_SNAPSHOT'
  | 'LEASE_LOST'
  | 'FENCED'
  | 'INVARIANT'
  | 'START_TIMEOUT'
  | 'DRAIN_TIMEOUT'
  | 'STOPPED';

export class EngineError extends Error {
  readonly retryable = false;

  constructor(
    readonly code: EngineErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'EngineError';
  }
}

/** Holds in production too: an engine that contradicts itself ends, it does not go on. */
export function invariant(holds: boolean, message: string): asserts holds {
  if (!holds) throw new EngineError('INVARIANT', message);
}
