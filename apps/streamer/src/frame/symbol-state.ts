import { CandleError, parseCandle, type CandleSource } from '@supernoba/candles';
import type { StatusFrame } from '@supernoba/protocol';
import { CLOSED_CANDLE_TRIES, CLOSED_CANDLES_READ } from '../limits.js';
import type { SymbolFailure, SymbolRead, TailRead, TailRequest } from '../poll/market-reader.js';
import { TradeTail } from '../poll/trade-tail.js';

export type SymbolStatus = StatusFrame['state'];

/** A candle that has closed, as the frame that says so. */
export interface ClosedCandle {
  t: number;
  frame: string;
}

/** Who has something new to hear. */
export interface SymbolChanges {
  main: boolean;
  ticker: boolean;
}

/**
 * The newest state of one symbol as frames ready to be sent, and what changed since it was last asked. A frame keeps its
 * identity as long as its content is the same, however often the engine rewrites it.
 */
export class SymbolState {
  readonly symbol: string;
  /** Changes when trade numbers begin anew (an emptied journal): what was sent before says nothing then. */
  generation = 0;
  status: SymbolStatus = 'stale';
  depth: string | undefined;
  ticker: string | undefined;
  candle: string | undefined;
  trades = new TradeTail();
  /** The newest closed candles that were seen closing, oldest first. */
  closed: ClosedCandle[] = [];
  /** Start of the newest closed candle; −1 before the first. */
  lastClosed = -1;
  /** False until its lists were read once. */
  isReady = false;
  /** Candles that vanished from the cache without ever appearing among the closed ones. */
  missedCloses = 0;

  readonly #onFailure: SymbolFailure;
  #changes: SymbolChanges = { main: false, ticker: false };
  #activeStart: number | undefined;
  /** Start of a candle that must appear among the closed ones, and how often it was looked for. */
  #closing: { start: number; tries: number } | undefined;
  readonly #seen = { depth: '', ticker: '' };

  constructor(symbol: string, onFailure: SymbolFailure) {
    this.symbol = symbol;
    this.#onFailure = onFailure;
  }

  /** Takes what was read, and tells which of the symbol's lists are to be read too. */
  observe(read: SymbolRead): TailRequest | undefined {
    if (read.lastTrade !== undefined && read.lastTrade < this.trades.last) this.#startOver();
    const depth = this.#checked('depth', read.depth, this.depth);
    this.#setMain('depth', depth);
    const ticker = this.#checked('ticker', read.ticker, this.ticker);
    if (ticker !== undefined && ticker !== this.ticker) this.#changes.ticker = true;
    this.ticker = ticker;
    this.#setMain(
      'status',
      depth === undefined ? 'stale' : read.state === 'halted' || read.state === 'delisted' ? 'halted' : 'open',
    );

    const trades = this.trades.wanted(read.lastTrade ?? 0);
    const hadNone = this.#activeStart === undefined;
    this.#observeCandle(read.candle);
    // A candle may have opened and closed between two reads.
    const closedCandles = !this.isReady || this.#closing !== undefined || (hadNone && trades > 0);
    return trades > 0 || closedCandles ? { symbol: this.symbol, trades, closedCandles } : undefined;
  }

  /** Takes the lists that were asked for; answers a wider request where trades came in between. */
  complete(tail: TailRead, asked: TailRequest): TailRequest | undefined {
    if (asked.closedCandles) this.#takeClosed(tail.closedCandles);
    this.isReady = true;
    if (asked.trades === 0) return undefined;
    const before = this.trades.last;
    try {
      if (!this.trades.take(tail.trades, asked.trades))
        return { symbol: this.symbol, trades: Infinity, closedCandles: false };
    } catch (error) {
      this.#onFailure(this.symbol, asError(error));
    }
    if (this.trades.last !== before) this.#changes.main = true;
    return undefined;
  }

  /** Nobody knows the state any more: the cache has not answered for as long as market data lives. */
  expire(): void {
    this.#setMain('status', 'stale');
    this.#setMain('depth', undefined);
    this.ticker = undefined;
  }

  /** What changed since the last call. */
  takeChanges(): SymbolChanges {
    const changes = this.#changes;
    this.#changes = { main: false, ticker: false };
    return changes;
  }

  #setMain<K extends 'depth' | 'candle' | 'status'>(field: K, value: this[K]): void {
    if (this[field] === value) return;
    this[field] = value;
    this.#changes.main = true;
  }

  #startOver(): void {
    this.generation += 1;
    this.trades = new TradeTail();
    this.closed = [];
    this.lastClosed = -1;
    this.isReady = false;
    this.#activeStart = undefined;
    this.#closing = undefined;
    this.#changes.main = true;
  }

  /** The text if it is a frame of this symbol; `known` is the frame made of the same text before. */
  #checked(kind: 'depth' | 'ticker', text: string | undefined, known: string | undefined): string | undefined {
    if (text === undefined) return undefined;
    if (text === known) return known;
    if (text === this.#seen[kind]) return undefined;
    try {
      const frame = JSON.parse(text) as { e?: unknown; s?: unknown } | null;
      if (frame?.e === (kind === 'depth' ? 'd' : 't') && frame.s === this.symbol) return text;
      throw new TypeError(`no ${kind} frame: ${text.slice(0, 100)}`);
    } catch (error) {
      this.#seen[kind] = text;
      this.#onFailure(this.symbol, asError(error));
      return undefined;
    }
  }

  #observeCandle(fields: CandleSource | undefined): void {
    let start: number | undefined;
    let frame: string | undefined;
    try {
      if (fields) [start, frame] = this.#candleFrame('candle', fields);
    } catch (error) {
      if (!(error instanceof CandleError)) throw error;
      this.#onFailure(this.symbol, error);
      return;
    }
    const before = this.#activeStart;
    if (before !== undefined && start !== before) this.#closing ??= { start: before, tries: 0 };
    // After a flush the engine writes the same open candle again: then it had not closed.
    if (start !== undefined && start === this.#closing?.start) this.#closing = undefined;
    this.#activeStart = start;
    this.#setMain('candle', frame);
  }

  #takeClosed(rows: readonly string[]): void {
    const candles: ClosedCandle[] = [];
    for (const row of rows) {
      try {
        const [t, frame] = this.#candleFrame('candle_close', JSON.parse(row) as CandleSource);
        candles.push({ t, frame });
      } catch (error) {
        this.#onFailure(this.symbol, asError(error));
      }
    }
    const fresh = candles.filter(({ t }) => t > this.lastClosed);
    this.lastClosed = fresh.at(-1)?.t ?? this.lastClosed;
    if (this.isReady && fresh.length > 0) {
      this.closed = [...this.closed, ...fresh].slice(-CLOSED_CANDLES_READ);
      this.#changes.main = true;
    }
    const closing = this.#closing;
    if (!closing) return;
    closing.tries += 1;
    const isFound = this.lastClosed >= closing.start;
    if (!isFound && closing.tries < CLOSED_CANDLE_TRIES) return;
    if (!isFound) this.missedCloses += 1;
    this.#closing = undefined;
  }

  #candleFrame(e: 'candle' | 'candle_close', source: CandleSource): [start: number, frame: string] {
    const { t, o, h, l, c, v } = parseCandle(source);
    const head = `{"e":"${e}","tf":"1m","s":${JSON.stringify(this.symbol)}`;
    return [t, `${head},"t":${t},"o":${o},"h":${h},"l":${l},"c":${c},"v":${v}}`];
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
