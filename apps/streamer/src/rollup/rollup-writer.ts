import { candleToHash, CandleError, mergeCandles, parseCandle, type Candle } from '@supernoba/candles';
import { SYMBOL_PATTERN } from '@supernoba/protocol';
import { runScript, type Valkey } from '@supernoba/runtime';
import {
  candleRollup,
  candleRollupArgs,
  candleRollupKeys,
  ROLLUP_INTERVALS,
  STORED_CANDLES_KEPT,
  type CandleRollupWrite,
  type Keys,
  type RollupInterval,
} from '@supernoba/valkey-keys';
import { rollUp } from './roll-up.js';

export type RollupOutcome = 'written' | 'outdated' | 'hole' | 'malformed';

export interface RollupWriterOptions {
  valkey: Valkey;
  keys: Keys;
  /** Told of every symbol that was worked on, with the reason where nothing was written. */
  onOutcome: (outcome: RollupOutcome, symbol: string, error?: Error) => void;
}

/** The market data's own numbers: last trade, start of the open candle ('' without one), journal time; what was rolled up of them. */
interface Position {
  q: string | null;
  c: string | null;
  t: string | null;
  rq: string | null;
  rt: string | null;
}

const POSITION = ['q', 'c', 't', 'rq', 'rt'] as const;
type Reply = [error: Error | null, value: unknown];

/**
 * Keeps `candle:3m:S` to `candle:30m:S` of every symbol equal to the fold of its 1m candles. It remembers nothing that the
 * cache does not hold: any number of streamers may run, be stopped and started.
 */
export class RollupWriter {
  readonly #options: RollupWriterOptions;
  /** What each symbol looked like when it was last rolled up by this streamer. */
  #seen = new Map<string, string>();

  constructor(options: RollupWriterOptions) {
    this.#options = options;
  }

  /** Rolls up every symbol whose 1m candles have changed. @throws the client's error where the cache does not answer */
  async run(): Promise<void> {
    const { valkey, keys } = this.#options;
    const symbols = (await valkey.sunion(keys.activeSymbols, keys.subscribedSymbols)).filter((symbol) =>
      SYMBOL_PATTERN.test(symbol),
    );
    const seen = new Map<string, string>();
    const changed: string[] = [];
    const positions = await this.#positions(symbols);
    for (const [index, symbol] of symbols.entries()) {
      const position = positions[index];
      if (position === undefined || position.q === null || position.t === null) continue;
      const before = this.#seen.get(symbol);
      if (before !== undefined) seen.set(symbol, before);
      if (before !== textOf(position)) changed.push(symbol);
    }
    this.#seen = seen;
    if (changed.length > 0) await this.#rollUp(changed);
  }

  async #positions(symbols: readonly string[]): Promise<(Position | undefined)[]> {
    if (symbols.length === 0) return [];
    const pipeline = this.#options.valkey.pipeline();
    for (const symbol of symbols) pipeline.hmget(this.#options.keys.marketData(symbol), ...POSITION);
    return ((await pipeline.exec()) ?? []).map(([error, value]) => {
      if (error && !isOfKey(error)) throw error;
      return error ? undefined : toPosition(value);
    });
  }

  async #rollUp(symbols: readonly string[]): Promise<void> {
    const { valkey, keys } = this.#options;
    const reads = symbols.map((symbol) =>
      valkey
        .multi()
        .hmget(keys.marketData(symbol), ...POSITION)
        .lrange(keys.storedCandles(symbol), -STORED_CANDLES_KEPT, -1)
        .lrange(keys.closedCandles(symbol), -STORED_CANDLES_KEPT, -1)
        .hgetall(keys.candle(symbol))
        .exec(),
    );
    for (const [index, replies] of (await Promise.all(reads)).entries()) {
      const symbol = symbols[index] ?? '';
      await this.#writeOne(symbol, replies ?? []);
    }
  }

  async #writeOne(symbol: string, replies: readonly Reply[]): Promise<void> {
    const { valkey, keys, onOutcome } = this.#options;
    let position: Position;
    let minutes: Candle[];
    try {
      for (const [error] of replies) if (error) throw error;
      const [md, stored, closed, active] = replies.map(([, value]) => value);
      position = toPosition(md);
      minutes = minutesOf(stored as string[], closed as string[], active as Record<string, string>);
    } catch (error) {
      if (
        !(error instanceof Error) ||
        !(error instanceof CandleError || error instanceof SyntaxError || isOfKey(error))
      )
        throw error;
      return onOutcome('malformed', symbol, error);
    }
    if (position.q === null || position.t === null) return;
    const write = fold(minutes, Number(position.q), Number(position.t));
    if (write === undefined) {
      this.#remember(symbol, position);
      return onOutcome('hole', symbol);
    }
    const answer = await runScript(valkey, candleRollup, candleRollupKeys(keys, symbol), candleRollupArgs(write));
    if (answer === 1) this.#remember(symbol, { ...position, rq: position.q, rt: position.t });
    onOutcome(answer === 1 ? 'written' : 'outdated', symbol);
  }

  #remember(symbol: string, position: Position): void {
    this.#seen.set(symbol, textOf(position));
  }
}

/** All four candles; undefined where one cannot be told. */
function fold(minutes: readonly Candle[], q: number, time: number): CandleRollupWrite | undefined {
  const last = minutes.at(-1);
  // Trades without a candle among those at hand: they were lost, or are being written as a whole.
  if ((last?.q ?? 0) !== q && !(last === undefined && q === 0)) return undefined;
  const candles: Partial<Record<RollupInterval, CandleRollupWrite['candles'][RollupInterval]>> = {};
  for (const interval of ROLLUP_INTERVALS) {
    const rolled = rollUp(minutes, interval, time);
    if (rolled === undefined) return undefined;
    candles[interval] = rolled.active && candleToHash(rolled.active);
  }
  return { q, time, candles: candles as CandleRollupWrite['candles'] };
}

/** The newest minutes: those that were backed up count where the closed ones alone do not reach back far enough. */
function minutesOf(stored: readonly string[], closed: readonly string[], active: Record<string, string>): Candle[] {
  const parse = (row: string) => parseCandle(JSON.parse(row) as Record<string, unknown>);
  const before = closed.length < STORED_CANDLES_KEPT ? stored.map(parse) : [];
  return mergeCandles(before, closed.map(parse), active['t'] === undefined ? [] : [parseCandle(active)]);
}

function toPosition(value: unknown): Position {
  const [q = null, c = null, t = null, rq = null, rt = null] = value as (string | null)[];
  return { q, c, t, rq, rt };
}

function textOf({ q, c, t, rq, rt }: Position): string {
  return [q, c, t, rq, rt].join(' ');
}

/** A reply that concerns one key; every other error (connection lost, loading, timed out) concerns the whole read. */
function isOfKey(error: Error): boolean {
  return error.message.startsWith('WRONGTYPE');
}
