import type { OrderBookOptions } from '../order-book.js';
import { DEFAULT_LIMITS, MAX_SYMBOL_LENGTH, type BookLimits } from './limits.js';

/**
 * The limits of a new book.
 *
 * @throws TypeError for options that no typed caller could write
 */
export function checkOptions(options: OrderBookOptions): BookLimits {
  const { symbol, sink, limits } = options;
  if (typeof symbol !== 'string' || symbol.length < 1 || symbol.length > MAX_SYMBOL_LENGTH) {
    throw new TypeError(`symbol must be a string of 1 to ${MAX_SYMBOL_LENGTH} characters`);
  }
  if (typeof sink?.onFill !== 'function' || typeof sink.onStatus !== 'function') {
    throw new TypeError('sink must have the methods onFill and onStatus');
  }
  const all = { ...DEFAULT_LIMITS, ...limits };
  for (const [name, value] of Object.entries(all)) {
    if (!Number.isSafeInteger(value) || value < 1)
      throw new TypeError(`limits.${name} must be a whole number from 1 up`);
  }
  return all;
}
