/**
 * - `DAMAGED`: too short, no snapshot at all, or bytes that do not match their checksum
 * - `UNKNOWN_VERSION`: a format or rules version that this build does not know
 * - `WRONG_SYMBOL`: a snapshot of another symbol
 * - `INCONSISTENT`: whole, but no state that the rules could have led to
 */
export type SnapshotErrorCode = 'DAMAGED' | 'UNKNOWN_VERSION' | 'WRONG_SYMBOL' | 'INCONSISTENT';

/** A snapshot that no book can be restored from. Nothing was restored. */
export class SnapshotError extends Error {
  override readonly name = 'SnapshotError';
  readonly code: SnapshotErrorCode;

  constructor(code: SnapshotErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
