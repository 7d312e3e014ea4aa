import { bucketEnd, foldTrades, INTERVALS, type Candle, type Interval, type TradeRow } from '@supernoba/candles';
import type { SymbolMachine, SymbolOutput } from '@supernoba/engine/matching';
import type { FillEvent, TradeRecord } from '@supernoba/protocol';
import type { Observer } from '../replay.js';
import { tradeRecord } from './trade-rows.js';

export const MOVED_DAYS = 'days of symbols whose day boundary was moved';

/** What the journal makes of one symbol. */
interface Track {
  /** Trade n stands at n - 1. */
  trades: TradeRecord[];
  /** Journal time, epoch ms. */
  time: number;
  dayOffsetMin: number;
  /** Whether the day boundary was moved after the first trade: then the days of before had other bounds. */
  movedDay: boolean;
  candles: Map<Interval, ReadonlyMap<number, Candle>>;
}

/** The executions of each symbol and the candles that they fold into, of every interval. */
export class Tape implements Observer {
  readonly #tracks = new Map<string, Track>();

  moved({ symbol, time, fold }: SymbolMachine, output: SymbolOutput | undefined): void {
    let track = this.#tracks.get(symbol);
    if (track === undefined) {
      const { dayOffsetMin } = fold;
      track = { trades: [], time, dayOffsetMin, movedDay: false, candles: new Map() };
      this.#tracks.set(symbol, track);
    }
    track.movedDay ||= track.dayOffsetMin !== fold.dayOffsetMin && track.trades.length > 0;
    track.dayOffsetMin = fold.dayOffsetMin;
    track.time = time;
    for (const text of output?.fills ?? []) track.trades.push(tradeRecord(JSON.parse(text) as FillEvent));
  }

  symbols(): Iterable<string> {
    return this.#tracks.keys();
  }

  /** Undefined where the journal has no such trade. */
  trade(symbol: string, no: number): TradeRecord | undefined {
    return this.#tracks.get(symbol)?.trades[no - 1];
  }

  /** Whether candles of the interval can be told from the journal: not days whose bounds were moved. */
  isKnown(symbol: string, interval: Interval): boolean {
    return interval !== '1d' || this.#tracks.get(symbol)?.movedDay !== true;
  }

  /** Candles of an interval whose time is over by the journal, by their start, ascending. */
  candles(symbol: string, interval: Interval): ReadonlyMap<number, Candle> {
    const track = this.#tracks.get(symbol);
    if (track === undefined) return new Map();
    let candles = track.candles.get(interval);
    if (candles === undefined) {
      const rows = track.trades.map(({ trade_no, timestamp, price, quantity }): TradeRow => {
        return [trade_no, timestamp, price, quantity];
      });
      const closed = foldTrades(rows, interval, track.dayOffsetMin).filter(
        ({ t }) => bucketEnd(interval, t) * 1000 <= track.time,
      );
      candles = new Map(closed.map((candle) => [candle.t, candle]));
      track.candles.set(interval, candles);
    }
    return candles;
  }
}

/** `SYMBOL#5m`: a series of `candle_history`. Undefined for other keys. */
export function seriesOf(pk: string): { symbol: string; interval: Interval } | undefined {
  const at = pk.lastIndexOf('#');
  const interval = INTERVALS.find((known) => known === pk.slice(at + 1));
  return interval && { symbol: pk.slice(0, at), interval };
}
