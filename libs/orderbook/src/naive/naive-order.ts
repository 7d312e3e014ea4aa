import { OrderType, type SelfTradePrevention, TimeInForce } from '../codes.js';
import type { AddCommand, RestingOrder } from '../order-book.js';
import { priceOf } from '../rules/check-order.js';
import type { OrderImage } from '../snapshot/book-image.js';

/** An order of the naive book. `place` grows with every order that takes a place: the smaller one came first. */
export interface NaiveOrder extends OrderImage {
  place: number;
}

export function newNaiveOrder(command: AddCommand, defaultStp: SelfTradePrevention): NaiveOrder {
  const orderType = command.orderType ?? OrderType.Limit;
  const timeInForce = orderType === OrderType.Market ? TimeInForce.Ioc : TimeInForce.Gtc;
  return {
    orderId: command.orderId,
    userId: command.userId,
    isBuy: command.isBuy,
    orderType,
    timeInForce: command.timeInForce ?? timeInForce,
    postOnly: command.postOnly ?? false,
    allOrNone: command.allOrNone ?? false,
    selfTradePrevention: command.selfTradePrevention ?? defaultStp,
    price: priceOf(command.price),
    stopPrice: command.stopPrice ?? 0,
    quantity: command.quantity,
    open: command.quantity,
    displayQuantity: command.displayQuantity ?? 0,
    shown: command.quantity,
    queued: false,
    place: 0,
  };
}

/** Price, then time; stops by the price that triggers them: buys from the lowest, sells from the highest. */
export function isBefore(a: NaiveOrder, b: NaiveOrder): boolean {
  if (a.stopPrice !== b.stopPrice) return a.isBuy ? a.stopPrice < b.stopPrice : a.stopPrice > b.stopPrice;
  if (a.stopPrice === 0 && a.price !== b.price) return a.isBuy ? a.price > b.price : a.price < b.price;
  return a.place < b.place;
}

/** True if the taker accepts the maker's price. */
export function crosses(taker: NaiveOrder, maker: NaiveOrder): boolean {
  if (taker.orderType === OrderType.Market) return true;
  return taker.isBuy ? maker.price <= taker.price : maker.price >= taker.price;
}

/** True if the taker trades with the maker or is kept from it: an all-or-none order too large for it is passed over. */
export function meets(taker: NaiveOrder, maker: NaiveOrder): boolean {
  return crosses(taker, maker) && (!maker.allOrNone || maker.open <= taker.open);
}

export function waitsForStop(order: NaiveOrder): boolean {
  return order.orderType === OrderType.Stop || order.orderType === OrderType.StopLimit;
}

/** True for an order of which no quantity may stay behind. */
export function neverRests(order: NaiveOrder): boolean {
  const { orderType, timeInForce } = order;
  return orderType === OrderType.Market || timeInForce === TimeInForce.Ioc || timeInForce === TimeInForce.Fok;
}

/** Shows as much as the order wants to show of what is open. */
export function showSlice(order: NaiveOrder): void {
  order.shown = order.displayQuantity === 0 ? order.open : Math.min(order.displayQuantity, order.open);
}

export function restingOrder(order: NaiveOrder): RestingOrder {
  const { orderId, userId, isBuy, orderType, timeInForce, postOnly, allOrNone, price, stopPrice, quantity, open } =
    order;
  const filled = quantity - open;
  const kind = { orderType, timeInForce, postOnly, allOrNone };
  return {
    orderId,
    userId,
    isBuy,
    ...kind,
    price,
    stopPrice,
    quantity,
    filled,
    open,
    displayQuantity: order.displayQuantity,
  };
}
