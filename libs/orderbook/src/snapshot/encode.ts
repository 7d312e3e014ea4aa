import { OrderType, SelfTradePrevention, TimeInForce } from '../codes.js';
import type { BookState } from '../order-book.js';
import { RULES_VERSION } from '../rules/limits.js';
import type { BookImage, OrderImage } from './book-image.js';
import { ByteWriter } from './byte-writer.js';
import { Hash64, hex64 } from './hash.js';

/** 'SNOB', little-endian. */
export const MAGIC = 0x424f4e53;
export const FORMAT_VERSION = 1;

/** Codes by the number that stands for them in a snapshot: append only. */
export const ORDER_TYPES: readonly OrderType[] = [
  OrderType.Limit,
  OrderType.Market,
  OrderType.Stop,
  OrderType.StopLimit,
];
export const TIMES_IN_FORCE: readonly TimeInForce[] = [
  TimeInForce.Gtc,
  TimeInForce.Ioc,
  TimeInForce.Fok,
  TimeInForce.Day,
];
export const STP_MODES: readonly SelfTradePrevention[] = [
  SelfTradePrevention.None,
  SelfTradePrevention.CancelTaker,
  SelfTradePrevention.CancelMaker,
  SelfTradePrevention.CancelBoth,
  SelfTradePrevention.Decrement,
];
export const BOOK_STATES: readonly BookState[] = ['open', 'halted', 'delisted'];

/** Bits of the first count of an order. */
export const OrderBits = {
  buy: 1,
  postOnly: 2,
  allOrNone: 4,
  stop: 8,
  display: 16,
  queued: 32,
  type: 6,
  tif: 8,
  stp: 10,
} as const;

/** Entries of a list written before a piece is given out: about a millisecond's work. */
const STEP_ENTRIES = 2_000;

function* write(image: BookImage): IterableIterator<Uint8Array> {
  const writer = new ByteWriter();
  writer.word(MAGIC);
  writer.count(FORMAT_VERSION);
  writer.count(RULES_VERSION);
  writer.text(image.symbol);
  writeRules(writer, image);
  writeCounters(writer, image);
  writeReference(writer, image.referenceTrades);
  writer.count(image.orderCount);
  yield* writeList(writer, image.orders, writeOrder);
  writer.count(image.usedIdCount);
  let previous = 0;
  // Times are written as the distance to the entry before: they only grow.
  yield* writeList(writer, image.usedIds, (_, used) => {
    writer.count(used.time - previous);
    writer.text(used.orderId);
    previous = used.time;
  });
  writer.count(image.requestCount);
  previous = 0;
  yield* writeList(writer, image.requests, (_, request) => {
    writer.count(request.time - previous);
    writer.interned(request.userId);
    writer.text(request.requestId);
    writer.word(request.low);
    writer.word(request.high);
    previous = request.time;
  });
  yield writer.take(true);
}

function* writeList<T>(
  writer: ByteWriter,
  list: Iterable<T>,
  writeEntry: (writer: ByteWriter, entry: T) => void,
): IterableIterator<Uint8Array> {
  let entries = 0;
  for (const entry of list) {
    writeEntry(writer, entry);
    if (++entries % STEP_ENTRIES === 0) yield writer.take(false);
  }
}

function writeRules(writer: ByteWriter, image: BookImage): void {
  writer.count(image.limits.executionsPerCommand);
  writer.count(image.limits.openOrdersPerUser);
  writer.count(image.limits.windowEntries);
  const { config } = image;
  writer.count(config.dayOffsetMin + 720);
  writer.count(STP_MODES.indexOf(config.selfTradePrevention));
  writer.count(config.referencePrice);
  writer.count(config.referenceWindowMs);
  writer.count(config.priceBandBps);
  writer.count(config.haltThresholdBps);
  writer.count(config.haltDurationMs);
}

function writeCounters(writer: ByteWriter, image: BookImage): void {
  writer.count(BOOK_STATES.indexOf(image.state));
  writer.count(image.haltedUntil);
  writer.count(image.time);
  writer.count(image.seq);
  writer.count(image.tradeNo);
  writer.count(image.statusNo);
  writer.count(image.lastPrice);
  writer.count(image.ignoredRequests);
  writer.count(image.day + 1);
  writer.count(image.dayVolume);
}

function writeReference(writer: ByteWriter, trades: BookImage['referenceTrades']): void {
  let previous = 0;
  writer.count(trades.length);
  for (const { time, first, last } of trades) {
    writer.count(time - previous);
    writer.count(first);
    writer.count(last);
    previous = time;
  }
}

function writeOrder(writer: ByteWriter, order: Readonly<OrderImage>): void {
  let bits = 0;
  if (order.isBuy) bits |= OrderBits.buy;
  if (order.postOnly) bits |= OrderBits.postOnly;
  if (order.allOrNone) bits |= OrderBits.allOrNone;
  if (order.stopPrice > 0) bits |= OrderBits.stop;
  if (order.displayQuantity > 0) bits |= OrderBits.display;
  if (order.queued) bits |= OrderBits.queued;
  bits |= ORDER_TYPES.indexOf(order.orderType) << OrderBits.type;
  bits |= TIMES_IN_FORCE.indexOf(order.timeInForce) << OrderBits.tif;
  bits |= STP_MODES.indexOf(order.selfTradePrevention) << OrderBits.stp;
  writer.count(bits);
  writer.text(order.orderId);
  writer.interned(order.userId);
  writer.count(order.price);
  writer.count(order.quantity);
  writer.count(order.open);
  if (order.stopPrice > 0) writer.count(order.stopPrice);
  if (order.displayQuantity > 0) {
    writer.count(order.displayQuantity);
    writer.count(order.shown);
  }
}

const NOTHING = new Uint8Array(0);

/** Bytes hashed before a step ends. */
const STEP_BYTES = 1_000_000;

/** The image as bytes in pieces, with its hash as the last; some pieces are empty: each step takes about a millisecond. */
export function* encodeInPieces(image: BookImage): IterableIterator<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for (const piece of write(image)) {
    pieces.push(piece);
    yield piece;
  }
  const hash = new Hash64(lengthOf(pieces));
  let hashed = 0;
  for (const piece of pieces) {
    hash.add(piece);
    hashed += piece.length;
    if (hashed < STEP_BYTES) continue;
    hashed = 0;
    yield NOTHING;
  }
  const { low, high } = hash.result();
  const tail = new ByteWriter();
  tail.word(low);
  tail.word(high);
  yield tail.take(true);
}

/** The image as bytes, with its hash at the end. */
export function encodeSnapshot(image: BookImage): Uint8Array {
  const pieces = [...encodeInPieces(image)];
  const bytes = new Uint8Array(lengthOf(pieces));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/** The hash that ends the snapshot of the image, as 16 hex digits. */
export function hashImage(image: BookImage): string {
  const pieces = [...write(image)];
  const hash = new Hash64(lengthOf(pieces));
  for (const piece of pieces) hash.add(piece);
  return hex64(hash.result());
}

function lengthOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}
