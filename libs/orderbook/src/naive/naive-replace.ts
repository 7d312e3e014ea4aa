import { Reason } from '../codes.js';
import type { ReplaceCommand } from '../order-book.js';
import { checkNewDisplay, checkReplacement, priceOf } from '../rules/check-order.js';
import { isOutsideBand, settle, wouldTake } from './naive-matching.js';
import { showSlice, waitsForStop, type NaiveOrder } from './naive-order.js';
import type { NaiveState } from './naive-state.js';

/** Changes an order for its owner, or answers why not. */
export function replace(book: NaiveState, order: NaiveOrder, command: ReplaceCommand): void {
  const filled = order.quantity - order.open;
  const price = command.price === undefined ? order.price : priceOf(command.price);
  const quantity = command.quantity ?? order.quantity;
  const stopPrice = command.stopPrice ?? order.stopPrice;
  const displayQuantity = command.displayQuantity ?? order.displayQuantity;
  const changed = { ...order, price, quantity, stopPrice, displayQuantity, open: quantity - filled };
  const samePrices = price === order.price && stopPrice === order.stopPrice;
  const keepsPlace = samePrices && displayQuantity === order.displayQuantity && quantity <= order.quantity;
  const reason = refusal(book, order, changed, command, keepsPlace);
  if (reason !== '') {
    book.events.answer('REPLACE_REJECTED', reason, command, book.time);
    return;
  }
  if (changed.open <= 0) {
    book.end(order, 'CANCELLED', Reason.ReplacedBelowFilled, command.requestId);
    return;
  }
  if (!keepsPlace) book.remove(order);
  Object.assign(order, changed);
  order.shown = Math.min(order.shown, order.open);
  if (!keepsPlace) showSlice(order);
  book.events.status('REPLACED', '', order, book.time, command.requestId);
  if (!keepsPlace) settle(book, order);
}

function refusal(
  book: NaiveState,
  order: NaiveOrder,
  changed: NaiveOrder,
  command: ReplaceCommand,
  keepsPlace: boolean,
): Reason | '' {
  if (book.state === 'delisted') return Reason.Delisted;
  if (book.state === 'halted') return Reason.Halted;
  const bad = checkReplacement(command, order.orderType);
  if (bad !== '' || changed.open <= 0) return bad;
  const badDisplay = checkNewDisplay(changed.displayQuantity, changed.quantity, order.allOrNone);
  if (badDisplay !== '' || keepsPlace || waitsForStop(order)) return badDisplay;
  if (isOutsideBand(book, changed)) return Reason.PriceBand;
  const others = book.levelTotal(changed) - (changed.price === order.price ? order.open : 0);
  if (others + changed.open > Number.MAX_SAFE_INTEGER) return Reason.QuantityOverflow;
  return order.postOnly && wouldTake(book, changed) ? Reason.PostOnlyWouldTake : '';
}
