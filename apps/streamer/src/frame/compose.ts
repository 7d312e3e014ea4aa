import type { PushedInterval } from '@supernoba/protocol';
import { INITIAL_TRADES } from '../limits.js';
import type { SymbolState, SymbolStatus } from './symbol-state.js';

/** What a main subscriber has been sent of a symbol. */
export interface MainCursor {
  generation: number;
  status: SymbolStatus | undefined;
  depth: string | undefined;
  /** Interval of its candles. */
  timeframe: PushedInterval;
  candle: string | undefined;
  /** Number of the last trade. */
  trade: number;
  /** Start of the last closed candle. */
  closed: number;
}

/** Frames to send, and the cursor once they have arrived. */
export interface MainUpdate {
  frames: string[];
  cursor: MainCursor;
}

/** A subscriber that has been sent nothing: it gets the state, a few trades, and closings from now on. */
function startCursor(state: SymbolState, timeframe: PushedInterval): MainCursor {
  const { generation, trades } = state;
  return {
    generation,
    timeframe,
    status: undefined,
    depth: undefined,
    candle: undefined,
    trade: Math.max(0, trades.last - INITIAL_TRADES),
    closed: lastClosed(state, timeframe),
  };
}

/** Start of the newest closed candle of an interval; −1 where there is none. */
function lastClosed(state: SymbolState, timeframe: PushedInterval): number {
  return timeframe === '1m' ? state.lastClosed : (state.candlesOf(timeframe).closed.at(-1)?.t ?? -1);
}

/**
 * What a main subscriber has yet to hear of a symbol, undefined where that is nothing. A stale symbol says only that it
 * is stale: the frames of a dead engine are not state. When it comes back, everything is said again.
 */
export function composeMain(
  state: SymbolState,
  sent: MainCursor | undefined,
  timeframe: PushedInterval,
): MainUpdate | undefined {
  if (!state.isReady) return undefined;
  const cursor = sent && sent.generation === state.generation ? { ...sent } : startCursor(state, timeframe);
  if (cursor.timeframe !== timeframe) {
    cursor.timeframe = timeframe;
    cursor.candle = undefined;
    cursor.closed = lastClosed(state, timeframe);
  }
  const frames: string[] = [];
  if (cursor.status !== state.status) {
    frames.push(`{"e":"status","s":${JSON.stringify(state.symbol)},"state":"${state.status}"}`);
    cursor.status = state.status;
  }
  if (state.status === 'stale') {
    cursor.depth = undefined;
    cursor.candle = undefined;
    return frames.length > 0 ? { frames, cursor } : undefined;
  }
  if (state.depth !== undefined && cursor.depth !== state.depth) {
    frames.push(state.depth);
    cursor.depth = state.depth;
  }
  const { active, closed } = state.candlesOf(timeframe);
  for (const { t, frame } of closed) {
    if (t <= cursor.closed) continue;
    frames.push(frame);
    cursor.closed = t;
  }
  if (active !== undefined && cursor.candle !== active) {
    frames.push(active);
    cursor.candle = active;
  }
  const trades = state.trades.since(cursor.trade);
  if (trades !== '') {
    frames.push(`{"e":"trades","s":${JSON.stringify(state.symbol)},"d":[${trades}]}`);
    cursor.trade = state.trades.last;
  }
  return frames.length > 0 ? { frames, cursor } : undefined;
}

/** One frame as itself, several as an array. */
export function joinFrames(frames: readonly string[]): string {
  return frames.length === 1 ? (frames[0] ?? '') : `[${frames.join(',')}]`;
}
