import { OrderType, Reason, SelfTradePrevention, TimeInForce } from '../codes.js';
import type { AddCommand, ReplaceCommand } from '../order-book.js';
import { MAX_ID_LENGTH, MAX_PRICE, MAX_QUANTITY, MAX_USER_ID_LENGTH } from './limits.js';

/** Hidden parts are at most this many times the shown part. */
const MAX_SLICES = 100;

export function isId(text: string): boolean {
  return text.length > 0 && text.length <= MAX_ID_LENGTH;
}

export function isUserId(text: string): boolean {
  return text.length > 0 && text.length <= MAX_USER_ID_LENGTH;
}

export function isPrice(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= MAX_PRICE;
}

export function isQuantity(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= MAX_QUANTITY;
}

export function isSelfTradePrevention(value: string): value is SelfTradePrevention {
  switch (value) {
    case SelfTradePrevention.None:
    case SelfTradePrevention.CancelTaker:
    case SelfTradePrevention.CancelMaker:
    case SelfTradePrevention.CancelBoth:
    case SelfTradePrevention.Decrement:
      return true;
    default:
      return false;
  }
}

/** True for a sound limit order that asks for nothing else, as most are. */
export function isPlainOrder(command: AddCommand): boolean {
  const { orderId, userId, orderType, timeInForce, price, quantity, requestId } = command;
  return (
    (orderType === undefined || orderType === OrderType.Limit) &&
    (timeInForce === undefined || timeInForce === TimeInForce.Gtc) &&
    command.postOnly !== true &&
    command.allOrNone !== true &&
    command.stopPrice === undefined &&
    command.displayQuantity === undefined &&
    command.selfTradePrevention === undefined &&
    isId(orderId) &&
    isUserId(userId) &&
    (requestId === undefined || isId(requestId)) &&
    price !== undefined &&
    isPrice(price) &&
    isQuantity(quantity)
  );
}

/** What is wrong with a new order by itself, whatever the book looks like; '' if nothing. */
export function checkNewOrder(command: AddCommand): Reason | '' {
  const { requestId, selfTradePrevention } = command;
  if (!isId(command.orderId) || !isUserId(command.userId)) return Reason.BadOrder;
  if (requestId !== undefined && !isId(requestId)) return Reason.BadOrder;
  if (selfTradePrevention !== undefined && !isSelfTradePrevention(selfTradePrevention)) return Reason.BadOrder;
  const combination = checkCombination(command);
  if (combination !== '') return combination;
  return checkNumbers(command);
}

function checkCombination(command: AddCommand): Reason | '' {
  const { timeInForce } = command;
  const hasStop = command.stopPrice !== undefined;
  const atOnce = timeInForce === TimeInForce.Ioc || timeInForce === TimeInForce.Fok;
  if (timeInForce !== undefined && !atOnce && timeInForce !== TimeInForce.Gtc && timeInForce !== TimeInForce.Day) {
    return Reason.BadOrder;
  }
  switch (command.orderType) {
    case undefined:
    case OrderType.Limit:
      if (hasStop) return Reason.BadCombination;
      break;
    case OrderType.StopLimit:
      if (!hasStop) return Reason.BadCombination;
      break;
    case OrderType.Market:
      if (hasStop || command.postOnly === true) return Reason.BadCombination;
      if (timeInForce === TimeInForce.Gtc || timeInForce === TimeInForce.Day) return Reason.BadCombination;
      break;
    case OrderType.Stop:
      if (!hasStop || command.postOnly === true || atOnce) return Reason.BadCombination;
      break;
    default:
      return Reason.BadOrder;
  }
  if (command.postOnly === true && (atOnce || command.allOrNone === true)) return Reason.BadCombination;
  if (command.allOrNone === true && command.displayQuantity !== undefined) return Reason.BadCombination;
  return '';
}

function checkNumbers(command: AddCommand): Reason | '' {
  const { orderType, price, stopPrice } = command;
  if (orderType === OrderType.Market || orderType === OrderType.Stop) {
    if (price !== undefined && price !== 0) return Reason.BadPrice;
  } else if (price === undefined || !isPrice(price)) {
    return Reason.BadPrice;
  }
  if (stopPrice !== undefined && !isPrice(stopPrice)) return Reason.BadPrice;
  if (!isQuantity(command.quantity)) return Reason.BadQuantity;
  return command.displayQuantity === undefined ? '' : checkDisplay(command.displayQuantity, command.quantity);
}

/** An iceberg shows at most its quantity and at least a hundredth of it. */
function checkDisplay(display: number, quantity: number): Reason | '' {
  if (!isQuantity(display) || display > quantity) return Reason.BadQuantity;
  return display < Math.ceil(quantity / MAX_SLICES) ? Reason.IcebergTooFine : '';
}

/** A price as the book keeps it: 0 where there is none, and never -0, which is another number to some readers. */
export function priceOf(value: number | undefined): number {
  return value || 0;
}

/** A number of a rejected order as an event can carry it: 0 for what is no count. */
export function countOrZero(value: number | undefined): number {
  return value !== undefined && Number.isSafeInteger(value) && value > 0 ? value : 0;
}

/** The order type of a rejected order as an event can carry it: LIMIT for an unknown one. */
export function typeOrLimit(value: OrderType | undefined): OrderType {
  switch (value) {
    case OrderType.Market:
    case OrderType.Stop:
    case OrderType.StopLimit:
      return value;
    default:
      return OrderType.Limit;
  }
}

/** What is wrong with the numbers of a change by themselves, for an order of `orderType`; '' if nothing. */
export function checkReplacement(command: ReplaceCommand, orderType: OrderType): Reason | '' {
  const { price, quantity, stopPrice, displayQuantity } = command;
  const waits = orderType === OrderType.Stop || orderType === OrderType.StopLimit;
  if (stopPrice !== undefined && !waits) return Reason.BadCombination;
  if (orderType === OrderType.Stop) {
    if (price !== undefined && price !== 0) return Reason.BadPrice;
  } else if (price !== undefined && !isPrice(price)) {
    return Reason.BadPrice;
  }
  if (stopPrice !== undefined && !isPrice(stopPrice)) return Reason.BadPrice;
  if (quantity !== undefined && !isQuantity(quantity)) return Reason.BadQuantity;
  return displayQuantity !== undefined && !isQuantity(displayQuantity) ? Reason.BadQuantity : '';
}

/** What is wrong with the display quantity (0 = none) that an order would have after a change; '' if nothing. */
export function checkNewDisplay(display: number, quantity: number, allOrNone: boolean): Reason | '' {
  if (display === 0) return '';
  return allOrNone ? Reason.BadCombination : checkDisplay(display, quantity);
}
