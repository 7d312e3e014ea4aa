import { RECENT_TRADES, type PublicTrade } from '@supernoba/protocol';
import { DAY_MS, DEFAULT_DAY_OFFSET_MIN, nextDayBoundary, percentChange } from './days.js';

export const MINUTE_MS = 60_000;
/** Closed candles are held this long in journal time, so that a flushed cache gets them back. */
export const CLOSED_CANDLES_MS = 30 * MINUTE_MS;

export interface MinuteCandle {
  /** Start, epoch seconds. */
  t: number;
  o: number;
  h: number;
  l: number;
  c: number;
  /** Lots, exact. */
  v: bigint;
  /** Trades in it. */
  n: number;
  /** Number of its last trade. */
  q: number;
}

/** Figures of the trading day; prices in ticks, volume in lots. */
export interface DayFigures {
  o: number;
  h: number;
  l: number;
  v: bigint;
}

/** A trading day that is over. Without a trade all prices are the one carried over, the volume is 0. */
export interface PreviousDay extends DayFigures {
  /** Start, epoch seconds. */
  t: number;
  c: number;
}

/** What a snapshot holds of the fold. Big numbers travel as decimal strings. */
export interface FoldState {
  candle: CandleState | null;
  closed: CandleState[];
  trades: PublicTrade[];
  day: { o: number; h: number; l: number; v: string } | null;
  /** Absent in snapshots of builds that did not keep it. */
  previous?: (Omit<PreviousDay, 'v'> & { v: string }) | null;
  /** Epoch ms; null before the first trade. */
  dayEnd: number | null;
  dayOffsetMin: number;
  lastPrice: number;
  prevClose: number;
  prevPrevClose: number;
  q: number;
}
export type CandleState = Omit<MinuteCandle, 'v'> & { v: string };

/** The market data of one symbol as a fold of its trades: nothing in it comes from anywhere else. */
export class MarketFold {
  candle: MinuteCandle | undefined;
  /** Oldest first. */
  closed: MinuteCandle[] = [];
  day: DayFigures | undefined;
  /** The day before the current one; undefined on the first. */
  previous: PreviousDay | undefined;
  dayOffsetMin = DEFAULT_DAY_OFFSET_MIN;
  /** Prices in ticks; 0 where there is none. */
  lastPrice = 0;
  /** Last trade before the current day, and before the day before. */
  prevClose = 0;
  prevPrevClose = 0;
  /** Number of the last trade folded. */
  q = 0;
  #dayEnd = Infinity;
  #trades: PublicTrade[] = [];

