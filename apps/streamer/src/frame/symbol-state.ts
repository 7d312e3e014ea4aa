import { CandleError, mergeCandles, parseCandle, type Candle, type CandleSource } from '@supernoba/candles';
import type { PushedInterval, StatusFrame } from '@supernoba/protocol';
import { CLOSED_CANDLE_TRIES, CLOSED_CANDLES_READ } from '../limits.js';
import type { SymbolFailure, SymbolRead, TailRead, TailRequest } from '../poll/market-reader.js';
import { TradeTail } from '../poll/trade-tail.js';
import { rollUp } from '../rollup/roll-up.js';

export type SymbolStatus = StatusFrame['state'];

/** A candle that has closed, as the frame that says so. */
export interface ClosedCandle {
  t: number;
  frame: string;
}

/** The candles of one interval as frames. */
export interface CandleFrames {
  active: string | undefined;
  /** The newest ones that have closed, oldest first. */
  closed: readonly ClosedCandle[];
}

/** 1m candles that are kept for the longer intervals: the last two of 30m are whole. */
const MINUTES_KEPT = 61;

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
  #active: Candle | undefined;
  /** The newest closed 1m candles, ascending. */
  #minutes: Candle[] = [];
  #timeMs = 0;
  /** Candles have changed since the longer intervals were rolled up. */
  #isOutdated = false;
  /** What was rolled up of the candles as they stand now. */
  #rolledUp = new Map<PushedInterval, CandleFrames>();
  /** Start of a candle that must appear among the closed ones, and how often it was looked for. */
  #closing: { start: number; tries: number } | undefined;
  /** What the newest depth frame says of the book. */
  #bookState: unknown;
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
    this.#setMain('status', this.#statusOf(depth, read.state));

    const trades = this.trades.wanted(read.lastTrade ?? 0);
    const hadNone = this.#active === undefined;
    this.#observeTime(read.timeMs);
    this.#observeCandle(read.candle);
    // A candle may have opened and closed between two reads.
    const closedCandles = !this.isReady || this.#closing !== undefined || (hadNone && trades > 0);
    return trades > 0 || closedCandles ? { symbol: this.symbol, trades, closedCandles } : undefined;
  }

  /** Takes the lists that were asked for; answers a wider request where trades came in between. */
  complete(tail: TailRead, asked: TailRequest): TailRequest | undefined {
    if (asked.closedCandles) this.#takeClosed(tail);
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

  /** An administrator's halt is in the projection at once; what halted by itself only the engine's own frame tells. */
  #statusOf(depth: string | undefined, listed: string | undefined): SymbolStatus {
    if (depth === undefined) return 'stale';
    return isClosed(listed) || isClosed(this.#bookState) ? 'halted' : 'open';
  }

  /** The candles of an interval; those that cannot be told at this moment stay as they were told last. */
  candlesOf(interval: PushedInterval): CandleFrames {
    if (interval === '1m') return { active: this.candle, closed: this.closed };
    if (this.#isOutdated) this.#rollUpAnew();
    const frames = this.#rolledUp.get(interval) ?? this.#framesOf(interval) ?? { active: undefined, closed: [] };
    this.#rolledUp.set(interval, frames);
    return frames;
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
    this.#active = undefined;
    this.#minutes = [];
    this.#rolledUp.clear();
    this.#closing = undefined;
    this.#changes.main = true;
  }

  /** The text if it is a frame of this symbol; `known` is the frame made of the same text before. */
  #checked(kind: 'depth' | 'ticker', text: string | undefined, known: string | undefined): string | undefined {
    if (text === undefined) return undefined;
    if (text === known) return known;
    if (text === this.#seen[kind]) return undefined;
    try {
      const frame = JSON.parse(text) as { e?: unknown; s?: unknown; state?: unknown } | null;
      if (frame?.e === (kind === 'depth' ? 'd' : 't') && frame.s === this.symbol) {
        if (kind === 'depth') this.#bookState = frame.state;
        return text;
      }
      throw new TypeError(`no ${kind} frame: ${text.slice(0, 100)}`);
    } catch (error) {
      this.#seen[kind] = text;
      this.#onFailure(this.symbol, asError(error));
      return undefined;
    }
  }

  /** Where nobody trades, only the journal's time closes a longer candle. */
  #observeTime(timeMs: number): void {
    if (Math.floor(timeMs / 60_000) !== Math.floor(this.#timeMs / 60_000)) {
      this.#changes.main = true;
      this.#isOutdated = true;
    }
    this.#timeMs = timeMs;
  }

  #observeCandle(fields: CandleSource | undefined): void {
    let active: Candle | undefined;
    try {
      if (fields) active = parseCandle(fields);
    } catch (error) {
      if (!(error instanceof CandleError)) throw error;
      this.#onFailure(this.symbol, error);
      return;
    }
    const before = this.#active?.t;
    if (before !== undefined && active?.t !== before) this.#closing ??= { start: before, tries: 0 };
    // After a flush the engine writes the same open candle again: then it had not closed.
    if (active !== undefined && active.t === this.#closing?.start) this.#closing = undefined;
    this.#active = active;
    const frame = active && this.#candleFrame('candle', '1m', active);
    if (frame !== this.candle) this.#isOutdated = true;
    this.#setMain('candle', frame);
  }

  #takeClosed({ storedCandles, closedCandles }: TailRead): void {
    const closed = this.#parsed(closedCandles);
    // The ones that were backed up follow on these only where they were not all read.
    const stored = closedCandles.length < CLOSED_CANDLES_READ ? this.#parsed(storedCandles) : [];
    this.#minutes = mergeCandles(this.#minutes, stored, closed).slice(-MINUTES_KEPT);
    this.#isOutdated = true;
    const fresh = closed.filter(({ t }) => t > this.lastClosed);
    this.lastClosed = fresh.at(-1)?.t ?? this.lastClosed;
    if (this.isReady && fresh.length > 0) {
      const frames = fresh.map((candle) => ({ t: candle.t, frame: this.#candleFrame('candle_close', '1m', candle) }));
      this.closed = [...this.closed, ...frames].slice(-CLOSED_CANDLES_READ);
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

  #parsed(rows: readonly string[]): Candle[] {
    const candles: Candle[] = [];
    for (const row of rows) {
      try {
        candles.push(parseCandle(JSON.parse(row) as CandleSource));
      } catch (error) {
        this.#onFailure(this.symbol, asError(error));
      }
    }
    return candles;
  }

  /** Rolls up anew what was asked for before; an interval that cannot be told now keeps its frames. */
  #rollUpAnew(): void {
    this.#isOutdated = false;
    for (const interval of this.#rolledUp.keys()) {
      const frames = this.#framesOf(interval);
      if (frames) this.#rolledUp.set(interval, frames);
    }
  }

  #framesOf(interval: PushedInterval): CandleFrames | undefined {
    const minutes = this.#active ? mergeCandles(this.#minutes, [this.#active]) : this.#minutes;
    const rolled = rollUp(minutes, interval, this.#timeMs);
    return (
      rolled && {
        active: rolled.active && this.#candleFrame('candle', interval, rolled.active),
        closed: rolled.closed.map((candle) => ({
          t: candle.t,
          frame: this.#candleFrame('candle_close', interval, candle),
        })),
      }
    );
  }

  #candleFrame(e: 'candle' | 'candle_close', tf: PushedInterval, { t, o, h, l, c, v }: Candle): string {
    const head = `{"e":"${e}","tf":"${tf}","s":${JSON.stringify(this.symbol)}`;
    return `${head},"t":${t},"o":${o},"h":${h},"l":${l},"c":${c},"v":${v}}`;
  }
}

/** Takes cancels only. */
function isClosed(state: unknown): boolean {
  return state === 'halted' || state === 'delisted';
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
