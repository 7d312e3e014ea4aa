import { cachedAll, type SymbolGuard, type Valkey } from '@supernoba/edge';
import type { PublicTrade, TickerFrame, TickersAnswer, TickerState } from '@supernoba/protocol';
import type { Keys } from '@supernoba/valkey-keys';

export interface TickersDeps {
  valkey: Valkey;
  keys: Keys;
  guard: SymbolGuard;
}

/** Every symbol and its figures. Where no engine keeps them alive, `stale` says so, and the last trade at hand is all there is. */
export function createTickerReader({ valkey, keys, guard }: TickersDeps) {
  return async (): Promise<TickersAnswer> => {
    const symbols = await guard.list();
    const pipeline = valkey.pipeline();
    for (const { symbol } of symbols) {
      pipeline.exists(keys.depth(symbol)).get(keys.ticker(symbol)).lindex(keys.trades(symbol), -1);
    }
    const answers = await cachedAll(pipeline);
    const tickers = symbols.map(({ symbol, state }, index): TickerState => {
      const [isAlive, ticker, trade] = answers.slice(3 * index, 3 * index + 3) as [0 | 1, string | null, string | null];
      const known = { s: symbol, state };
      if (isAlive === 0) return { ...known, stale: true, ...lastTrade(trade) };
      return { ...known, stale: false, ...(ticker === null ? {} : (JSON.parse(ticker) as TickerFrame)) };
    });
    return { tickers };
  };
}

function lastTrade(trade: string | null): Pick<TickerState, 't' | 'p'> {
  if (trade === null) return {};
  const [, t, p] = JSON.parse(trade) as PublicTrade;
  return { t, p };
}
