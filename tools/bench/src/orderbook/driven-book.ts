import type { Outcome } from './outcome.js';

/**
 * An order book under measurement. Commands are made in batches before they run and answers are read after, so that the
 * time of `run` is the book's own.
 */
export interface DrivenBook {
  /** Makes the commands of the records `from` to `to` (exclusive), at most `BATCH`. */
  prepare(from: number, to: number): void;
  /** Runs them. */
  run(): void;
  /** Runs them, and leaves the nanoseconds of the n-th, the timer's included, in `into[at + n]`. */
  runTimed(into: Float64Array, at: number): void;
  /** Takes in what they answered. */
  settle(): void;
  /** After the last command. */
  outcome(): Outcome;
}

/** Commands made at a time: few enough to be in the cache when they run, as a message that has just been parsed. */
export const BATCH = 1_000;
