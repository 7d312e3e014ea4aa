import { mergeCandles, parseCandle, type Candle } from '@supernoba/candles';
import { cachedAll, EdgeError, type Valkey } from '@supernoba/edge';
import type { Keys } from '@supernoba/valkey-keys';

/** The 1m candles at hand in the depth cache. */
export interface HotCandles {
  /** Ascending; the active candle last. */
  candles: readonly Candle[];
  /** Number of the last trade; undefined while the cache knows nothing of the symbol (flushed, or never traded). */
  lastTrade: number | undefined;
}

/** Two weeks of minutes: what one answer reads of the list, however long nobody has backed it up. */
const MAX_HOT_CANDLES = 20_160;

/** @throws EdgeError UNAVAILABLE while the cache is away or holds something unreadable */
export async function readHotCandles(valkey: Valkey, keys: Keys, symbol: string): Promise<HotCandles> {
  // One transaction: a candle that closes meanwhile is in one of the two, never in both or neither.
  const answers = await cachedAll(
    valkey
      .multi()
      .lrange(keys.closedCandles(symbol), -MAX_HOT_CANDLES, -1)
      .hgetall(keys.candle(symbol))
      .hget(keys.marketData(symbol), 'q'),
  );
  const [closed, active, lastTrade] = answers as [string[], Record<string, string>, string | null];
  return {
    candles: parseAll(symbol, closed, active),
    lastTrade: lastTrade === null ? undefined : Number(lastTrade),
  };
}

function parseAll(symbol: string, closed: readonly string[], active: Record<string, string>): Candle[] {
  try {
    const series = closed.map((json) => parseCandle(JSON.parse(json) as Record<string, unknown>));
    return mergeCandles(series, active['t'] === undefined ? [] : [parseCandle(active)]);
  } catch (cause) {
    throw new EdgeError('UNAVAILABLE', `the candles of ${symbol} cannot be read`, { cause, retryAfterS: 20 });
  }
}
