import { OrderType, SelfTradePrevention, TimeInForce } from '../codes.js';
import { ORDER_TYPES, STP_MODES, TIMES_IN_FORCE } from '../snapshot/encode.js';

/** Bits of an order's flag word. */
export const BUY = 1;
export const POST_ONLY = 1 << 1;
export const ALL_OR_NONE = 1 << 2;
/** No order: the slot is free. */
export const VACANT = 1 << 3;
/** Shows only a part of itself while it rests; its detail says how much. */
export const ICEBERG = 1 << 5;
/** A stop that waits for its price, in a level of its stop price. */
export const WAITING = 1 << 6;
/** A triggered stop that has not gone on yet. */
export const QUEUED = 1 << 7;
const TYPE_SHIFT = 8;
const TIF_SHIFT = 10;
const STP_SHIFT = 12;
/** How the id of the order is kept: see PackedId. */
export const ID_KIND_SHIFT = 15;
export const ID_KIND_MASK = 3 << ID_KIND_SHIFT;

export const TYPE_MASK = 3 << TYPE_SHIFT;
export const TIF_MASK = 3 << TIF_SHIFT;
export const STP_MASK = 7 << STP_SHIFT;

export const STP_CANCEL_TAKER = 1 << STP_SHIFT;
export const STP_CANCEL_BOTH = 3 << STP_SHIFT;
export const STP_DECREMENT = 4 << STP_SHIFT;

export const LIMIT = 0 << TYPE_SHIFT;
export const MARKET = 1 << TYPE_SHIFT;
/** Also the bit that both kinds of stop share. */
export const STOP = 2 << TYPE_SHIFT;
export const STOP_LIMIT = 3 << TYPE_SHIFT;
export const GTC = 0 << TIF_SHIFT;
export const IOC = 1 << TIF_SHIFT;
export const FOK = 2 << TIF_SHIFT;
export const DAY = 3 << TIF_SHIFT;

export function typeBits(type: OrderType | undefined): number {
  switch (type) {
    case OrderType.Market:
      return MARKET;
    case OrderType.Stop:
      return STOP;
    case OrderType.StopLimit:
      return STOP_LIMIT;
    default:
      return LIMIT;
  }
}

export function tifBits(timeInForce: TimeInForce): number {
  switch (timeInForce) {
    case TimeInForce.Ioc:
      return IOC;
    case TimeInForce.Fok:
      return FOK;
    case TimeInForce.Day:
      return DAY;
    default:
      return GTC;
  }
}

export function stpBits(mode: SelfTradePrevention): number {
  return mode === SelfTradePrevention.None ? 0 : STP_MODES.indexOf(mode) << STP_SHIFT;
}

export function orderTypeOf(flags: number): OrderType {
  return ORDER_TYPES[(flags & TYPE_MASK) >> TYPE_SHIFT]!;
}

export function timeInForceOf(flags: number): TimeInForce {
  return TIMES_IN_FORCE[(flags & TIF_MASK) >> TIF_SHIFT]!;
}

export function selfTradePreventionOf(flags: number): SelfTradePrevention {
  return STP_MODES[(flags & STP_MASK) >> STP_SHIFT]!;
}
