import { RECENT_TRADES, SYMBOL_PATTERN } from '@supernoba/protocol';
import type { Valkey } from '@supernoba/runtime';
import type { Keys } from '@supernoba/valkey-keys';
import { CLOSED_CANDLES_READ } from '../limits.js';

/** The keys of one symbol as they stood at one read. A key that is not there is undefined: stale, never zero. */
export interface SymbolRead {
  symbol: string;
  depth: string | undefined;
  ticker: string | undefined;
  /** Fields of the active 1m candle; undefined while none is open. */
  candle: Readonly<Record<string, string>> | undefined;
  /** Number of the last trade; undefined while the engine has written nothing. */
  lastTrade: number | undefined;
  /** The journal's time, epoch ms; 0 while the engine has written nothing. */
  timeMs: number;
  /** From the projection of the symbols table: open, halted, delisted. */
  state: string | undefined;
  mainSubscribers: readonly string[];
  subSubscribers: readonly string[];
  /** Candle interval of the main subscribers that chose another than 1m, by connection. */
  timeframes: Readonly<Record<string, string>>;
}

export interface MarketRead {
  symbols: readonly SymbolRead[];
  /** Connections of the fast loop. */
  realtime: ReadonlySet<string>;
}

/** Which lists of a symbol to read, and from where. */
export interface TailRequest {
  symbol: string;
  /** Trades from the newest backwards; 0 reads none. */
  trades: number;
  closedCandles: boolean;
}

export interface TailRead {
  symbol: string;
  trades: readonly string[];
  /** Newest closed 1m candles that were backed up, and those that were not yet, oldest first. */
  storedCandles: readonly string[];
  closedCandles: readonly string[];
}

/** A key held something else than it should: the symbol is left out of the read, all others are served. */
export type SymbolFailure = (symbol: string, error: Error) => void;

type Pipeline = ReturnType<Valkey['pipeline']>;
type Reply = [error: Error | null, value: unknown];

/** Replies that concern one key; every other error (connection lost, loading, timed out) concerns the whole read. */
const KEY_ERROR = /^WRONGTYPE/;
const REPLIES_PER_SYMBOL = 7;
const REPLIES_PER_TAIL = 3;

/**
 * Reads the market in one round trip: the subscribed symbols, who watches each, and what the engine wrote.
 * The cost grows with the symbols, not with the connections.
 */
export class MarketReader {
  readonly #valkey: Valkey;
  readonly #keys: Keys;
  readonly #onSymbolFailure: SymbolFailure;
  #symbols: readonly string[] = [];

  constructor(valkey: Valkey, keys: Keys, onSymbolFailure: SymbolFailure) {
    this.#valkey = valkey;
    this.#keys = keys;
    this.#onSymbolFailure = onSymbolFailure;
  }

