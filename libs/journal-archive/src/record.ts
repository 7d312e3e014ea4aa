/** One record of the orders stream, as it was consumed. */
export interface ArchivedRecord {
  /** Decimal; compared as an integer, and only within a shard. */
  sequenceNumber: string;
  /** Approximate arrival at the stream, epoch ms. */
  arrivalMs: number;
  partitionKey: string;
  data: Uint8Array;
}
