import * as z from 'zod/mini';
import { ID_PATTERN, MAX_PRICE, MAX_QUANTITY, SYMBOL_PATTERN } from '../limits.js';

/** An integer within bounds, one message for all that can be wrong with it. */
export function integer(min: number, max: number) {
  const error = ({ input }: { input?: unknown }) => `an integer from ${min} to ${max} is required, not ${show(input)}`;
  return z.int({ error }).check(z.gte(min, { error }), z.lte(max, { error }));
}

export function matching(pattern: RegExp) {
  const error = ({ input }: { input?: unknown }) =>
    `a string matching ${pattern.source} is required, not ${show(input)}`;
  return z.string({ error }).check(z.regex(pattern, { error }));
}

export function oneOf<const T extends readonly string[]>(values: T) {
  return z.enum(values, { error: ({ input }) => `one of ${values.join(', ')} is required, not ${show(input)}` });
}

export function flag() {
  return z.boolean({ error: ({ input }) => `true or false is required, not ${show(input)}` });
}

export const price = integer(1, MAX_PRICE);
export const quantity = integer(1, MAX_QUANTITY);
export const symbol = matching(SYMBOL_PATTERN);
export const id = matching(ID_PATTERN);
/** A count, a time or a total: 0 to 2^53 − 1. */
export const count = integer(0, Number.MAX_SAFE_INTEGER);

/** Input as a message may quote it: its type where that is the mistake, and never more than a few characters of it. */
function show(input: unknown): string {
  if (typeof input === 'string') return `the string ${JSON.stringify(input.slice(0, 40))}`;
  if (typeof input === 'number') return Number.isFinite(input) ? String(input) : 'a number beyond all bounds';
  if (typeof input === 'boolean') return String(input);
  if (input === undefined) return 'nothing';
  if (input === null) return 'null';
  return Array.isArray(input) ? 'an array' : 'an object';
}
