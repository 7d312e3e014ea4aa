import { isChained, mergeCandles, parseCandle, type Candle } from '@supernoba/candles';
import { cachedAll, EdgeError, type Valkey } from '@supernoba/edge';
import type { Keys } from '@supernoba/valkey-keys';

/** The 1m candles at hand in the depth cache. */
export interface HotCandles {
  /** Ascending, without a hole in the trades; the active candle last. */
  candles: readonly Candle[];
  /**
   * From here on, in epoch seconds, every traded minute is at hand; earlier trades lie in the cold store. −Infinity when there
   * are none.
   */
  since: number;
}

/** Two weeks of minutes: what one answer reads of the list, however long nobody has backed it up. */
const MAX_HOT_CANDLES = 20_160;

/** @throws EdgeError UNAVAILABLE while the cache is away, holds something unreadable, or has lost candles it had */
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
  const candles = newestUnbroken(parseAll(symbol, closed, active));
  const first = candles[0];
  if (first === undefined) {
    const hasTraded = lastTrade !== null && lastTrade !== '0';
    return { candles, since: hasTraded ? Infinity : -Infinity };
  }
  return { candles, since: first.q > first.n ? first.t : -Infinity };
}

function parseAll(symbol: string, closed: readonly string[], active: Record<string, string>): Candle[] {
  try {
    const series = closed.map((json) => parseCandle(JSON.parse(json) as Record<string, unknown>));
    return mergeCandles(series, active['t'] === undefined ? [] : [parseCandle(active)]);
  } catch (cause) {
    throw new EdgeError('UNAVAILABLE', `the candles of ${symbol} cannot be read`, { cause, retryAfterS: 20 });
  }
}

/** The newest candles between which no trade is missing: what lies before a hole is for the cold store to tell. */
function newestUnbroken(candles: Candle[]): Candle[] {
  for (let i = candles.length - 1; i > 0; i--) {
    const [earlier, later] = [candles[i - 1], candles[i]];
    if (earlier && later && !isChained(earlier, later)) return candles.slice(i);
  }
  return candles;
}
