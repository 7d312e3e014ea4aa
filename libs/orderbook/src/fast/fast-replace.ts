import { Reason } from '../codes.js';
import type { ReplaceCommand } from '../order-book.js';
import { checkNewDisplay, checkReplacement, isPrice, isQuantity, priceOf } from '../rules/check-order.js';
import { settle } from './fast-matching.js';
import type { FastState } from './fast-state.js';
import { wouldTake } from './fast-trial.js';
import { isOutsideBand } from './price-guard.js';
import { Flag, orderTypeOf } from './order-flags.js';
import { Field, Slab } from './order-slab.js';

/** What an order would be after a change. */
interface Changed {
  price: number;
  quantity: number;
  open: number;
  stopPrice: number;
  display: number;
  keepsPlace: boolean;
}

/** Flags of orders whose change has more to it than price and quantity. */
const NOT_PLAIN = Flag.ALL_OR_NONE | Flag.POST_ONLY | Flag.ICEBERG | Flag.QUEUED | Flag.WAITING | Flag.STOP;

/**
 * Gives a resting limit order without conditions a new price or more quantity, if nothing is to be said against it; false,
 * with nothing changed, if it is another case.
 */
export function replacePlain(book: FastState, slot: number, command: ReplaceCommand): boolean {
  const { slab, levels } = book;
  const words = slab.words[slot >>> Slab.CHUNK_BITS]!;
  const doubles = slab.doubles[slot >>> Slab.CHUNK_BITS]!;
  const record = (slot & Slab.CHUNK_MASK) << 4;
  const flags = words[record + Field.FLAGS]!;
  if ((flags & NOT_PLAIN) !== 0 || book.state !== 'open' || book.guarded || !isPlainChange(command)) return false;
  const oldPrice = levels.price(words[record + Field.LEVEL]!);
  const oldQuantity = doubles[(record >> 1) + Field.QUANTITY]!;
  const { price = oldPrice, quantity = oldQuantity } = command;
  const open = quantity - (oldQuantity - doubles[(record >> 1) + Field.OPEN]!);
  if (open <= 0 || (price === oldPrice && quantity <= oldQuantity && !book.requeuesAlways)) return false;
  if (book.side((flags & Flag.BUY) !== 0).overflows(price, open)) return false;
  book.unlink(slot);
  doubles[(record >> 1) + Field.QUANTITY] = quantity;
  doubles[(record >> 1) + Field.OPEN] = open;
  book.events.status('REPLACED', '', slot, price, open, command.requestId ?? '');
  settle(book, slot, price);
  return true;
}

/** True if nothing but a sound price or quantity is asked for. */
function isPlainChange({ price, quantity, stopPrice, displayQuantity }: ReplaceCommand): boolean {
  return (
    stopPrice === undefined &&
    displayQuantity === undefined &&
    (price === undefined || isPrice(price)) &&
    (quantity === undefined || isQuantity(quantity))
  );
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
  const flags = slab.flags(slot) & ~Flag.WAITING;
  slab.setFlags(slot, display > 0 ? flags | Flag.ICEBERG : flags);
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
  const badDisplay = checkNewDisplay(changed.display, changed.quantity, (flags & Flag.ALL_OR_NONE) !== 0);
  if (badDisplay !== '' || keepsPlace || (flags & Flag.STOP) !== 0) return badDisplay;
  if (isOutsideBand(book, price)) return Reason.PriceBand;
  const level = book.sideOf(flags).find(price);
  const others = level < 0 ? 0 : levels.total(level) - (level === slab.level(slot) ? slab.open(slot) : 0);
  if (others + open > Number.MAX_SAFE_INTEGER) return Reason.QuantityOverflow;
  const isBuy = (flags & Flag.BUY) !== 0;
  return (flags & Flag.POST_ONLY) !== 0 && wouldTake(book, isBuy, price, open) ? Reason.PostOnlyWouldTake : '';
}
