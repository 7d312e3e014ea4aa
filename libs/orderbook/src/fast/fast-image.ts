import type { BookImage, OrderImage, UsedId } from '../snapshot/book-image.js';
import type { DecodedImage } from '../snapshot/decode.js';
import type { BookSide } from './book-side.js';
import type { FastState } from './fast-state.js';
import { applyConfig } from './price-guard.js';
import { enqueue } from './fast-stops.js';
import { Flag, orderTypeOf, selfTradePreventionOf, stpBits, tifBits, timeInForceOf, typeBits } from './order-flags.js';

/** Places are sorted as one number with the slot in its low bits, as long as both fit. */
const SLOT_RANGE = 2 ** 22;

/** What of a book its image is made from. */
export type ReadableBook = Pick<
  FastState,
  | 'symbol'
  | 'limits'
  | 'config'
  | 'state'
  | 'haltedUntil'
  | 'time'
  | 'lastPrice'
  | 'ignoredRequests'
  | 'day'
  | 'dayVolume'
  | 'openOrders'
  | 'places'
  | 'slab'
  | 'details'
  | 'used'
> & {
  readonly events: Pick<FastState['events'], 'seq' | 'tradeNo' | 'statusNo'>;
  readonly reference: Pick<FastState['reference'], 'trades'>;
  readonly levels: Pick<FastState['levels'], 'price'>;
  readonly users: Pick<FastState['users'], 'name'>;
  readonly requests: Pick<FastState['requests'], 'size' | 'entries'>;
};

/** A copy of all that may change, to make an image from while the book goes on. */
export function copyOf(book: FastState): ReadableBook {
  const { symbol, limits, config, state, haltedUntil, time, lastPrice, ignoredRequests, day, dayVolume } = book;
  const { seq, tradeNo, statusNo } = book.events;
  const trades = book.reference.trades().map((trade) => ({ ...trade }));
  const users = book.users.copyNames();
  return {
    ...{ symbol, limits, config, state, haltedUntil, time, lastPrice, ignoredRequests, day, dayVolume },
    ...{ openOrders: book.openOrders, places: book.places, events: { seq, tradeNo, statusNo } },
    reference: { trades: () => trades },
    slab: book.slab.copy(),
    levels: book.levels.copyPrices(),
    details: new Map([...book.details].map(([slot, detail]) => [slot, { ...detail }])),
    users,
    used: book.used.copy(),
    requests: book.requests.copy(users),
  };
}

/** The canonical image of a book. Its lists hand out one object again and again. */
export function imageOf(book: ReadableBook): BookImage {
  const { symbol, limits, config, state, haltedUntil, time, lastPrice, day, dayVolume } = book;
  const { seq, tradeNo, statusNo } = book.events;
  const rules = { symbol, limits, config, haltedUntil, referenceTrades: book.reference.trades() };
  const counters = { state, time, seq, tradeNo, statusNo, lastPrice, ignoredRequests: book.ignoredRequests };
  return {
    ...rules,
    ...counters,
    day,
    dayVolume,
    orderCount: book.openOrders,
    orders: orderImages(book, slotsByPlace(book)),
    usedIdCount: book.used.count,
    usedIds: usedIds(book),
    requestCount: book.requests.size,
    requests: book.requests.entries(),
  };
}

/** Slots of the open orders, or those of one user, who has `most`, in the order in which they took their places. */
export function slotsByPlace(
  book: Pick<ReadableBook, 'slab' | 'places' | 'openOrders'>,
  user = -1,
  most = book.openOrders,
): Int32Array {
  const { slab } = book;
  const slots = new Int32Array(most);
  let count = 0;
  for (let slot = 0; slot < slab.slots && count < most; slot++) {
    if (slab.isOpen(slot) && (user < 0 || slab.user(slot) === user)) slots[count++] = slot;
  }
  const found = slots.subarray(0, count);
  if (slab.slots > SLOT_RANGE || book.places >= Number.MAX_SAFE_INTEGER / SLOT_RANGE) {
    return found.sort((a, b) => slab.place(a) - slab.place(b));
  }
  const keys = new Float64Array(count);
  for (let i = 0; i < count; i++) keys[i] = slab.place(found[i]!) * SLOT_RANGE + found[i]!;
  keys.sort();
  for (let i = 0; i < count; i++) found[i] = keys[i]! % SLOT_RANGE;
  return found;
}

