import { OrderType, TimeInForce } from './codes.js';
import {
  ID_PATTERN,
  MAX_ID_LENGTH,
  MAX_PRICE,
  MAX_QUANTITY,
  MAX_SYMBOL_LENGTH,
  MAX_USER_ID_LENGTH,
  SYMBOL_PATTERN,
  USER_ID_PATTERN,
} from './limits.js';
import type { AddOrder, CancelOrder, OrderCommand, ReplaceOrder } from './orders.js';

const QUOTE = 0x22;
const COMMA = 0x2c;
const ZERO = 0x30;
/** Digits of a number that is exact whatever they are. */
const MAX_DIGITS = 15;

/** By character code, where it may stand: see the patterns of `limits.ts`. */
const IN_ID = 1;
const IN_USER_ID = 2;
const IN_SYMBOL = 4;
const BEGINS_SYMBOL = 8;
const CLASSES = Uint8Array.from({ length: 256 }, (_, code) => {
  const character = String.fromCharCode(code);
  return (
    (ID_PATTERN.test(character) ? IN_ID : 0) |
    (USER_ID_PATTERN.test(character) ? IN_USER_ID : 0) |
    (SYMBOL_PATTERN.test(`A${character}`) ? IN_SYMBOL : 0) |
    (SYMBOL_PATTERN.test(character) ? BEGINS_SYMBOL : 0)
  );
});

const codes = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

/** Each with the bytes up to its value. */
const ACTION = codes('"action":');
const SYMBOL = codes('"symbol":');
const ORDER_ID = codes('"order_id":');
const USER_ID = codes('"user_id":');
const REQUEST_ID = codes('"request_id":');
const IS_BUY = codes('"is_buy":');
const PRICE = codes('"price":');
const QUANTITY = codes('"quantity":');
const ORDER_TYPE = codes('"order_type":');
const TIF = codes('"tif":');
const TIMESTAMP = codes('"timestamp":');
const TRUE = codes('true');
const FALSE = codes('false');
const ADD = codes('"ADD"');
const CANCEL = codes('"CANCEL"');
const REPLACE = codes('"REPLACE"');
const LIMIT = codes(`"${OrderType.Limit}"`);
const TIFS = Object.values(TimeInForce).map((name) => ({ name, bytes: codes(`"${name}"`) }));

const utf8 = new TextDecoder();

/**
 * Reads the records that nearly all are: one limit order, change or cancel without any condition, as `JSON.stringify`
 * writes it. It checks while it reads, at half the cost of doing it one after the other. Whatever is not exactly of
 * that form, sound or not, is undefined here and somebody else's to read.
 */
export function decodePlainOrder(bytes: Uint8Array, partitionKey: string): OrderCommand | undefined {
  const end = bytes.length - 1;
  if (bytes[0] !== 0x7b || bytes[end] !== 0x7d) return undefined;
  let action: Uint8Array | undefined;
  let hasSymbol = false;
  let orderId: string | undefined;
  let userId: string | undefined;
  let requestId: string | undefined;
  let isBuy: boolean | undefined;
  let price = -1;
  let quantity = -1;
  let timestamp = -1;
  let isLimit = false;
  let tif: TimeInForce | undefined;
  let at = 1;
  for (;;) {
    // The first letters tell the names apart.
    switch (bytes[at + 1]) {
      case 0x61: // a
        if (action !== undefined || !holds(bytes, at, ACTION)) return undefined;
        at += ACTION.length;
        action = oneOf(bytes, at, ADD, CANCEL, REPLACE);
        if (action === undefined) return undefined;
        at += action.length;
        break;
      case 0x73: // s
        if (hasSymbol || !holds(bytes, at, SYMBOL)) return undefined;
        at = afterSymbol(bytes, at + SYMBOL.length, partitionKey);
        hasSymbol = true;
        break;
      case 0x6f: {
        // o
        if (bytes[at + 7] === 0x69) {
          if (orderId !== undefined || !holds(bytes, at, ORDER_ID)) return undefined;
          const from = at + ORDER_ID.length;
          at = afterText(bytes, from, IN_ID, MAX_ID_LENGTH);
          orderId = textOf(bytes, from, at);
        } else {
          if (isLimit || !holds(bytes, at, ORDER_TYPE) || !holds(bytes, at + ORDER_TYPE.length, LIMIT))
            return undefined;
          at += ORDER_TYPE.length + LIMIT.length;
          isLimit = true;
        }
        break;
      }
      case 0x75: {
        // u
        if (userId !== undefined || !holds(bytes, at, USER_ID)) return undefined;
        const from = at + USER_ID.length;
        at = afterText(bytes, from, IN_USER_ID, MAX_USER_ID_LENGTH);
        userId = textOf(bytes, from, at);
        break;
      }
      case 0x72: {
        // r
        if (requestId !== undefined || !holds(bytes, at, REQUEST_ID)) return undefined;
        const from = at + REQUEST_ID.length;
        at = afterText(bytes, from, IN_ID, MAX_ID_LENGTH);
        requestId = textOf(bytes, from, at);
        break;
      }
      case 0x69: // i
        if (isBuy !== undefined || !holds(bytes, at, IS_BUY)) return undefined;
        at += IS_BUY.length;
        isBuy = holds(bytes, at, TRUE);
        if (!isBuy && !holds(bytes, at, FALSE)) return undefined;
        at += isBuy ? TRUE.length : FALSE.length;
        break;
      case 0x70: {
        // p
        if (price >= 0 || !holds(bytes, at, PRICE)) return undefined;
        const from = at + PRICE.length;
        at = afterDigits(bytes, from);
        price = numberOf(bytes, from, at);
        if (price < 1 || price > MAX_PRICE) return undefined;
        break;
      }
      case 0x71: {
        // q
        if (quantity >= 0 || !holds(bytes, at, QUANTITY)) return undefined;
        const from = at + QUANTITY.length;
        at = afterDigits(bytes, from);
        quantity = numberOf(bytes, from, at);
        if (quantity < 1 || quantity > MAX_QUANTITY) return undefined;
        break;
      }
      case 0x74: {
        // t
        if (bytes[at + 4] === QUOTE) {
          if (tif !== undefined || !holds(bytes, at, TIF)) return undefined;
          at += TIF.length;
          const from = at;
          for (const known of TIFS) {
            if (!holds(bytes, from, known.bytes)) continue;
            tif = known.name;
            at = from + known.bytes.length;
          }
          if (tif === undefined) return undefined;
        } else {
          if (timestamp >= 0 || !holds(bytes, at, TIMESTAMP)) return undefined;
          const from = at + TIMESTAMP.length;
          at = afterDigits(bytes, from);
          timestamp = numberOf(bytes, from, at);
        }
        break;
      }
      default:
        return undefined;
    }
    if (at === end) break;
    // −1 after a value that is not of the form.
    if (at < 0 || bytes[at] !== COMMA) return undefined;
    at++;
  }
  if (!hasSymbol || orderId === undefined || userId === undefined) return undefined;
  if (action === ADD) {
    if (isBuy === undefined || price < 0 || quantity < 0) return undefined;
    const order: AddOrder = {
      action: 'ADD',
      symbol: partitionKey,
      order_id: orderId,
      user_id: userId,
      is_buy: isBuy,
      price,
      quantity,
    };
    if (isLimit) order.order_type = OrderType.Limit;
    if (tif !== undefined) order.tif = tif;
    return withRequest(order, requestId, timestamp);
  }
  // Fields that an action does not know are ignored, whatever they hold.
  if (action === CANCEL) {
    const order: CancelOrder = { action: 'CANCEL', symbol: partitionKey, order_id: orderId, user_id: userId };
    return withRequest(order, requestId, timestamp);
  }
  if (action !== REPLACE) return undefined;
  const order: ReplaceOrder = { action: 'REPLACE', symbol: partitionKey, order_id: orderId, user_id: userId };
  if (price >= 0) order.price = price;
  if (quantity >= 0) order.quantity = quantity;
  return withRequest(order, requestId, timestamp);
}

