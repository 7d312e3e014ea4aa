import type { ErrorCode, SymbolState } from './codes.js';
import type { SymbolConfig } from './orders.js';

export interface ErrorBody {
  error: { code: ErrorCode; message: string; details?: unknown };
}

export interface SymbolsAnswer {
  symbols: { symbol: string; state: SymbolState }[];
}

/** A row of `GET /admin/symbols`. */
export interface SymbolDetail {
  symbol: string;
  state: SymbolState;
  config: SymbolConfig;
  updated_at: number;
  updated_by: string;
  /** Of the change that made it so: a repeat of that request has no second effect. */
  request_id?: string;
}

/** The HTTP status that goes with each error code. */
export const HTTP_STATUS: Readonly<Record<ErrorCode, number>> = {
  BAD_JSON: 400,
  BAD_REQUEST: 400,
  BAD_SYMBOL: 400,
  BAD_ORDER_ID: 400,
  BAD_REQUEST_ID: 400,
  BAD_PRICE: 400,
  BAD_QUANTITY: 400,
  BAD_INTERVAL: 400,
  BAD_COMBINATION: 400,
  UNKNOWN_FIELD: 400,
  UNKNOWN_ACTION: 400,
  SYMBOL_MISMATCH: 400,
  UNKNOWN_SYMBOL: 404,
  SYMBOL_HALTED: 409,
  SYMBOL_EXISTS: 409,
  UNAUTHORIZED: 401,
  TOKEN_EXPIRED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 404,
  TOO_LARGE: 413,
  TOO_MANY_REQUESTS: 429,
  UNAVAILABLE: 503,
  NOT_AVAILABLE: 503,
};
