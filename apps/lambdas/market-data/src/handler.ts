import {
  cachedAll,
  EdgeError,
  httpHandler,
  notFound,
  type HttpOptions,
  type RouteAnswer,
  type SymbolGuard,
  type Valkey,
} from '@supernoba/edge';
import { SYMBOL_PATTERN } from '@supernoba/protocol';
import type { DepthFrame, SymbolsAnswer } from '@supernoba/protocol';
import type { Keys } from '@supernoba/valkey-keys';

export interface MarketDataDeps extends HttpOptions {
  valkey: Valkey;
  keys: Keys;
  guard: SymbolGuard;
}

/** The public reads `GET /symbols` and `GET /depth/{symbol}`; `/tickers` and `/trades/{symbol}` are not available yet. */
export function createHandler({ valkey, keys, guard, ...options }: MarketDataDeps) {
  const depth = async (symbol: string): Promise<RouteAnswer> => {
    if (!SYMBOL_PATTERN.test(symbol)) throw new EdgeError('BAD_SYMBOL', `a symbol matches ${SYMBOL_PATTERN.source}`);
    await guard.stateOf(symbol);
    const [frame, known] = await cachedAll(valkey.pipeline().get(keys.depth(symbol)).exists(keys.marketData(symbol)));
    if (typeof frame === 'string') return { status: 200, body: JSON.parse(frame) as DepthFrame };
    if (known === 1) {
      throw new EdgeError('UNAVAILABLE', `the book of ${symbol} has not been refreshed for a minute`, {
        retryAfterS: 20,
      });
    }
    // No engine has ever written this symbol: its book is the empty one, of event 0.
    const empty: DepthFrame = { e: 'd', s: symbol, t: 0, b: [], a: [], u: 0 };
    return { status: 200, body: empty };
  };

  return httpHandler(async (request) => {
    const [resource, symbol, ...rest] = request.segments;
    if (request.method !== 'GET' || rest.length > 0) throw notFound(request);
    if (resource === 'symbols' && symbol === undefined) {
      const answer: SymbolsAnswer = { symbols: await guard.list() };
      return { status: 200, body: answer };
    }
    if (resource === 'depth' && symbol !== undefined) return depth(symbol);
    if ((resource === 'tickers' && symbol === undefined) || (resource === 'trades' && symbol !== undefined)) {
      throw new EdgeError('NOT_AVAILABLE', `/${resource} is not available yet`);
    }
    throw notFound(request);
  }, options);
}
