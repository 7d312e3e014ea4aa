import { OrderType } from '../codes.js';
import type { BookConfig } from '../order-book.js';
import { isId, isPrice, isQuantity, isUserId } from '../rules/check-order.js';
import { isConfig } from '../rules/config.js';
import { RULES_VERSION } from '../rules/limits.js';
import type { BookImage, KnownRequest, OrderImage, ReferenceTrade, UsedId } from './book-image.js';
import { ByteReader } from './byte-reader.js';
import { BOOK_STATES, FORMAT_VERSION, MAGIC, ORDER_TYPES, OrderBits, STP_MODES, TIMES_IN_FORCE } from './encode.js';
import { Hash64 } from './hash.js';
import { SnapshotError } from './snapshot-error.js';

const HASH_BYTES = 8;

/** A decoded image: its lists may be read again. */
export interface DecodedImage extends BookImage {
  orders: OrderImage[];
  usedIds: UsedId[];
  requests: KnownRequest[];
  referenceTrades: ReferenceTrade[];
}

/**
 * The image that `bytes` hold, checked: each value in its range, and every total consistent by itself.
 *
 * @throws SnapshotError see its codes
 */
export function decodeSnapshot(bytes: Uint8Array, symbol: string): DecodedImage {
  const reader = openSnapshot(bytes);
  const written = reader.text();
  if (written !== symbol) throw new SnapshotError('WRONG_SYMBOL', `snapshot is of ${written}, not of ${symbol}`);
  const image = readImage(reader, written);
  if (!reader.atEnd) throw new SnapshotError('DAMAGED', 'snapshot holds more than a book');
  return image;
}

function openSnapshot(bytes: Uint8Array): ByteReader {
  const end = bytes.length - HASH_BYTES;
  if (end < HASH_BYTES) throw new SnapshotError('DAMAGED', `${bytes.length} bytes are no snapshot`);
  const reader = new ByteReader(bytes, end);
  if (reader.word() !== MAGIC) throw new SnapshotError('DAMAGED', 'bytes do not begin as a snapshot does');
  const tail = new ByteReader(bytes.subarray(end), HASH_BYTES);
  const low = tail.word();
  const high = tail.word();
  const hash = new Hash64(end).add(bytes, end).result();
  if (hash.low !== low || hash.high !== high)
    throw new SnapshotError('DAMAGED', 'snapshot does not match its checksum');
  const format = reader.count();
  if (format !== FORMAT_VERSION) throw new SnapshotError('UNKNOWN_VERSION', `snapshot format ${format}`);
  const rules = reader.count();
  if (rules !== RULES_VERSION) throw new SnapshotError('UNKNOWN_VERSION', `matching rules ${rules}`);
  return reader;
}

function readImage(reader: ByteReader, symbol: string): DecodedImage {
  const limits = {
    executionsPerCommand: reader.count(),
    openOrdersPerUser: reader.count(),
    windowEntries: reader.count(),
  };
  const config = readConfig(reader);
  const head = {
    state: code(BOOK_STATES, reader.count()),
    haltedUntil: reader.count(),
    time: reader.count(),
    seq: reader.count(),
    tradeNo: reader.count(),
    statusNo: reader.count(),
    lastPrice: reader.count(),
    ignoredRequests: reader.count(),
    day: reader.count() - 1,
    dayVolume: reader.count(),
  };
  let previous = 0;
  const referenceTrades = list(reader, () => ({
    time: (previous += reader.count()),
    first: reader.count(),
    last: reader.count(),
  }));
  const orders = list(reader, () => readOrder(reader));
  previous = 0;
  const usedIds = list(reader, () => ({ time: (previous += reader.count()), orderId: reader.text() }));
  previous = 0;
  const requests = list(reader, () => ({
    time: (previous += reader.count()),
    userId: reader.interned(),
    requestId: reader.text(),
    low: reader.word(),
    high: reader.word(),
  }));
  const counts = { orderCount: orders.length, usedIdCount: usedIds.length, requestCount: requests.length };
  checkIds(orders, usedIds);
  checkState(head, orders, [...usedIds, ...requests, ...referenceTrades]);
  return { symbol, limits, config, ...head, referenceTrades, ...counts, orders, usedIds, requests };
}

