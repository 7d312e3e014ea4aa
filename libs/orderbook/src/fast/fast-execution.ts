import type { FastState } from './fast-state.js';
import { triggerStops } from './fast-stops.js';
import { broken } from './invariants.js';
import { Flag } from './order-flags.js';
import { Field, Slab } from './order-slab.js';

/** One execution at the maker's price. The taker's open quantity is already what it will be. */
export function execute(book: FastState, maker: number, taker: number, quantity: number): void {
  const { slab, levels, events } = book;
  const words = slab.words[maker >>> Slab.CHUNK_BITS]!;
  const doubles = slab.doubles[maker >>> Slab.CHUNK_BITS]!;
  const record = (maker & Slab.CHUNK_MASK) << 4;
  const flags = words[record + Field.FLAGS]!;
  const level = words[record + Field.LEVEL]!;
  const price = levels.price(level);
  const open = doubles[(record >> 1) + Field.OPEN]! - quantity;
  if (!(quantity > 0) || open < 0) broken(book, 'an execution of more than the maker has');
  doubles[(record >> 1) + Field.OPEN] = open;
  if ((flags & Flag.ICEBERG) !== 0) book.detail(maker).shown -= quantity;
  levels.addShown(level, -quantity);
  book.sideOf(flags).touch(level);
  book.executions++;
  book.isLifting = false;
  book.lastPrice = price;
  if (book.guarded) book.reference.record(book.time, price);
  book.countVolume(quantity);
  events.fill(maker, taker, price, quantity);
  if (open === 0) {
    book.unlink(maker);
    book.endTaker(maker, 'FILLED', '', price, '');
  } else {
    events.status('PARTIALLY_FILLED', '', maker, price, open, '');
    if ((flags & Flag.ICEBERG) !== 0 && book.detail(maker).shown === 0) showNextSlice(book, maker, price);
  }
  if (book.buyStops.length > 0 || book.sellStops.length > 0) triggerStops(book);
}

function showNextSlice(book: FastState, maker: number, price: number): void {
  book.unlink(maker);
  book.showSlice(maker);
  book.rest(maker, price);
}
