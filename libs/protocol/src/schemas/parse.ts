import type * as z from 'zod/mini';
import { ErrorCode } from '../codes.js';
import type { ClientOrder } from '../order-builder.js';
import { clientOrders } from './orders.js';

/** What is wrong with a client's input, as the error body carries it. */
export interface InputError {
  code: ErrorCode;
  message: string;
  details?: { field: string };
}

export type Parsed<T> = { ok: true; value: T } | { ok: false; error: InputError };

const CODE_OF_FIELD: Readonly<Record<string, ErrorCode>> = {
  symbol: ErrorCode.BadSymbol,
  main: ErrorCode.BadSymbol,
  sub: ErrorCode.BadSymbol,
  symbols: ErrorCode.BadSymbol,
  order_id: ErrorCode.BadOrderId,
  request_id: ErrorCode.BadRequestId,
  price: ErrorCode.BadPrice,
  stop_price: ErrorCode.BadPrice,
  quantity: ErrorCode.BadQuantity,
  display_quantity: ErrorCode.BadQuantity,
  action: ErrorCode.UnknownAction,
  tf: ErrorCode.BadInterval,
  interval: ErrorCode.BadInterval,
};

/** Checks input against a schema of this package; the first mistake is the answer. Never throws on data. */
export function parse<T>(schema: z.ZodMiniType<T>, input: unknown): Parsed<T> {
  const result = schema.safeParse(input);
  if (result.success) return { ok: true, value: result.data };
  return { ok: false, error: explain(result.error.issues) };
}

/** Checks a client's order of any action, ADD unless told. */
export function parseOrder(input: unknown): Parsed<ClientOrder> {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    return refuse(ErrorCode.BadRequest, 'an order is a JSON object');
  }
  switch ((input as { action?: unknown }).action) {
    case undefined:
    case 'ADD':
      return named('ADD', parse(clientOrders.ADD, input));
    case 'REPLACE':
      return named('REPLACE', parse(clientOrders.REPLACE, input));
    case 'CANCEL':
      return named('CANCEL', parse(clientOrders.CANCEL, input));
    case 'CANCEL_ALL':
      return named('CANCEL_ALL', parse(clientOrders.CANCEL_ALL, input));
    default:
      return refuse(
        ErrorCode.UnknownAction,
        `action: one of ${Object.keys(clientOrders).join(', ')} is required`,
        'action',
      );
  }
}

function named<A extends ClientOrder['action'], T>(action: A, parsed: Parsed<T>): Parsed<T & { action: A }> {
  return parsed.ok ? { ok: true, value: { ...parsed.value, action } } : parsed;
}

function refuse(code: ErrorCode, message: string, field?: string): { ok: false; error: InputError } {
  return { ok: false, error: { code, message, ...(field === undefined ? {} : { details: { field } }) } };
}

function explain(issues: readonly z.core.$ZodIssue[]): InputError {
  // A field that should not be there is named first: it often explains the rest.
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0];
  if (issue === undefined) return { code: ErrorCode.BadRequest, message: 'malformed' };
  if (issue.code === 'unrecognized_keys') return unknownField(issue.keys[0] ?? '');
  const field = issue.path.map(String).join('.');
  const top = String(issue.path[0] ?? '');
  const code = Object.hasOwn(CODE_OF_FIELD, top) ? CODE_OF_FIELD[top] : undefined;
  if (field === '') return { code: ErrorCode.BadRequest, message: 'a JSON object is required' };
  return { code: code ?? ErrorCode.BadRequest, message: `${field}: ${issue.message}`, details: { field } };
}

function unknownField(key: string): InputError {
  const field = key.slice(0, 64);
  const message =
    field === 'user_id' ? 'user_id: who you are comes from your token alone' : `${field}: no such field here`;
  return { code: ErrorCode.UnknownField, message, details: { field } };
}
