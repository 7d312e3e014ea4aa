export type ArchiveErrorCode =
  /** Records are missing between two segments. */
  | 'ARCHIVE_HOLE'
  /** An object is no segment of that shard, or not a whole one. */
  | 'BAD_SEGMENT';

export class ArchiveError extends Error {
  readonly retryable = false;

  constructor(
    readonly code: ArchiveErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'ArchiveError';
  }
}
