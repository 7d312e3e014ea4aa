import type { BatchOutput } from '../matching/output.js';

/** A place that the outcome of a batch goes to. */
export interface Destination {
  readonly name: string;
  /**
   * Hands over one batch; batches come in order and without waiting for each other. Resolves once the destination has
   * acknowledged all of it. Failures that may pass are tried again for ever, with pauses; what waits is bounded by the
   * caller, who hands over no more than so many batches ahead.
   *
   * @throws EngineError for what no retry can mend
   */
  publish(batch: BatchOutput): Promise<void>;
  /** Something waits for the acknowledgements: hands over at once what is held back to go in larger pieces. */
  flush?(): void;
}
