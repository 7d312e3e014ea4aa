import type {
  CandleFrame,
  DepthFrame,
  PrivateFill,
  PrivateOrderStatus,
  PublicTrade,
  TradesFrame,
} from '@supernoba/protocol';

/** How many symbols and private events are remembered; the oldest go first. */
const MAX_SYMBOLS = 128;
const MAX_PRIVATE = 4096;

/**
 * Tells news from repeats. Frames can come twice (a reconnection, an at-least-once stream behind the private events);
 * each trade, closed candle and private event is let through once, and depth never goes back within a connection.
 */
export class Freshness {
  readonly #depth = new Map<string, number>();
  readonly #trades = new Map<string, { no: number; t: number }>();
  readonly #closedCandles = new Map<string, number>();
  readonly #private = new Map<string, true>();

  /** A new connection may lead to an exchange whose numbers begin again. */
  newConnection(): void {
    this.#depth.clear();
  }

  isNewDepth(frame: DepthFrame): boolean {
    const last = this.#depth.get(frame.s);
    if (last !== undefined && frame.u < last) return false;
    remember(this.#depth, frame.s, frame.u, MAX_SYMBOLS);
    return true;
  }

  /** The trades of the frame that were not seen yet, oldest first. */
  newTrades(frame: TradesFrame): PublicTrade[] {
    const news: PublicTrade[] = [];
    let last = this.#trades.get(frame.s);
    for (const trade of [...frame.d].sort((a, b) => a[0] - b[0])) {
      const [no, t] = trade;
      // A lower number with a later time: the market was begun anew, and so are its numbers.
      if (last !== undefined && no <= last.no && t <= last.t) continue;
      last = { no, t };
      news.push(trade);
    }
    if (last) remember(this.#trades, frame.s, last, MAX_SYMBOLS);
    return news;
  }

  isNewClose(frame: CandleFrame): boolean {
    const key = `${frame.s}:${frame.tf}`;
    const last = this.#closedCandles.get(key);
    if (last !== undefined && frame.t <= last) return false;
    remember(this.#closedCandles, key, frame.t, MAX_SYMBOLS);
    return true;
  }

  isNewFill({ symbol, seq, side, timestamp }: PrivateFill['data']): boolean {
    // Both sides of a trade with oneself carry the same `seq`; a market begun anew, another time.
    return this.#isNewPrivate(`${symbol}:${seq}:${side}:${timestamp}`);
  }

  isNewStatus({ symbol, seq, timestamp }: PrivateOrderStatus['data']): boolean {
    return this.#isNewPrivate(`${symbol}:${seq}::${timestamp}`);
  }

  #isNewPrivate(key: string): boolean {
    if (this.#private.has(key)) return false;
    remember(this.#private, key, true, MAX_PRIVATE);
    return true;
  }
}

/** Sets, and forgets the longest unchanged entry above the bound: a Map keeps the order of insertion. */
function remember<K, V>(map: Map<K, V>, key: K, value: V, max: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= max) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}
