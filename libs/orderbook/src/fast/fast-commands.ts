import { Reason } from '../codes.js';
import type {
  AddCommand,
  BookCommand,
  BookConfig,
  CancelAllCommand,
  CancelCommand,
  ForceCancelAllCommand,
  ForceCancelCommand,
  ReplaceCommand,
} from '../order-book.js';
import { checkNewOrder, isId, isPlainOrder, isUserId, priceOf } from '../rules/check-order.js';
import { isConfig } from '../rules/config.js';
import { fingerprint, type Fingerprint } from '../rules/request-body.js';
import { slotsByPlace } from './fast-image.js';
import { neverRests, overflows, settle } from './fast-matching.js';
import { replace, replacePlain } from './fast-replace.js';
import type { FastState } from './fast-state.js';
import { goOnAfterHalt } from './fast-timers.js';
import { wouldTake } from './fast-trial.js';
import { applyConfig, isOutsideBand } from './price-guard.js';
import { Flag, tifBits, typeBits } from './order-flags.js';

/** Operators' requests are remembered under no user's name. */
const OPERATOR = '';

/** Applies a command whose types are right, at the book's event time. */
export function applyCommand(book: FastState, command: BookCommand): void {
  switch (command.type) {
    case 'ADD':
      return add(book, command);
    case 'CANCEL':
      return cancel(book, command);
    case 'REPLACE':
      return replaceOwn(book, command);
    case 'CANCEL_ALL':
      return cancelAll(book, command);
    case 'FORCE_CANCEL':
      return forceCancel(book, command);
    case 'FORCE_CANCEL_ALL':
      return forceCancelAll(book, command);
    case 'CONFIGURE':
      return configure(book, command.config);
    case 'HALT':
      return halt(book, 'halted');
    case 'RESUME':
      return resume(book);
    case 'DELIST':
      return halt(book, 'delisted');
    case 'RESTORE':
      throw new Error('a RESTORE is applied by the image in it');
  }
}

function halt(book: FastState, state: 'halted' | 'delisted'): void {
  if (book.state === 'delisted') return;
  book.state = state;
  book.haltedUntil = 0;
}

function resume(book: FastState): void {
  if (book.state !== 'halted') return;
  goOnAfterHalt(book);
}

function configure(book: FastState, config: BookConfig): void {
  if (isConfig(config)) applyConfig(book, config);
  else book.events.answer('REJECTED', Reason.BadOrder, '', '', undefined);
}

const body: Fingerprint = { low: 0, high: 0 };

/** What the duplicate window says about a user's request; one without a usable user is always new. */
function meetOwn(book: FastState, command: BookCommand, userId: string, requestId: string): 'new' | 'same' | 'reused' {
  return isUserId(userId) ? meet(book, command, userId, requestId) : 'new';
}

/** What the duplicate window says about a request; one without a usable id is always new. */
function meet(
  book: FastState,
  command: BookCommand,
  userId: string,
  requestId: string | undefined,
): 'new' | 'same' | 'reused' {
  if (requestId === undefined || !isId(requestId)) return 'new';
  fingerprint(command, body);
  const verdict = book.requests.meet(book.users.obtain(userId), requestId, body, book.time);
  if (verdict === 'same') book.ignoredRequests++;
  return verdict;
}

function add(book: FastState, command: AddCommand): void {
  const { orderId, userId, requestId } = command;
  const request = requestId === undefined ? 'new' : meetOwn(book, command, userId, requestId);
  if (request === 'same') return;
  const { id } = book;
  id.pack(orderId);
  if (book.ids.find(id, id.hash) >= 0 || book.used.find(id, 0) >= 0) {
    book.events.refuse('DUPLICATE', request === 'reused' ? Reason.RequestIdReused : '', command);
  } else if (request === 'reused' || !isPlainOrder(command) || !addPlain(book, command)) addAny(book, command, request);
}

/** Adds a sound order without any condition, unless there is anything to be said about it; false if there is. */
function addPlain(book: FastState, command: AddCommand): boolean {
  const { orderId, userId, isBuy, price, quantity, requestId } = command;
  const { users } = book;
  const user = users.obtain(userId);
  const limit = price!;
  if (book.state !== 'open' || book.guarded || users.openOrders(user) >= book.limits.openOrdersPerUser) return false;
  if (book.side(isBuy).overflows(limit, quantity)) return false;
  const slot = book.slab.allocate();
  book.register(slot, user, book.plainFlags | (isBuy ? Flag.BUY : 0), quantity, quantity);
  book.events.accepted(orderId, userId, isBuy, limit, quantity, requestId ?? '');
  settle(book, slot, limit);
  return true;
}

function addAny(book: FastState, command: AddCommand, request: 'new' | 'reused'): void {
  let reason: Reason | '' = request === 'reused' ? Reason.RequestIdReused : checkNewOrder(command);
  const user = reason === '' ? book.users.obtain(command.userId) : -1;
  if (reason === '') reason = refusal(book, command, user);
  if (reason !== '') {
    book.events.refuse('REJECTED', reason, command);
    return;
  }
  const price = priceOf(command.price);
  const slot = book.enter(command, user);
  book.events.status('ACCEPTED', '', slot, price, command.quantity, command.requestId ?? '');
  settle(book, slot, price);
}