function readConfig(reader: ByteReader): Required<BookConfig> {
  const config = {
    dayOffsetMin: reader.count() - 720,
    selfTradePrevention: code(STP_MODES, reader.count()),
    referencePrice: reader.count(),
    referenceWindowMs: reader.count(),
    priceBandBps: reader.count(),
    haltThresholdBps: reader.count(),
    haltDurationMs: reader.count(),
  };
  if (!isConfig(config)) throw new SnapshotError('INCONSISTENT', 'snapshot holds an impossible configuration');
  return config;
}

function list<T>(reader: ByteReader, read: () => T): T[] {
  const length = reader.listLength();
  const items: T[] = [];
  for (let i = 0; i < length; i++) items.push(read());
  return items;
}

function code<T>(codes: readonly T[], index: number): T {
  const value = codes[index];
  if (value === undefined) throw new SnapshotError('INCONSISTENT', `snapshot holds the unknown code ${index}`);
  return value;
}

function readOrder(reader: ByteReader): OrderImage {
  const bits = reader.count();
  const has = (bit: number): boolean => (bits & bit) !== 0;
  const order: OrderImage = {
    orderId: reader.text(),
    userId: reader.interned(),
    isBuy: has(OrderBits.buy),
    orderType: code(ORDER_TYPES, (bits >> OrderBits.type) & 3),
    timeInForce: code(TIMES_IN_FORCE, (bits >> OrderBits.tif) & 3),
    postOnly: has(OrderBits.postOnly),
    allOrNone: has(OrderBits.allOrNone),
    selfTradePrevention: code(STP_MODES, (bits >> OrderBits.stp) & 7),
    price: reader.count(),
    quantity: reader.count(),
    open: reader.count(),
    stopPrice: has(OrderBits.stop) ? reader.count() : 0,
    displayQuantity: has(OrderBits.display) ? reader.count() : 0,
    shown: 0,
    queued: has(OrderBits.queued),
  };
  order.shown = order.displayQuantity > 0 ? reader.count() : order.open;
  checkOrder(order);
  return order;
}

function checkOrder(order: OrderImage): void {
  const named = isId(order.orderId) && isUserId(order.userId);
  const priced = order.orderType === OrderType.Stop ? order.price === 0 : isPrice(order.price);
  const counted = isQuantity(order.quantity) && order.open >= 1 && order.open <= order.quantity;
  const shows = order.shown >= 1 && order.shown <= order.open;
  const display = order.displayQuantity;
  const displays = display === 0 || isQuantity(display);
  const waits = order.orderType === OrderType.Stop || order.orderType === OrderType.StopLimit;
  const placed = order.orderType !== OrderType.Market && waits === isPrice(order.stopPrice) && (waits || !order.queued);
  if (!named || !priced || !counted || !shows || !displays || !placed) {
    throw new SnapshotError('INCONSISTENT', `snapshot holds the impossible order ${JSON.stringify(order.orderId)}`);
  }
}

function checkIds(orders: readonly OrderImage[], usedIds: readonly UsedId[]): void {
  const ids = new Set<string>();
  for (const { orderId } of orders) ids.add(orderId);
  for (const { orderId } of usedIds) ids.add(orderId);
  if (ids.size !== orders.length + usedIds.length) {
    throw new SnapshotError('INCONSISTENT', 'snapshot holds an order id twice');
  }
}

function checkState(
  head: { time: number; seq: number; tradeNo: number; statusNo: number },
  orders: readonly OrderImage[],
  remembered: readonly { time: number }[],
): void {
  if (head.seq !== head.tradeNo + head.statusNo) {
    throw new SnapshotError('INCONSISTENT', 'snapshot counts other events than executions and statuses');
  }
  if (remembered.some(({ time }) => time > head.time)) {
    throw new SnapshotError('INCONSISTENT', 'snapshot remembers the future');
  }
  let bid = 0;
  let ask = Infinity;
  for (const { isBuy, price, allOrNone, stopPrice } of orders) {
    if (allOrNone || stopPrice > 0) continue;
    if (isBuy) bid = Math.max(bid, price);
    else ask = Math.min(ask, price);
  }
  if (bid >= ask) throw new SnapshotError('INCONSISTENT', `snapshot is crossed: ${bid} bid, ${ask} asked`);
}
