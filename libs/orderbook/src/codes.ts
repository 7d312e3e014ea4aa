export const OrderType = { Limit: 'LIMIT', Market: 'MARKET', Stop: 'STOP', StopLimit: 'STOP_LIMIT' } as const;
export type OrderType = (typeof OrderType)[keyof typeof OrderType];

export const TimeInForce = { Gtc: 'GTC', Ioc: 'IOC', Fok: 'FOK', Day: 'DAY' } as const;
export type TimeInForce = (typeof TimeInForce)[keyof typeof TimeInForce];

export const SelfTradePrevention = {
  None: 'NONE',
  CancelTaker: 'CANCEL_TAKER',
  CancelMaker: 'CANCEL_MAKER',
  CancelBoth: 'CANCEL_BOTH',
  Decrement: 'DECREMENT',
} as const;
export type SelfTradePrevention = (typeof SelfTradePrevention)[keyof typeof SelfTradePrevention];

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
