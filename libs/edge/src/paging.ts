import { DEFAULT_PAGE_ROWS, MAX_PAGE_ROWS, SYMBOL_PATTERN } from '@supernoba/protocol';
import { EdgeError } from './error.js';
import type { HttpRequest } from './http-request.js';

/** What a request for a page of rows says. */
export interface Paging {
  /** 1 to 500, 100 unless told. */
  limit: number;
  /** Epoch ms, both included. */
  from?: number;
  to?: number;
  /** The place after which the page begins. */
  cursor?: string;
}

/** End of the year 9999: what lies beyond is a mistake. */
const MAX_TIME_MS = 253_402_300_799_999;
const PLACE_PATTERN = /^[A-Z0-9._#-]{1,100}$/;

/**
 * `?limit&from&to&cursor`. A cursor is a place in a list of its kind and no more, so one that was made up shows nothing
 * that its list would not. @throws EdgeError BAD_REQUEST
 */
export function readPaging(request: HttpRequest, kind: string): Paging {
  const limit = queryInteger(request, 'limit', 1, MAX_PAGE_ROWS) ?? DEFAULT_PAGE_ROWS;
  const from = queryInteger(request, 'from', 0, MAX_TIME_MS, 'epoch ms');
  const to = queryInteger(request, 'to', 0, MAX_TIME_MS, 'epoch ms');
  if (from !== undefined && to !== undefined && from > to) throw refuse('from', 'must not be after to');
  const cursor = readCursor(request, kind);
  return {
    limit,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(cursor === undefined ? {} : { cursor }),
  };
}

/** A place as clients get it: opaque, and of one kind of list. */
export function toCursor(kind: string, place: string): string {
  return Buffer.from(`${kind}:${place}`).toString('base64url');
}

function readCursor(request: HttpRequest, kind: string): string | undefined {
  const given = request.query('cursor');
  if (given === undefined) return undefined;
  const [is, place = '', ...more] = Buffer.from(given.slice(0, 200), 'base64url').toString('latin1').split(':');
  if (is !== kind || more.length > 0 || !PLACE_PATTERN.test(place)) {
    throw refuse('cursor', 'must be the cursor of the page before, of the same list');
  }
  return place;
}

/** @throws EdgeError BAD_REQUEST naming the parameter, its range and its unit */
export function queryInteger(
  request: HttpRequest,
  name: string,
  min: number,
  max: number,
  unit = '',
): number | undefined {
  const text = request.query(name);
  if (text === undefined) return undefined;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
  if (value >= min && value <= max) return value;
  throw refuse(name, `an integer from ${min} to ${max} is required${unit === '' ? '' : `, ${unit}`}`);
}

/** @throws EdgeError BAD_SYMBOL */
export function checkSymbol(symbol: string | undefined): string {
  if (symbol !== undefined && SYMBOL_PATTERN.test(symbol)) return symbol;
  throw new EdgeError('BAD_SYMBOL', `symbol: a symbol matches ${SYMBOL_PATTERN.source}`);
}

function refuse(field: string, message: string): EdgeError {
  return new EdgeError('BAD_REQUEST', `${field}: ${message}`, { details: { field } });
}