/** Slots of a side in priority order. */
export function* slotsOf(book: FastState, side: BookSide): IterableIterator<number> {
  for (let index = 0; index < side.length; index++) {
    let slot = book.levels.head(side.at(index));
    for (; slot >= 0; slot = book.slab.next(slot)) yield slot;
  }
}

function* orderImages(book: ReadableBook, slots: Int32Array): IterableIterator<OrderImage> {
  const { slab } = book;
  for (const slot of slots) {
    const flags = slab.flags(slot);
    const open = slab.open(slot);
    const detail = book.details.get(slot);
    yield {
      orderId: slab.idText(slot),
      userId: book.users.name(slab.user(slot)),
      isBuy: (flags & Flag.BUY) !== 0,
      orderType: orderTypeOf(flags),
      timeInForce: timeInForceOf(flags),
      postOnly: (flags & Flag.POST_ONLY) !== 0,
      allOrNone: (flags & Flag.ALL_OR_NONE) !== 0,
      selfTradePrevention: selfTradePreventionOf(flags),
      price: priceOf(book, slot, flags),
      stopPrice: detail?.stopPrice ?? 0,
      quantity: slab.quantity(slot),
      open,
      displayQuantity: detail?.display ?? 0,
      shown: (flags & (Flag.ICEBERG | Flag.WAITING | Flag.QUEUED)) === Flag.ICEBERG ? (detail?.shown ?? 0) : open,
      queued: (flags & Flag.QUEUED) !== 0,
    };
  }
}

function priceOf(book: ReadableBook, slot: number, flags: number): number {
  if ((flags & (Flag.WAITING | Flag.QUEUED)) !== 0) return book.details.get(slot)?.price ?? 0;
  return book.levels.price(book.slab.level(slot));
}

function* usedIds({ used }: ReadableBook): IterableIterator<UsedId> {
  const entry: UsedId = { time: 0, orderId: '' };
  for (const number of used.numbers()) {
    entry.time = used.time(number);
    entry.orderId = used.idText(number);
    yield entry;
  }
}

/** Takes over everything of a snapshot into an empty book, without an event. */
export function restoreInto(book: FastState, image: DecodedImage): void {
  for (const used of image.usedIds) {
    book.id.pack(used.orderId);
    book.used.append(book.id, 0, used.time);
  }
  for (const order of image.orders) restoreOrder(book, order);
  for (const request of image.requests) book.requests.restore(request);
  book.state = image.state;
  book.time = image.time;
  book.lastPrice = image.lastPrice;
  book.ignoredRequests = image.ignoredRequests;
  book.day = image.day;
  book.dayVolume = image.dayVolume;
  applyConfig(book, image.config);
  book.haltedUntil = image.haltedUntil;
  book.reference.reset(image.referenceTrades);
  book.events.seq = image.seq;
  book.events.tradeNo = image.tradeNo;
  book.events.statusNo = image.statusNo;
}

/** Lets an order of a snapshot be open again, in the last place of its price, and returns its slot. Tells nobody. */
export function restoreOrder(book: FastState, order: OrderImage): number {
  const { slab } = book;
  const slot = slab.allocate();
  const { price, stopPrice, displayQuantity: display, shown } = order;
  let flags = typeBits(order.orderType) | tifBits(order.timeInForce) | stpBits(order.selfTradePrevention);
  if (order.isBuy) flags |= Flag.BUY;
  if (order.postOnly) flags |= Flag.POST_ONLY;
  if (order.allOrNone) flags |= Flag.ALL_OR_NONE;
  if (display > 0) flags |= Flag.ICEBERG;
  if (stopPrice > 0 && !order.queued) flags |= Flag.WAITING;
  if (stopPrice > 0 || display > 0) book.details.set(slot, { price, stopPrice, display, shown });
  book.id.pack(order.orderId);
  book.register(slot, book.users.obtain(order.userId), flags, order.quantity, order.open);
  if (order.queued) enqueue(book, slot);
  else book.rest(slot, stopPrice > 0 ? stopPrice : price);
  return slot;
}
