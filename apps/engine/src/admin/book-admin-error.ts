/** What an operator is told, in place of an answer. */
export type BookAdminErrorCode =
  'BAD_REQUEST' | 'UNKNOWN_SYMBOL' | 'SNAPSHOT_NOT_FOUND' | 'BAD_SNAPSHOT' | 'UNAUTHORIZED' | 'UNAVAILABLE';

export class BookAdminError extends Error {
  constructor(
    readonly code: BookAdminErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'BookAdminError';
  }

  get retryable(): boolean {
    return this.code === 'UNAVAILABLE';
  }
}
