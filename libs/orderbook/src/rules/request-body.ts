import type { BookCommand } from '../order-book.js';

/** 64 bits that tell one request's body from another's. */
export interface Fingerprint {
  low: number;
  high: number;
}

const number = new Float64Array(1);
const words = new Int32Array(number.buffer);
const ABSENT = 0x5bd1e995;

function mix(print: Fingerprint, value: number): void {
  const low = Math.imul(print.low ^ value, 0x9e3779b1);
  print.low = low ^ (low >>> 15);
  const high = Math.imul(print.high + value, 0x85ebca77);
  print.high = (high << 13) ^ (high >>> 11) ^ low;
}

function mixText(print: Fingerprint, text: string | undefined): void {
  if (text === undefined) {
    mix(print, ABSENT);
    return;
  }
  const { length } = text;
  mix(print, length);
  // as mix does it, in variables: it is done for every character of every request
  let { low, high } = print;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    const l = Math.imul(low ^ code, 0x9e3779b1);
    const h = Math.imul(high + code, 0x85ebca77);
    low = l ^ (l >>> 15);
    high = (h << 13) ^ (h >>> 11) ^ l;
  }
  print.low = low;
  print.high = high;
}

function mixNumber(print: Fingerprint, value: number | undefined): void {
  if (value === undefined) {
    mix(print, ABSENT);
    return;
  }
  number[0] = value;
  mix(print, words[0]!);
  mix(print, words[1]!);
}

function mixFlag(print: Fingerprint, value: boolean | undefined): void {
  mix(print, value === undefined ? ABSENT : value ? 1 : 0);
}

/**
 * Writes the fingerprint of everything a request asks for into `print`: the same fields with the same values, absent
 * ones included, give the same bits.
 */
export function fingerprint(command: BookCommand, print: Fingerprint): void {
  print.low = 0x2545f491;
  print.high = 0x1b873593;
  mixText(print, command.type);
  switch (command.type) {
    case 'ADD':
      mixText(print, command.orderId);
      mixFlag(print, command.isBuy);
      mixNumber(print, command.price);
      mixNumber(print, command.quantity);
      mixText(print, command.orderType);
      mixText(print, command.timeInForce);
      mixFlag(print, command.postOnly);
      mixFlag(print, command.allOrNone);
      mixNumber(print, command.stopPrice);
      mixNumber(print, command.displayQuantity);
      mixText(print, command.selfTradePrevention);
      return;
    case 'REPLACE':
      mixText(print, command.orderId);
      mixNumber(print, command.price);
      mixNumber(print, command.quantity);
      mixNumber(print, command.stopPrice);
      mixNumber(print, command.displayQuantity);
      return;
    case 'CANCEL':
    case 'FORCE_CANCEL':
      mixText(print, command.orderId);
      return;
    case 'FORCE_CANCEL_ALL':
      mixText(print, command.userId);
      return;
    default:
      return;
  }
}