  /**
   * The market now. Symbols that were subscribed since the last read cost a second round trip, so that they are served at once.
   *
   * @throws the client's error where the server does not answer
   */
  async read(): Promise<MarketRead> {
    const known = this.#symbols;
    const pipeline = this.#valkey.pipeline();
    pipeline.smembers(this.#keys.subscribedSymbols);
    pipeline.smembers(this.#keys.realtimeConnections);
    pipeline.hgetall(this.#keys.symbolStates);
    for (const symbol of known) this.#addSymbol(pipeline, symbol);
    const [subscribed, realtime, states, ...replies] = await run(pipeline);
    const symbols = (valueOf(subscribed) as string[]).filter((symbol) => SYMBOL_PATTERN.test(symbol));
    const wanted = new Set(symbols);
    const stateOf = valueOf(states) as Record<string, string>;
    const reads = this.#symbolReads(known, replies, stateOf).filter(({ symbol }) => wanted.has(symbol));

    const knownSet = new Set(known);
    const added = symbols.filter((symbol) => !knownSet.has(symbol));
    if (added.length > 0) {
      const second = this.#valkey.pipeline();
      for (const symbol of added) this.#addSymbol(second, symbol);
      reads.push(...this.#symbolReads(added, await run(second), stateOf));
    }
    this.#symbols = symbols;
    return { symbols: reads, realtime: new Set(valueOf(realtime) as string[]) };
  }

  /** Newest trades and closed candles of the symbols where something happened: one round trip, none where nothing is asked. */
  async readTails(requests: readonly TailRequest[]): Promise<TailRead[]> {
    if (requests.length === 0) return [];
    const pipeline = this.#valkey.pipeline();
    for (const { symbol, trades, closedCandles } of requests) {
      // Lists are read from the newest backwards; an empty range costs nothing and keeps three replies a symbol.
      const tradesFrom = trades > 0 ? -Math.min(trades, RECENT_TRADES) : 1;
      pipeline.lrange(this.#keys.trades(symbol), tradesFrom, trades > 0 ? -1 : 0);
      const [from, to] = closedCandles ? [-CLOSED_CANDLES_READ, -1] : [1, 0];
      pipeline.lrange(this.#keys.storedCandles(symbol), from, to);
      pipeline.lrange(this.#keys.closedCandles(symbol), from, to);
    }
    const replies = await run(pipeline);
    return requests.flatMap(({ symbol }, index) => {
      const values = this.#valuesOf(symbol, replies.slice(REPLIES_PER_TAIL * index, REPLIES_PER_TAIL * (index + 1)));
      if (!values) return [];
      const [trades, storedCandles, closedCandles] = values as [string[], string[], string[]];
      return [{ symbol, trades, storedCandles, closedCandles }];
    });
  }

  #addSymbol(pipeline: Pipeline, symbol: string): void {
    pipeline.get(this.#keys.depth(symbol));
    pipeline.get(this.#keys.ticker(symbol));
    pipeline.hgetall(this.#keys.candle(symbol));
    pipeline.hmget(this.#keys.marketData(symbol), 'q', 't');
    pipeline.smembers(this.#keys.mainSubscribers(symbol));
    pipeline.smembers(this.#keys.subSubscribers(symbol));
    pipeline.hgetall(this.#keys.mainTimeframes(symbol));
  }

  #symbolReads(symbols: readonly string[], replies: readonly Reply[], states: Record<string, string>): SymbolRead[] {
    return symbols.flatMap((symbol, index) => {
      const first = index * REPLIES_PER_SYMBOL;
      const values = this.#valuesOf(symbol, replies.slice(first, first + REPLIES_PER_SYMBOL));
      if (!values) return [];
      const [depth, ticker, candle, [q, time], mainSubscribers, subSubscribers, timeframes] = values as [
        string | null,
        string | null,
        Record<string, string>,
        [q: string | null, time: string | null],
        string[],
        string[],
        Record<string, string>,
      ];
      return [
        {
          symbol,
          depth: depth ?? undefined,
          ticker: ticker ?? undefined,
          candle: candle['t'] === undefined ? undefined : candle,
          lastTrade: numberOf(q),
          timeMs: numberOf(time) ?? 0,
          state: states[symbol],
          mainSubscribers,
          subSubscribers,
          timeframes,
        },
      ];
    });
  }

  /** The values of one symbol's replies, or undefined where one of its keys is not what it should be. */
  #valuesOf(symbol: string, replies: readonly Reply[]): unknown[] | undefined {
    const values: unknown[] = [];
    for (const reply of replies) {
      const [error, value] = reply;
      if (error && KEY_ERROR.test(error.message)) {
        this.#onSymbolFailure(symbol, error);
        return undefined;
      }
      values.push(error ? valueOf(reply) : value);
    }
    return values;
  }
}

function numberOf(text: string | null): number | undefined {
  return text !== null && /^\d{1,16}$/.test(text) ? Number(text) : undefined;
}

async function run(pipeline: Pipeline): Promise<Reply[]> {
  const replies = await pipeline.exec();
  if (!replies) throw new Error('the cache answered nothing');
  return replies;
}

function valueOf(reply: Reply | undefined): unknown {
  if (!reply) throw new Error('the cache left a command unanswered');
  const [error, value] = reply;
  if (error) throw error;
  return value;
}
