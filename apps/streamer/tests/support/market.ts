import { CandleFold, candleToJson } from '@supernoba/candles';
import {
  MARKET_DATA_TTL_S,
  RECENT_TRADES,
  RECENT_TRADES_TTL_S,
  type DepthFrame,
  type TickerFrame,
} from '@supernoba/protocol';
import { runScript, type Valkey } from '@supernoba/runtime';
import {
  connectionKeys,
  connectionOpen,
  connectionOpenArgs,
  connectionSubscribe,
  connectionSubscribeArgs,
  connectionUnsubscribe,
  connectionUnsubscribeArgs,
  marketDataApply,
  marketDataApplyArgs,
  marketDataKeys,
  marketDataReplace,
  marketDataReplaceArgs,
  type Keys,
} from '@supernoba/valkey-keys';

export const START_MS = Date.parse('2025-12-14T05:31:00Z');

/** Writes the market data of one symbol as the engine does: through the same scripts, numbered and fenced. */
export class TestEngine {
  readonly #valkey: Valkey;
  readonly #keys: Keys;
  readonly symbol: string;
  readonly #epoch: number;
  #seq = 0;
  #q = 0;
  #timeMs = START_MS;
  #fold = new CandleFold('1m');
  #lastPrice: number | undefined;
  /** What the book says of itself. */
  state: DepthFrame['state'];

  constructor(valkey: Valkey, keys: Keys, symbol: string, epoch = 1) {
    this.#valkey = valkey;
    this.#keys = keys;
    this.symbol = symbol;
    this.#epoch = epoch;
  }

  /** The journal's time, epoch ms. */
  get timeMs(): number {
    return this.#timeMs;
  }

  get lastTrade(): number {
    return this.#q;
  }

  /** Absolute state, as after a start; `q` goes on from a trade number. */
  async begin({ bid = 100, q = 0 }: { bid?: number; q?: number } = {}): Promise<void> {
    this.#q = q;
    this.#fold = new CandleFold('1m', { q });
    await runScript(
      this.#valkey,
      marketDataReplace,
      marketDataKeys(this.#keys, this.symbol),
      marketDataReplaceArgs({
        epoch: this.#epoch,
        seq: ++this.#seq,
        q,
        time: this.#timeMs,
        depth: this.#depth(bid),
        ticker: '',
        frameTtlS: MARKET_DATA_TTL_S,
        tradesTtlS: RECENT_TRADES_TTL_S,
        candle: undefined,
        closed: [],
        trades: [],
      }),
    );
  }

  /** One batch: the best bid, and trades of `[price, quantity]`. */
  async apply({ bid = 100, trades = [] as (readonly [number, number])[] } = {}): Promise<void> {
    const rows = trades.map(([price, qty]) => {
      this.#lastPrice = price;
      this.#fold.trade(++this.#q, this.#timeMs, price, qty);
      return [this.#q, this.#timeMs, price, qty, true] as const;
    });
    this.#seq += 1 + rows.length;
    await this.#write(this.#depth(bid), this.#lastPrice === undefined ? '' : this.#ticker(this.#lastPrice), rows);
  }

  /** Time passes: a candle that has ended closes. */
  async advance(ms: number): Promise<void> {
    this.#timeMs += ms;
    this.#fold.closeAt(this.#timeMs);
    await this.#write('', '', []);
  }

  /** Time passes, and the next batch tells of it. */
  skip(ms: number): void {
    this.#timeMs += ms;
  }

  /** The open candle as the fold of the trades says. */
  get candle() {
    const { active } = this.#fold;
    return active && (JSON.parse(candleToJson(active)) as Record<string, number>);
  }

  async #write(
    depth: string,
    ticker: string,
    trades: (readonly [number, number, number, number, boolean])[],
  ): Promise<void> {
    const answer = await runScript(
      this.#valkey,
      marketDataApply,
      marketDataKeys(this.#keys, this.symbol),
      marketDataApplyArgs({
        epoch: this.#epoch,
        seq: this.#seq,
        q: this.#q,
        time: this.#timeMs,
        depth,
        ticker,
        frameTtlS: MARKET_DATA_TTL_S,
        tradesTtlS: RECENT_TRADES_TTL_S,
        maxTrades: RECENT_TRADES,
        trades,
      }),
    );
    if (answer !== 'OK') throw new Error(`the cache answered ${String(answer)}`);
  }

  #depth(bid: number): string {
    const frame: DepthFrame = {
      e: 'd',
      s: this.symbol,
      t: this.#timeMs,
      b: [[bid, 10]],
      a: [[bid + 1, 10]],
      u: this.#seq,
      ...(this.state === undefined ? {} : { state: this.state }),
    };
    return JSON.stringify(frame);
  }

  #ticker(price: number): string {
    const frame: TickerFrame = {
      e: 't',
      s: this.symbol,
      t: this.#timeMs,
      p: price,
      c: 0,
      yc: 0,
      o: price,
      h: price,
      l: price,
      v: 1,
    };
    return JSON.stringify(frame);
  }
}

/** Registers connections as the connect and subscribe handlers do. */
export class TestRegistry {
  readonly #valkey: Valkey;
  readonly #keys: Keys;

  constructor(valkey: Valkey, keys: Keys) {
    this.#valkey = valkey;
    this.#keys = keys;
  }

  async connect(id: string, { userId = '' } = {}): Promise<void> {
    const json = JSON.stringify({ userId, isLoggedIn: userId !== '', connectedAt: START_MS });
    const args = connectionOpenArgs(id, json, 7_500, userId);
    await runScript(this.#valkey, connectionOpen, connectionKeys(this.#keys, id, userId), args);
  }

  async subscribe(id: string, { main = '', timeframe = '1m', sub = [] as string[] }): Promise<void> {
    const args = connectionSubscribeArgs(this.#keys, id, {
      ttlS: 7_500,
      maxSub: 100,
      main,
      timeframe,
      sub,
      isLegacy: false,
    });
    await runScript(this.#valkey, connectionSubscribe, connectionKeys(this.#keys, id, ''), args);
  }

  async unsubscribe(id: string): Promise<void> {
    const args = connectionUnsubscribeArgs(this.#keys, id, { main: '', sub: [], isAll: true });
    await runScript(this.#valkey, connectionUnsubscribe, connectionKeys(this.#keys, id, ''), args);
  }
}
