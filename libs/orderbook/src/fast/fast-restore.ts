import { Reason } from '../codes.js';
import type { OrderImage } from '../snapshot/book-image.js';
import type { DecodedImage } from '../snapshot/decode.js';
import { restoreOrder, slotsByPlace } from './fast-image.js';
import { goOn } from './fast-matching.js';
import type { FastState } from './fast-state.js';
import { triggerStops } from './fast-stops.js';

/** Puts the open orders of a snapshot in place of those there are, and tells so. */
export function restoreOrders(book: FastState, { orders }: DecodedImage): void {
  if (book.state === 'delisted') {
    book.events.answer('REJECTED', Reason.Delisted, '', '', undefined);
    return;
  }
  const returning = new Map(orders.map((order) => [order.orderId, order]));
  const openNow = removeAll(book, returning);
  forgetIds(book, returning);
  for (const order of orders) {
    const slot = restoreOrder(book, order);
    const status = openNow.has(order.orderId) ? 'REPLACED' : 'ACCEPTED';
    book.events.status(status, Reason.Restored, slot, order.price, order.open, '');
  }
  book.restedBuy = true;
  book.restedSell = true;
  triggerStops(book);
  goOn(book);
}

/** Ends the orders that do not come back (an id may be another order's by now), lets go of the others; returns their ids. */
function removeAll(book: FastState, returning: ReadonlyMap<string, OrderImage>): Set<string> {
  const openNow = new Set<string>();
  const slots = slotsByPlace(book);
  for (const slot of slots) {
    const orderId = book.slab.idText(slot);
    const order = returning.get(orderId);
    const isSame = order?.userId === book.users.name(book.slab.user(slot)) && order.isBuy === book.isBuy(slot);
    if (isSame) openNow.add(orderId);
    else book.endResting(slot, 'CANCELLED', Reason.Restored, '');
  }
  for (const orderId of openNow) {
    const slot = book.findOpen(orderId);
    book.unlink(slot);
    book.withdraw(slot);
  }
  return openNow;
}

/** Ids that are open again are no longer those of orders that ended. */
function forgetIds(book: FastState, returning: ReadonlyMap<string, OrderImage>): void {
  const { used, id } = book;
  const kept: { orderId: string; time: number }[] = [];
  for (const number of used.numbers()) {
    const orderId = used.idText(number);
    if (!returning.has(orderId)) kept.push({ orderId, time: used.time(number) });
  }
  if (kept.length === used.count) return;
  used.clear();
  for (const { orderId, time } of kept) {
    id.pack(orderId);
    used.append(id, 0, time);
  }
}
