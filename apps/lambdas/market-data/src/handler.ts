import {
  cacheable,
  checkSymbol,
  httpHandler,
  notFound,
  readPaging,
  toCursor,
  type HttpOptions,
  type HttpRequest,
  type RouteAnswer,
  type SymbolGuard,
} from '@supernoba/edge';
import type { SymbolsAnswer, TradesAnswer } from '@supernoba/protocol';
import { createDepthReader } from './depth.js';
import { createTickerReader } from './tickers.js';
import { createTradesReader, type TradesDeps } from './trades.js';

export interface MarketDataDeps extends HttpOptions, TradesDeps {
  guard: SymbolGuard;
}

/** How long a cache on the way may keep an answer, in seconds. Depth is asked for anew each time, its tag compared. */
const MAX_AGE_S = { symbols: 1, depth: 0, tickers: 1, trades: 1 } as const;
const TRADES_LIST = 't';

/** The public reads `GET /symbols`, `GET /depth/{symbol}`, `GET /tickers` and `GET /trades/{symbol}`. */
export function createHandler({ guard, ...deps }: MarketDataDeps) {
  const depth = createDepthReader(deps);
  const tickers = createTickerReader({ ...deps, guard });
  const trades = createTradesReader(deps);

  const tradesOf = async (request: HttpRequest, symbol: string): Promise<TradesAnswer> => {
    const page = readPaging(request, TRADES_LIST);
    await guard.stateOf(symbol);
    const { rows, next } = await trades(symbol, page);
    return { symbol, trades: rows, ...(next === undefined ? {} : { cursor: toCursor(TRADES_LIST, next) }) };
  };

  return httpHandler(async (request): Promise<RouteAnswer> => {
    const [resource, symbol, ...rest] = request.segments;
    if (request.method !== 'GET' || rest.length > 0) throw notFound(request);
    if (resource === 'symbols' && symbol === undefined) {
      const answer: SymbolsAnswer = { symbols: await guard.list() };
      return cacheable(request, answer, MAX_AGE_S.symbols);
    }
    if (resource === 'tickers' && symbol === undefined) return cacheable(request, await tickers(), MAX_AGE_S.tickers);
    if (resource === 'depth' && symbol !== undefined) {
      await guard.stateOf(checkSymbol(symbol));
      return cacheable(request, await depth(symbol), MAX_AGE_S.depth);
    }
    if (resource === 'trades' && symbol !== undefined) {
      return cacheable(request, await tradesOf(request, checkSymbol(symbol)), MAX_AGE_S.trades);
    }
    throw notFound(request);
  }, deps);
}