function withRequest<T extends { request_id?: string; timestamp?: number }>(
  order: T,
  requestId: string | undefined,
  timestamp: number,
): T {
  if (requestId !== undefined) order.request_id = requestId;
  if (timestamp >= 0) order.timestamp = timestamp;
  return order;
}

/** Whether these bytes begin at `at`. */
function holds(bytes: Uint8Array, at: number, expected: Uint8Array): boolean {
  for (let i = 0; i < expected.length; i++) if (bytes[at + i] !== expected[i]) return false;
  return true;
}

function oneOf(bytes: Uint8Array, at: number, a: Uint8Array, b: Uint8Array, c: Uint8Array): Uint8Array | undefined {
  if (holds(bytes, at, a)) return a;
  if (holds(bytes, at, b)) return b;
  return holds(bytes, at, c) ? c : undefined;
}

/** Place behind the string that is the symbol, −1 where another one stands, or a partition key that is no symbol. */
function afterSymbol(bytes: Uint8Array, at: number, symbol: string): number {
  const { length } = symbol;
  if (bytes[at] !== QUOTE || bytes[at + length + 1] !== QUOTE || length > MAX_SYMBOL_LENGTH) return -1;
  if ((CLASSES[bytes[at + 1]!]! & BEGINS_SYMBOL) === 0) return -1;
  for (let i = 0; i < length; i++) {
    const code = bytes[at + 1 + i]!;
    if (code !== symbol.charCodeAt(i) || (CLASSES[code]! & IN_SYMBOL) === 0) return -1;
  }
  return at + length + 2;
}

/** Place behind a string of the class, −1 where it is empty, longer than `max` or holds anything else. */
function afterText(bytes: Uint8Array, from: number, inClass: number, max: number): number {
  if (bytes[from] !== QUOTE) return -1;
  let at = from + 1;
  while ((CLASSES[bytes[at]!]! & inClass) !== 0) at++;
  const length = at - from - 1;
  return bytes[at] === QUOTE && length > 0 && length <= max ? at + 1 : -1;
}

/** The text between the quotes of {@link afterText}; '' where there is none. */
function textOf(bytes: Uint8Array, from: number, to: number): string {
  if (to < 0) return '';
  // Node's own bytes say it in one call.
  const { latin1Slice } = bytes as { latin1Slice?: (from: number, to: number) => string };
  return latin1Slice === undefined
    ? utf8.decode(bytes.subarray(from + 1, to - 1))
    : latin1Slice.call(bytes, from + 1, to - 1);
}

/** Place behind the digits of an integer as JSON writes it, −1 where there are none or too many. */
function afterDigits(bytes: Uint8Array, from: number): number {
  let at = from;
  while (bytes[at]! - ZERO >= 0 && bytes[at]! - ZERO <= 9) at++;
  const digits = at - from;
  if (digits === 0 || digits > MAX_DIGITS || (digits > 1 && bytes[from] === ZERO)) return -1;
  return at;
}

function numberOf(bytes: Uint8Array, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at++) value = value * 10 + bytes[at]! - ZERO;
  return value;
}
