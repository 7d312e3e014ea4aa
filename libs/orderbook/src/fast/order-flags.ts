import { OrderType, SelfTradePrevention, TimeInForce } from '../codes.js';
import { ORDER_TYPES, STP_MODES, TIMES_IN_FORCE } from '../snapshot/encode.js';

/** Bits of an order's flag word. */
export const enum Flag {
  BUY = 1,
  POST_ONLY = 1 << 1,
  ALL_OR_NONE = 1 << 2,
  /** No order: the slot is free. */
  VACANT = 1 << 3,
  /** Shows only a part of itself while it rests; its detail says how much. */
  ICEBERG = 1 << 5,
  /** A stop that waits for its price, in a level of its stop price. */
  WAITING = 1 << 6,
  /** A triggered stop that has not gone on yet. */
  QUEUED = 1 << 7,

  TYPE_SHIFT = 8,
  TYPE_MASK = 3 << 8,
  LIMIT = 0,
  MARKET = 1 << 8,
  /** Also the bit that both kinds of stop share. */
  STOP = 2 << 8,
  STOP_LIMIT = 3 << 8,

  TIF_SHIFT = 10,
  TIF_MASK = 3 << 10,
  // eslint-disable-next-line @typescript-eslint/no-duplicate-enum-values -- each is what no bit of its kind says
  GTC = 0,
  IOC = 1 << 10,
  FOK = 2 << 10,
  DAY = 3 << 10,

  STP_SHIFT = 12,
  STP_MASK = 7 << 12,
  STP_CANCEL_TAKER = 1 << 12,
  STP_CANCEL_BOTH = 3 << 12,
  STP_DECREMENT = 4 << 12,

  /** How the id of the order is kept: an IdKind. */
  ID_KIND_SHIFT = 15,
  ID_KIND_MASK = 3 << 15,
}

export function typeBits(type: OrderType | undefined): number {
  switch (type) {
    case OrderType.Market:
      return Flag.MARKET;
    case OrderType.Stop:
      return Flag.STOP;
    case OrderType.StopLimit:
      return Flag.STOP_LIMIT;
    default:
      return Flag.LIMIT;
  }
}

export function tifBits(timeInForce: TimeInForce): number {
  switch (timeInForce) {
    case TimeInForce.Ioc:
      return Flag.IOC;
    case TimeInForce.Fok:
      return Flag.FOK;
    case TimeInForce.Day:
      return Flag.DAY;
    default:
      return Flag.GTC;
  }
}

export function stpBits(mode: SelfTradePrevention): number {
  return mode === SelfTradePrevention.None ? 0 : STP_MODES.indexOf(mode) << Flag.STP_SHIFT;
}

export function orderTypeOf(flags: number): OrderType {
  return ORDER_TYPES[(flags & Flag.TYPE_MASK) >> Flag.TYPE_SHIFT]!;
}

export function timeInForceOf(flags: number): TimeInForce {
  return TIMES_IN_FORCE[(flags & Flag.TIF_MASK) >> Flag.TIF_SHIFT]!;
}

export function selfTradePreventionOf(flags: number): SelfTradePrevention {
  return STP_MODES[(flags & Flag.STP_MASK) >> Flag.STP_SHIFT]!;
}
