/** A change that could not be written. */
export interface WriteFailure<C> {
  change: C;
  error: unknown;
}

/** Writes what a run of events comes to into one table. */
export interface ChangeWriter<C> {
  /**
   * Resolves once the table holds every change, or something later: repeats and late deliveries change nothing. Throttles
   * and lost connections are tried again, four times in all.
   *
   * @returns the changes that could not be written
   */
  write(changes: readonly C[]): Promise<WriteFailure<C>[]>;
}