  trade(trade: PublicTrade): void {
    const [no, time, price, quantity] = trade;
    this.q = no;
    this.lastPrice = price;
    this.#trades.push(trade);
    // Cut rarely: a shift at every trade would move a thousand entries.
    if (this.#trades.length >= 2 * RECENT_TRADES) this.#trades = this.#trades.slice(-RECENT_TRADES);
    this.#foldMinute(no, time, price, quantity);
    this.#foldDay(time, price, quantity);
  }

  /** The newest 1,000 trades, oldest first. */
  recentTrades(): PublicTrade[] {
    return this.#trades.slice(-RECENT_TRADES);
  }

  /** End of the open minute candle, epoch ms; Infinity without one. */
  get minuteDeadline(): number {
    return this.candle === undefined ? Infinity : this.candle.t * 1000 + MINUTE_MS;
  }

  /** End of the trading day, epoch ms; Infinity before the first trade. */
  get dayDeadline(): number {
    return this.#dayEnd;
  }

  /** The timer of the open minute candle. */
  closeMinute(): void {
    if (this.candle === undefined) return;
    const end = this.minuteDeadline;
    this.closed.push(this.candle);
    this.candle = undefined;
    const oldest = (end - CLOSED_CANDLES_MS) / 1000;
    while (this.closed.length > 0 && this.closed[0]!.t < oldest) this.closed.shift();
  }

  /** The timer of the day boundary. Idle days carry the last price over. */
  closeDay(): void {
    const price = this.lastPrice;
    const figures = this.day ?? { o: price, h: price, l: price, v: 0n };
    this.previous = { t: (this.#dayEnd - DAY_MS) / 1000, ...figures, c: price };
    this.prevPrevClose = this.prevClose;
    this.prevClose = price;
    this.day = undefined;
    this.#dayEnd += DAY_MS;
  }

  /** A new offset counts from the current day on: it ends at the first new boundary after `time`. */
  setDayOffset(offsetMin: number, time: number): void {
    this.dayOffsetMin = offsetMin;
    if (this.#dayEnd !== Infinity) this.#dayEnd = nextDayBoundary(time, offsetMin);
  }

  /** Change of the day, percent: the last trade against the last close, or the day's first trade where there is none. */
  get change(): number {
    return percentChange(this.lastPrice, this.prevClose === 0 ? (this.day?.o ?? 0) : this.prevClose);
  }

  /** Change of the day before, percent; 0 where one of the two closes is missing. */
  get previousChange(): number {
    return this.prevClose === 0 ? 0 : percentChange(this.prevClose, this.prevPrevClose);
  }

  state(): FoldState {
    return {
      candle: this.candle === undefined ? null : candleState(this.candle),
      closed: this.closed.map(candleState),
      trades: this.recentTrades(),
      day: this.day === undefined ? null : { ...this.day, v: String(this.day.v) },
      previous: this.previous === undefined ? null : { ...this.previous, v: String(this.previous.v) },
      dayEnd: this.#dayEnd === Infinity ? null : this.#dayEnd,
      dayOffsetMin: this.dayOffsetMin,
      lastPrice: this.lastPrice,
      prevClose: this.prevClose,
      prevPrevClose: this.prevPrevClose,
      q: this.q,
    };
  }

  static from(state: FoldState): MarketFold {
    const fold = new MarketFold();
    fold.candle = state.candle === null ? undefined : candleFrom(state.candle);
    fold.closed = state.closed.map(candleFrom);
    fold.#trades = state.trades;
    fold.day = state.day === null ? undefined : { ...state.day, v: BigInt(state.day.v) };
    const { previous } = state;
    fold.previous = previous ? { ...previous, v: BigInt(previous.v) } : undefined;
    fold.#dayEnd = state.dayEnd ?? Infinity;
    fold.dayOffsetMin = state.dayOffsetMin;
    fold.lastPrice = state.lastPrice;
    fold.prevClose = state.prevClose;
    fold.prevPrevClose = state.prevPrevClose;
    fold.q = state.q;
    return fold;
  }

  #foldMinute(no: number, time: number, price: number, quantity: number): void {
    const candle = this.candle;
    if (candle === undefined) {
      const t = (time - (time % MINUTE_MS)) / 1000;
      this.candle = { t, o: price, h: price, l: price, c: price, v: BigInt(quantity), n: 1, q: no };
      return;
    }
    if (price > candle.h) candle.h = price;
    if (price < candle.l) candle.l = price;
    candle.c = price;
    candle.v += BigInt(quantity);
    candle.n += 1;
    candle.q = no;
  }

  #foldDay(time: number, price: number, quantity: number): void {
    if (this.#dayEnd === Infinity) this.#dayEnd = nextDayBoundary(time, this.dayOffsetMin);
    const day = this.day;
    if (day === undefined) {
      this.day = { o: price, h: price, l: price, v: BigInt(quantity) };
      return;
    }
    if (price > day.h) day.h = price;
    if (price < day.l) day.l = price;
    day.v += BigInt(quantity);
  }
}

function candleState(candle: MinuteCandle): CandleState {
  return { ...candle, v: String(candle.v) };
}

function candleFrom(state: CandleState): MinuteCandle {
  return { ...state, v: BigInt(state.v) };
}
