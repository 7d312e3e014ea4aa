import {
  bearerToken,
  EdgeError,
  httpHandler,
  notFound,
  type HttpOptions,
  type HttpRequest,
  type RouteAnswer,
  type VerifyToken,
} from '@supernoba/edge';
import { SYMBOL_PATTERN } from '@supernoba/protocol';
import type { SymbolDetail } from '@supernoba/protocol';
import { parse, symbolChange, symbolCreation, type Parsed } from '@supernoba/protocol/schemas';
import { createChange, type ChangeDeps } from './change.js';

export interface AdminDeps extends ChangeDeps, HttpOptions {
  verify: VerifyToken;
}

/**
 * `/admin/symbols`: GET lists, POST creates. `/admin/symbols/{symbol}`: GET shows, PUT configures, halts or resumes, DELETE delists
 * for ever. For administrators alone.
 */
export function createHandler(deps: AdminDeps) {
  const { verify, store } = deps;
  const change = createChange(deps);

  const existing = async (symbol: string): Promise<SymbolDetail> => {
    if (!SYMBOL_PATTERN.test(symbol)) throw new EdgeError('BAD_SYMBOL', `a symbol matches ${SYMBOL_PATTERN.source}`);
    const row = await store.get(symbol);
    if (row === undefined)
      throw new EdgeError('UNKNOWN_SYMBOL', `there is no symbol ${symbol}`, { details: { symbol } });
    return row;
  };

  const create = async (actor: string, body: unknown): Promise<RouteAnswer> => {
    const { symbol, config = {}, request_id: requestId } = valid(parse(symbolCreation, body));
    const before = await store.get(symbol);
    const isRepeat = requestId !== undefined && before?.request_id === requestId;
    if (before !== undefined && !isRepeat) {
      const message = before.state === 'delisted' ? 'was delisted: its name stays taken' : 'exists already';
      throw new EdgeError('SYMBOL_EXISTS', `${symbol} ${message}`, { details: { symbol, state: before.state } });
    }
    const after = { symbol, state: 'open' as const, config };
    return { status: 201, body: await change({ op: 'CONFIG', actor, requestId, before, after }) };
  };

  const update = async (actor: string, symbol: string, body: unknown): Promise<RouteAnswer> => {
    const { config, state, request_id: requestId } = valid(parse(symbolChange, body));
    if ((config === undefined) === (state === undefined)) {
      throw new EdgeError('BAD_REQUEST', 'one change at a time: either config or state');
    }
    const before = await existing(symbol);
    if (before.state === 'delisted') throw new EdgeError('SYMBOL_HALTED', `${symbol} is delisted, and stays so`);
    const after = { symbol, state: state ?? before.state, config: { ...before.config, ...config } };
    const op = state === undefined ? 'CONFIG' : state === 'halted' ? 'HALT' : 'RESUME';
    return { status: 200, body: await change({ op, actor, requestId, before, after }) };
  };

  const delist = async (actor: string, symbol: string, requestId: string | undefined): Promise<RouteAnswer> => {
    const before = await existing(symbol);
    const after = { symbol, state: 'delisted' as const, config: before.config };
    return { status: 200, body: await change({ op: 'DELIST', actor, requestId, before, after }) };
  };

  return httpHandler(async (request) => {
    const { userId, isAdmin } = await verify(bearerToken(request.header('authorization')));
    if (!isAdmin) throw new EdgeError('FORBIDDEN', 'for administrators alone');
    const symbol = symbolIn(request);
    switch (request.method) {
      case 'GET':
        return { status: 200, body: symbol === undefined ? { symbols: await store.all() } : await existing(symbol) };
      case 'POST':
        if (symbol === undefined) return create(userId, request.json());
        throw notFound(request);
      case 'PUT':
        if (symbol !== undefined) return update(userId, symbol, request.json());
        throw notFound(request);
      case 'DELETE':
        if (symbol !== undefined) return delist(userId, symbol, requestIdOf(request));
        throw notFound(request);
      default:
        throw notFound(request);
    }
  }, deps);
}

function symbolIn(request: HttpRequest): string | undefined {
  const [admin, resource, symbol, ...rest] = request.segments;
  if (admin !== 'admin' || resource !== 'symbols' || rest.length > 0) throw notFound(request);
  return symbol;
}

function requestIdOf(request: HttpRequest): string | undefined {
  const given = request.query('request_id');
  return given === undefined ? undefined : valid(parse(symbolChange, { request_id: given })).request_id;
}

function valid<T>(parsed: Parsed<T>): T {
  if (parsed.ok) return parsed.value;
  throw new EdgeError(parsed.error.code, parsed.error.message, { details: parsed.error.details });
}