/** Why the book as it stands does not take a well-formed order. */
function refusal(book: FastState, command: AddCommand, user: number): Reason | '' {
  if (book.state !== 'open') return book.state === 'delisted' ? Reason.Delisted : Reason.Halted;
  const { isBuy, price = 0, quantity, orderType, timeInForce, stopPrice } = command;
  const isStop = stopPrice !== undefined;
  const type = orderType === undefined ? Flag.LIMIT : typeBits(orderType);
  const stays = isStop || (type !== Flag.MARKET && (timeInForce === undefined || !neverRests(tifBits(timeInForce))));
  if (stays && book.users.openOrders(user) >= book.limits.openOrdersPerUser) return Reason.TooManyOrders;
  if (isStop) return '';
  if (book.guarded && isOutsideBand(book, price)) return Reason.PriceBand;
  if (!stays) return '';
  const flags = (isBuy ? Flag.BUY : 0) | (command.allOrNone === true ? Flag.ALL_OR_NONE : 0);
  if (overflows(book, flags, price, quantity)) return Reason.QuantityOverflow;
  return command.postOnly === true && wouldTake(book, isBuy, price, quantity) ? Reason.PostOnlyWouldTake : '';
}

function isBadRequest(requestId: string | undefined): boolean {
  return requestId !== undefined && !isId(requestId);
}

function cancel(book: FastState, command: CancelCommand): void {
  const { orderId, userId, requestId } = command;
  const request = requestId === undefined ? 'new' : meetOwn(book, command, userId, requestId);
  if (request === 'same') return;
  const { id } = book;
  id.pack(orderId);
  const slot = book.ids.find(id, id.hash);
  const reason = refusalOfOwner(book, command, slot, request);
  if (reason === '') book.endResting(slot, 'CANCELLED', '', requestId ?? '');
  else book.events.answer('CANCEL_REJECTED', reason, orderId, userId, requestId);
}

/** Why the owner's command about the order in `slot` (−1: there is none) is refused before it is looked at. */
function refusalOfOwner(
  book: FastState,
  { orderId, userId, requestId }: CancelCommand | ReplaceCommand,
  slot: number,
  request: 'new' | 'reused',
): Reason | '' {
  if (request === 'reused') return Reason.RequestIdReused;
  if (isBadRequest(requestId)) return Reason.BadOrder;
  // the ids of an order that is open, and of who owns it, are sound
  if (slot >= 0 && book.users.name(book.slab.user(slot)) === userId) return '';
  if (!isId(orderId) || !isUserId(userId)) return Reason.BadOrder;
  return slot < 0 ? Reason.UnknownOrder : Reason.NotOwner;
}

function replaceOwn(book: FastState, command: ReplaceCommand): void {
  const { orderId, userId, requestId } = command;
  const request = requestId === undefined ? 'new' : meetOwn(book, command, userId, requestId);
  if (request === 'same') return;
  const { id } = book;
  id.pack(orderId);
  const slot = book.ids.find(id, id.hash);
  const reason = refusalOfOwner(book, command, slot, request);
  if (reason !== '') book.events.answer('REPLACE_REJECTED', reason, orderId, userId, requestId);
  else if (!replacePlain(book, slot, command)) replace(book, slot, command);
}

function cancelAll(book: FastState, command: CancelAllCommand): void {
  const { userId, requestId } = command;
  const request = requestId === undefined ? 'new' : meetOwn(book, command, userId, requestId);
  if (request === 'same') return;
  let reason: Reason | '' = request === 'reused' ? Reason.RequestIdReused : '';
  if (reason === '' && (isBadRequest(requestId) || !isUserId(userId))) reason = Reason.BadOrder;
  if (reason !== '') {
    book.events.answer('CANCEL_REJECTED', reason, '', userId, requestId);
    return;
  }
  endUser(book, userId, requestId ?? '');
}

function forceCancel(book: FastState, command: ForceCancelCommand): void {
  const { orderId, requestId } = command;
  const request = meet(book, command, OPERATOR, requestId);
  if (request === 'same') return;
  const slot = book.findOpen(orderId);
  let reason: Reason | '' = request === 'reused' ? Reason.RequestIdReused : '';
  if (reason === '' && (isBadRequest(requestId) || !isId(orderId))) reason = Reason.BadOrder;
  if (reason === '' && slot < 0) reason = Reason.UnknownOrder;
  if (reason === '') book.endResting(slot, 'CANCELLED', '', requestId ?? '');
  else book.events.answer('CANCEL_REJECTED', reason, orderId, '', requestId);
}

function forceCancelAll(book: FastState, command: ForceCancelAllCommand): void {
  const { userId, requestId } = command;
  const request = meet(book, command, OPERATOR, requestId);
  if (request === 'same') return;
  let reason: Reason | '' = request === 'reused' ? Reason.RequestIdReused : '';
  if (reason === '' && (isBadRequest(requestId) || (userId !== undefined && !isUserId(userId)))) {
    reason = Reason.BadOrder;
  }
  if (reason !== '') book.events.answer('CANCEL_REJECTED', reason, '', userId ?? '', requestId);
  else if (userId !== undefined) endUser(book, userId, requestId ?? '');
  else for (const slot of slotsByPlace(book)) book.endResting(slot, 'CANCELLED', '', requestId ?? '');
}

function endUser(book: FastState, userId: string, requestId: string): void {
  const user = book.users.find(userId);
  if (user < 0 || book.users.openOrders(user) === 0) return;
  const own = slotsByPlace(book, user, book.users.openOrders(user));
  for (const slot of own) book.endResting(slot, 'CANCELLED', '', requestId);
}
