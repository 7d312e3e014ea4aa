/** Why the history could not be read or written. */
export type MarketHistoryErrorCode = 'BAD_ROW' | 'NOT_TAKEN' | 'CONTENDED' | 'TRADES_MISSING' | 'BROKEN_CHAIN';

/**
 * What this package throws by itself; failures of DynamoDB and S3 come as the SDK's own errors.
 *
 * - `BAD_ROW`: a stored row or object is not what it should be.
 * - `NOT_TAKEN`: the table left items unprocessed after every try; trying later may help.
 * - `CONTENDED`: others kept writing the same object; trying later helps.
 * - `TRADES_MISSING`: trades that must exist are not in `trade_history` (yet).
 * - `BROKEN_CHAIN`: candles contradict each other.
 */
export class MarketHistoryError extends Error {
  override readonly name = 'MarketHistoryError';

  constructor(
    readonly code: MarketHistoryErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  get retryable(): boolean {
    return this.code === 'NOT_TAKEN' || this.code === 'CONTENDED' || this.code === 'TRADES_MISSING';
  }
}
