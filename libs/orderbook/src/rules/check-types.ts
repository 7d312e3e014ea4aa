import type { AddCommand, BookCommand, ReplaceCommand } from '../order-book.js';
import { MAX_TIME } from './limits.js';

function fail(field: string, expected: string, value: unknown): never {
  throw new TypeError(`${field} must be ${expected}, got ${value === null ? 'null' : typeof value}`);
}

function text(field: string, value: unknown): void {
  if (typeof value !== 'string') fail(field, 'a string', value);
}
function optionalText(field: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'string') fail(field, 'a string or absent', value);
}
function optionalNumber(field: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'number') fail(field, 'a number or absent', value);
}
function optionalFlag(field: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'boolean') fail(field, 'a boolean or absent', value);
}

function isText(value: unknown): boolean {
  return value === undefined || typeof value === 'string';
}
function isNumber(value: unknown): boolean {
  return value === undefined || typeof value === 'number';
}
function isFlag(value: unknown): boolean {
  return value === undefined || typeof value === 'boolean';
}

/** True if every field has its type: asked of each command, so it is one expression. */
function isTypedAdd(command: AddCommand): boolean {
  return (
    typeof command.orderId === 'string' &&
    typeof command.userId === 'string' &&
    typeof command.isBuy === 'boolean' &&
    typeof command.quantity === 'number' &&
    isNumber(command.price) &&
    isText(command.orderType) &&
    isText(command.timeInForce) &&
    isFlag(command.postOnly) &&
    isFlag(command.allOrNone) &&
    isNumber(command.stopPrice) &&
    isNumber(command.displayQuantity) &&
    isText(command.selfTradePrevention) &&
    isText(command.requestId)
  );
}

/** Names the field that is wrong. */
function failAdd(command: AddCommand): void {
  text('orderId', command.orderId);
  text('userId', command.userId);
  if (typeof command.isBuy !== 'boolean') fail('isBuy', 'a boolean', command.isBuy);
  if (typeof command.quantity !== 'number') fail('quantity', 'a number', command.quantity);
  optionalNumber('price', command.price);
  optionalText('orderType', command.orderType);
  optionalText('timeInForce', command.timeInForce);
  optionalFlag('postOnly', command.postOnly);
  optionalFlag('allOrNone', command.allOrNone);
  optionalNumber('stopPrice', command.stopPrice);
  optionalNumber('displayQuantity', command.displayQuantity);
  optionalText('selfTradePrevention', command.selfTradePrevention);
  optionalText('requestId', command.requestId);
}

function isTypedReplace(command: ReplaceCommand): boolean {
  return (
    typeof command.orderId === 'string' &&
    typeof command.userId === 'string' &&
    isNumber(command.price) &&
    isNumber(command.quantity) &&
    isNumber(command.stopPrice) &&
    isNumber(command.displayQuantity) &&
    isText(command.requestId)
  );
}

/** Names the field that is wrong. */
function failReplace(command: ReplaceCommand): void {
  text('orderId', command.orderId);
  text('userId', command.userId);
  optionalNumber('price', command.price);
  optionalNumber('quantity', command.quantity);
  optionalNumber('stopPrice', command.stopPrice);
  optionalNumber('displayQuantity', command.displayQuantity);
  optionalText('requestId', command.requestId);
}

/** @throws TypeError for a command or a field of a type that no typed caller could write */
export function checkCommandTypes(command: BookCommand): void {
  if (typeof command !== 'object' || command === null) fail('command', 'an object', command);
  switch (command.type) {
    case 'ADD':
      if (!isTypedAdd(command)) failAdd(command);
      return;
    case 'REPLACE':
      if (!isTypedReplace(command)) failReplace(command);
      return;
    case 'CANCEL':
      text('orderId', command.orderId);
      text('userId', command.userId);
      optionalText('requestId', command.requestId);
      return;
    case 'CANCEL_ALL':
      text('userId', command.userId);
      optionalText('requestId', command.requestId);
      return;
    case 'FORCE_CANCEL':
      text('orderId', command.orderId);
      optionalText('requestId', command.requestId);
      return;
    case 'FORCE_CANCEL_ALL':
      optionalText('userId', command.userId);
      optionalText('requestId', command.requestId);
      return;
    case 'CONFIGURE':
      checkConfigTypes(command.config);
      return;
    case 'RESTORE':
      if (!(command.snapshot instanceof Uint8Array)) fail('snapshot', 'a Uint8Array', command.snapshot);
      return;
    case 'HALT':
    case 'RESUME':
    case 'DELIST':
      return;
    default:
      throw new TypeError(`unknown command type ${String((command as { type: unknown }).type)}`);
  }
}

function checkConfigTypes(config: unknown): void {
  if (typeof config !== 'object' || config === null) fail('config', 'an object', config);
  const { selfTradePrevention, ...numbers } = config as Record<string, unknown>;
  optionalText('config.selfTradePrevention', selfTradePrevention);
  for (const [name, value] of Object.entries(numbers)) optionalNumber(`config.${name}`, value);
}

/** @throws TypeError for a time that is no whole number of ms between 1970 and the last date there is */
export function checkTime(time: number): void {
  if (!Number.isInteger(time) || time < 0 || time > MAX_TIME) {
    throw new TypeError(`time must be epoch ms, a whole number from 0 to ${MAX_TIME}, got ${String(time)}`);
  }
}
