/** The order actions a client may send (contract: orders stream). */
export const OrderAction = { Add: 'ADD', Cancel: 'CANCEL', Replace: 'REPLACE', CancelAll: 'CANCEL_ALL' } as const;
export type OrderAction = (typeof OrderAction)[keyof typeof OrderAction];

export const OrderType = { Limit: 'LIMIT', Market: 'MARKET', Stop: 'STOP', StopLimit: 'STOP_LIMIT' } as const;
export type OrderType = (typeof OrderType)[keyof typeof OrderType];

/** How long an order works: until cancelled, at once or never, whole or never, until the day boundary. */
export const TimeInForce = { Gtc: 'GTC', Ioc: 'IOC', Fok: 'FOK', Day: 'DAY' } as const;
export type TimeInForce = (typeof TimeInForce)[keyof typeof TimeInForce];

/** What happens when a user's order would trade with an order of the same user. The taker's flag counts. */
export const SelfTradePrevention = {
  None: 'NONE',
  CancelTaker: 'CANCEL_TAKER',
  CancelMaker: 'CANCEL_MAKER',
  CancelBoth: 'CANCEL_BOTH',
  Decrement: 'DECREMENT',
} as const;
export type SelfTradePrevention = (typeof SelfTradePrevention)[keyof typeof SelfTradePrevention];

/** `DUPLICATE`, `REPLACE_REJECTED` and `CANCEL_REJECTED` answer a request; the order they name keeps its own state. */
export const OrderStatus = {
  Accepted: 'ACCEPTED',
  Rejected: 'REJECTED',
  Duplicate: 'DUPLICATE',
  Triggered: 'TRIGGERED',
  PartiallyFilled: 'PARTIALLY_FILLED',
  Filled: 'FILLED',
  Replaced: 'REPLACED',
  ReplaceRejected: 'REPLACE_REJECTED',
  Cancelled: 'CANCELLED',
  CancelRejected: 'CANCEL_REJECTED',
  Expired: 'EXPIRED',
} as const;
export type OrderStatus = (typeof OrderStatus)[keyof typeof OrderStatus];

/** Why an order or a request ended as it did: the `reason` of a status event. */
export const Reason = {
  BadCombination: 'BAD_COMBINATION',
  BadOrder: 'BAD_ORDER',
  BadPrice: 'BAD_PRICE',
  BadQuantity: 'BAD_QUANTITY',
  Delisted: 'DELISTED',
  ExecutionLimit: 'EXECUTION_LIMIT',
  Fok: 'FOK',
  Halted: 'HALTED',
  IcebergTooFine: 'ICEBERG_TOO_FINE',
  Ioc: 'IOC',
  NoLiquidity: 'NO_LIQUIDITY',
  NotAvailable: 'NOT_AVAILABLE',
  NotOwner: 'NOT_OWNER',
  PostOnlyWouldTake: 'POST_ONLY_WOULD_TAKE',
  PriceBand: 'PRICE_BAND',
  QuantityOverflow: 'QUANTITY_OVERFLOW',
  ReplacedBelowFilled: 'REPLACED_BELOW_FILLED',
  RequestIdReused: 'REQUEST_ID_REUSED',
  Restored: 'RESTORED',
  Stp: 'STP',
  TooManyOrders: 'TOO_MANY_ORDERS',
  UnknownOrder: 'UNKNOWN_ORDER',
  VolumeLimit: 'VOLUME_LIMIT',
} as const;
export type Reason = (typeof Reason)[keyof typeof Reason];

/** The `code` of an HTTP error body or of a WebSocket `err` answer. */
export const ErrorCode = {
  BadJson: 'BAD_JSON',
  BadRequest: 'BAD_REQUEST',
  BadSymbol: 'BAD_SYMBOL',
  BadOrderId: 'BAD_ORDER_ID',
  BadRequestId: 'BAD_REQUEST_ID',
  BadPrice: 'BAD_PRICE',
  BadQuantity: 'BAD_QUANTITY',
  BadInterval: 'BAD_INTERVAL',
  BadCombination: 'BAD_COMBINATION',
  UnknownField: 'UNKNOWN_FIELD',
  UnknownSymbol: 'UNKNOWN_SYMBOL',
  UnknownAction: 'UNKNOWN_ACTION',
  SymbolMismatch: 'SYMBOL_MISMATCH',
  SymbolHalted: 'SYMBOL_HALTED',
  SymbolExists: 'SYMBOL_EXISTS',
  Unauthorized: 'UNAUTHORIZED',
  TokenExpired: 'TOKEN_EXPIRED',
  Forbidden: 'FORBIDDEN',
  NotFound: 'NOT_FOUND',
  MethodNotAllowed: 'METHOD_NOT_ALLOWED',
  TooLarge: 'TOO_LARGE',
  TooManyRequests: 'TOO_MANY_REQUESTS',
  Unavailable: 'UNAVAILABLE',
  NotAvailable: 'NOT_AVAILABLE',
} as const;
export type ErrorCode = (typeof ErrorCode)[keyof typeof ErrorCode];

/** Why a record of the orders stream was set aside instead of matched. */
export const DeadLetterReason = {
  NotJson: 'NOT_JSON',
  Malformed: 'MALFORMED',
  OutOfRange: 'OUT_OF_RANGE',
  TooLarge: 'TOO_LARGE',
  WrongKey: 'WRONG_KEY',
  MixedSymbols: 'MIXED_SYMBOLS',
} as const;
export type DeadLetterReason = (typeof DeadLetterReason)[keyof typeof DeadLetterReason];

/** What a symbol accepts: everything, cancels only until it is resumed, cancels only for ever. */
export const SymbolState = { Open: 'open', Halted: 'halted', Delisted: 'delisted' } as const;
export type SymbolState = (typeof SymbolState)[keyof typeof SymbolState];
