import { Reason } from '../codes.js';
import type { ReplaceCommand } from '../order-book.js';
import { checkNewDisplay, checkReplacement, priceOf } from '../rules/check-order.js';
import { settle } from './fast-matching.js';
import type { FastState } from './fast-state.js';
import { wouldTake } from './fast-trial.js';
import { isOutsideBand } from './price-guard.js';
import { ALL_OR_NONE, BUY, ICEBERG, POST_ONLY, STOP, WAITING, orderTypeOf } from './order-flags.js';

/** What an order would be after a change. */
interface Changed {
  price: number;
  quantity: number;
  open: number;
  stopPrice: number;
  display: number;
  keepsPlace: boolean;
}

/** Changes an order for its owner, or answers why not. */
export function replace(book: FastState, slot: number, command: ReplaceCommand): void {
  const { slab, events } = book;
  const { orderId, userId, requestId } = command;
  const changed = changedOrder(book, slot, command);
  const reason = refusal(book, slot, command, changed);
  const { price, open } = changed;
  if (reason !== '') {
    events.answer('REPLACE_REJECTED', reason, orderId, userId, requestId);
  } else if (open <= 0) {
    book.endResting(slot, 'CANCELLED', Reason.ReplacedBelowFilled, requestId ?? '');
  } else if (changed.keepsPlace) {
    slab.setQuantity(slot, changed.quantity);
    book.reduce(slot, open);
    events.status('REPLACED', '', slot, price, open, requestId ?? '');
  } else {
    book.unlink(slot);
    change(book, slot, changed);
    events.status('REPLACED', '', slot, price, open, requestId ?? '');
    settle(book, slot, price);
  }
}

function changedOrder(book: FastState, slot: number, command: ReplaceCommand): Changed {
  const { slab } = book;
  const oldPrice = book.price(slot);
  const oldQuantity = slab.quantity(slot);
  const detail = book.details.get(slot);
  const oldStop = detail?.stopPrice ?? 0;
  const oldDisplay = detail?.display ?? 0;
  const { quantity = oldQuantity, stopPrice = oldStop, displayQuantity: display = oldDisplay } = command;
  const price = command.price === undefined ? oldPrice : priceOf(command.price);
  const open = quantity - (oldQuantity - slab.open(slot));
  const samePrices = price === oldPrice && stopPrice === oldStop;
  const keepsPlace = samePrices && display === oldDisplay && quantity <= oldQuantity && !book.requeuesAlways;
  return { price, quantity, open, stopPrice, display, keepsPlace };
}

function change(book: FastState, slot: number, { price, quantity, open, stopPrice, display }: Changed): void {
  const { slab } = book;
  slab.setQuantity(slot, quantity);
  slab.setOpen(slot, open);
  const flags = slab.flags(slot) & ~WAITING;
  slab.setFlags(slot, display > 0 ? flags | ICEBERG : flags);
  if (display > 0 || stopPrice > 0) book.details.set(slot, { price, stopPrice, display, shown: 0 });
}

function refusal(book: FastState, slot: number, command: ReplaceCommand, changed: Changed): Reason | '' {
  const { slab, levels } = book;
  if (book.state === 'delisted') return Reason.Delisted;
  if (book.state === 'halted') return Reason.Halted;
  const flags = slab.flags(slot);
  const { price, open, keepsPlace } = changed;
  const bad = checkReplacement(command, orderTypeOf(flags));
  if (bad !== '' || open <= 0) return bad;
  const badDisplay = checkNewDisplay(changed.display, changed.quantity, (flags & ALL_OR_NONE) !== 0);
  if (badDisplay !== '' || keepsPlace || (flags & STOP) !== 0) return badDisplay;
  if (isOutsideBand(book, price)) return Reason.PriceBand;
  const level = book.sideOf(flags).find(price);
  const others = level < 0 ? 0 : levels.total(level) - (level === slab.level(slot) ? slab.open(slot) : 0);
  if (others + open > Number.MAX_SAFE_INTEGER) return Reason.QuantityOverflow;
  const isBuy = (flags & BUY) !== 0;
  return (flags & POST_ONLY) !== 0 && wouldTake(book, isBuy, price, open) ? Reason.PostOnlyWouldTake : '';
}
