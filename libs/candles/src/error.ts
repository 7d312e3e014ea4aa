/** Why a call was refused. */
export type CandleErrorCode =
  'BAD_INTERVAL' | 'BAD_DAY_OFFSET' | 'BAD_TIME' | 'BAD_TRADE' | 'BAD_CANDLE' | 'OUT_OF_ORDER';

/** The one error this package throws; `code` tells what to do about it. */
export class CandleError extends Error {
  override readonly name = 'CandleError';

  constructor(
    readonly code: CandleErrorCode,
    message: string,
  ) {
    super(message);
  }
}
