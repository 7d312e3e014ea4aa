import type { Valkey } from '@supernoba/runtime';
import { createKeys } from '@supernoba/valkey-keys';
import type { HeldMarketData } from '../held.js';

/** What the depth cache holds of each symbol, each read in one step. */
export async function readMarketData(
  cache: Valkey,
  hashTags: boolean,
  symbols: Iterable<string>,
): Promise<Map<string, HeldMarketData>> {
  const keys = createKeys({ hashTags });
  const held = new Map<string, HeldMarketData>();
  for (const symbol of symbols) {
    const answers = await cache
      .multi()
      .hgetall(keys.marketData(symbol))
      .get(keys.depth(symbol))
      .get(keys.ticker(symbol))
      .hgetall(keys.candle(symbol))
      .lrange(keys.closedCandles(symbol), 0, -1)
      .lrange(keys.trades(symbol), 0, -1)
      .exec();
    if (answers === null) throw new Error(`the depth cache did not answer for ${symbol}`);
    const values = answers.map(([error, value]) => {
      if (error !== null) throw error;
      return value;
    });
    const [fence, depth, ticker, candle, closed, trades] = values as [
      Record<string, string>,
      string | null,
      string | null,
      Record<string, string>,
      string[],
      string[],
    ];
    const frames = { depth: depth ?? undefined, ticker: ticker ?? undefined };
    held.set(symbol, { fence, ...frames, candle, closed, trades });
  }
  return held;
}
