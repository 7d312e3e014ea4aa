import { OrderType, TimeInForce, type NewOrder } from '@supernoba/protocol';
import { integer, typedInteger } from './format.js';

/** What stands in the order form. */
export interface OrderEntry {
  side: 'BUY' | 'SELL';
  type: OrderType;
  tif: TimeInForce;
  price: string;
  stopPrice: string;
  quantity: string;
  /** Empty shows all of the order. */
  displayQuantity: string;
  postOnly: boolean;
  allOrNone: boolean;
}

/** How long an order of each type may work; the first is the usual. */
export const TIFS: Readonly<Record<OrderType, readonly TimeInForce[]>> = {
  LIMIT: [TimeInForce.Gtc, TimeInForce.Day, TimeInForce.Ioc, TimeInForce.Fok],
  MARKET: [TimeInForce.Ioc, TimeInForce.Fok],
  STOP: [TimeInForce.Gtc, TimeInForce.Day],
  STOP_LIMIT: [TimeInForce.Gtc, TimeInForce.Day, TimeInForce.Ioc, TimeInForce.Fok],
};

export const hasPrice = (type: OrderType): boolean => type === OrderType.Limit || type === OrderType.StopLimit;

export const hasStopPrice = (type: OrderType): boolean => type === OrderType.Stop || type === OrderType.StopLimit;

/** Only what can rest can be kept from taking. */
export const canPost = (type: OrderType, tif: TimeInForce): boolean =>
  hasPrice(type) && tif !== TimeInForce.Ioc && tif !== TimeInForce.Fok;

/** The order that the form asks for: fields that its type does not have stay out, what was typed goes on as it is. */
export function orderOf(entry: OrderEntry): Omit<NewOrder, 'symbol'> {
  const { type, tif } = entry;
  const order: Omit<NewOrder, 'symbol'> = {
    side: entry.side,
    order_type: type,
    tif,
    quantity: typedInteger(entry.quantity),
  };
  if (hasPrice(type)) order.price = typedInteger(entry.price);
  if (hasStopPrice(type)) order.stop_price = typedInteger(entry.stopPrice);
  if (entry.displayQuantity.trim() !== '') order.display_quantity = typedInteger(entry.displayQuantity);
  if (entry.postOnly && canPost(type, tif)) order.post_only = true;
  if (entry.allOrNone) order.all_or_none = true;
  return order;
}

/** The order in a few words: `10 TEST at 150`, `10 TEST at market from 155`; the symbol alone while numbers are missing. */
export function orderText(entry: OrderEntry, symbol: string): string {
  const { quantity, price, stop_price: stop } = orderOf(entry);
  if ([quantity, price, stop].some(Number.isNaN)) return symbol;
  const at = price === undefined ? 'at market' : `at ${integer(price)}`;
  return `${integer(quantity)} ${symbol} ${at}${stop === undefined ? '' : ` from ${integer(stop)}`}`;
}
