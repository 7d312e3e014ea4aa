import { MARKET_DATA_REFRESH_MS, MARKET_DATA_TTL_S, RECENT_TRADES, RECENT_TRADES_TTL_S } from '@supernoba/protocol';
import type { PublicTrade } from '@supernoba/protocol';
import {
  marketDataApply,
  marketDataApplyArgs,
  marketDataKeys,
  marketDataReplace,
  marketDataReplaceArgs,
  MAX_TRADES_PER_CALL,
  type CandleFields,
  type Keys,
} from '@supernoba/valkey-keys';
import { pauseMs, reportFailure, type BackoffPorts, type Lifetime } from '../backoff.js';
import { EngineError } from '../errors.js';
import { depthFrame, tickerFrame } from '../matching/frames.js';
import type { MinuteCandle } from '../matching/market-fold.js';
import type { BatchOutput } from '../matching/output.js';
import type { SymbolMachine } from '../matching/symbol-machine.js';
import { PortError, type ScriptCache } from '../ports.js';
import type { Destination } from './destination.js';

/** Calls on their way at a time. */
const MAX_CALLS = 32;
/** Trades of a symbol that wait for the cache; beyond, its state is written as a whole instead. */
const MAX_WAITING_TRADES = 10 * MAX_TRADES_PER_CALL;

interface Ticket {
  open: number;
  done: () => void;
}

interface Lane {
  machine: SymbolMachine;
  trades: PublicTrade[];
  tickets: Ticket[];
  /** The cache may hold anything: write the whole state next. */
  absolute: boolean;
  busy: boolean;
  keys: string[];
}

export interface MarketDataOptions {
  cache: ScriptCache;
  keys: Keys;
  epoch: number;
  /** Books of the shard; depth and ticker are read from them when a call is made, so the newest state wins. */
  machines: ReadonlyMap<string, SymbolMachine>;
  /** Told when this engine has been fenced off. */
  onFatal: (error: unknown) => void;
}

/**
 * Depth, ticker, candles and trades of each symbol in the depth cache: one script call a symbol and batch. What the
 * cache lost (a flush, a failover, an outage) is written as a whole from the engine's own state.
 */
export class MarketData implements Destination {
  readonly name = 'market-data';
  readonly #lanes = new Map<string, Lane>();
  readonly #ready = new Set<Lane>();
  #calls = 0;
  #failures = 0;
  #paused = false;
  #open = false;

  constructor(
    private readonly options: MarketDataOptions,
    private readonly ports: BackoffPorts,
    private readonly life: Lifetime,
  ) {
    life.onEnd(options.cache.onReady(() => this.#reconnected()));
  }

  /** Writes every symbol as a whole, and from now on keeps depth and ticker alive. Call it once, after the replay. */
  open(): void {
    this.#open = true;
    this.#writeAll();
    this.#refreshLater();
  }

  publish(batch: BatchOutput): Promise<void> {
    return new Promise((done) => {
      const ticket: Ticket = { open: batch.symbols.size, done };
      if (ticket.open === 0) return done();
      for (const { symbol, trades } of batch.symbols.values()) {
        const lane = this.#lane(symbol);
        lane.tickets.push(ticket);
        if (lane.trades.length + trades.length > MAX_WAITING_TRADES) lane.absolute = true;
        if (lane.absolute) lane.trades = [];
        else for (const trade of trades) lane.trades.push(trade);
        if (!lane.busy) this.#ready.add(lane);
      }
      this.#pump();
    });
  }

  #lane(symbol: string): Lane {
    let lane = this.#lanes.get(symbol);
    if (lane === undefined) {
      const machine = this.options.machines.get(symbol);
      if (machine === undefined) throw new EngineError('INVARIANT', `${symbol}: events of a symbol without a book`);
      const keys = marketDataKeys(this.options.keys, symbol);
      lane = { machine, trades: [], tickets: [], absolute: true, busy: false, keys };
      this.#lanes.set(symbol, lane);
    }
    return lane;
  }

  #writeAll(): void {
    for (const symbol of this.options.machines.keys()) {
      const lane = this.#lane(symbol);
      lane.absolute = true;
      if (!lane.busy) this.#ready.add(lane);
    }
    this.#pump();
  }

  #reconnected(): void {
    this.#paused = false;
    if (this.#open) this.#writeAll();
  }

  /** Depth and ticker live 60 s; a dead engine's are gone soon, a living one's never. */
  #refreshLater(): void {
    void this.life.sleep(MARKET_DATA_REFRESH_MS, this.ports.timers).then(() => {
      if (this.life.ended) return;
      for (const symbol of this.options.machines.keys()) {
        const lane = this.#lane(symbol);
        if (!lane.busy) this.#ready.add(lane);
      }
      this.#pump();
      this.#refreshLater();
    });
  }

  #pump(): void {
    while (this.#calls < MAX_CALLS && this.#ready.size > 0 && !this.#paused && !this.life.ended) {
      const [lane] = this.#ready;
      if (lane === undefined) return;
      this.#ready.delete(lane);
      lane.busy = true;
      this.#calls++;
      void this.#write(lane).finally(() => {
        this.#calls--;
        lane.busy = false;
        if (lane.tickets.length > 0 || lane.absolute) this.#ready.add(lane);
        this.#pump();
      });
    }
  }

  async #write(lane: Lane): Promise<void> {
    const tickets = lane.tickets;
    lane.tickets = [];
    try {
      if (lane.absolute || !(await this.#apply(lane))) await this.#replace(lane);
      if (this.#failures > 0) this.ports.metrics.gauge('destination_down', 0, this.name);
      this.#failures = 0;
      for (const ticket of tickets) if (--ticket.open === 0) ticket.done();
    } catch (error) {
      lane.absolute = true;
      lane.trades = [];
      lane.tickets = [...tickets, ...lane.tickets];
      if (error instanceof PortError) this.#pause(error);
      else this.options.onFatal(error);
    }
  }

  /** One pause for all: they share the connection. A reconnection ends it early. */
  #pause(error: PortError): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#failures++;
    reportFailure(error, this.#failures, this.name, this.ports);
    void this.life.sleep(pauseMs(this.#failures, this.ports.random), this.ports.timers).then(() => {
      this.#paused = false;
      this.#pump();
    });
  }

  /** Returns false where the cache does not hold the state before these trades. */
  async #apply(lane: Lane): Promise<boolean> {
    const { machine } = lane;
    const trades = lane.trades;
    lane.trades = [];
    const frames = { depth: depthFrame(machine), ticker: tickerFrame(machine), time: machine.time, q: machine.fold.q };
    const common = {
      epoch: this.options.epoch,
      seq: machine.seq,
      frameTtlS: MARKET_DATA_TTL_S,
      tradesTtlS: RECENT_TRADES_TTL_S,
      maxTrades: RECENT_TRADES,
    };
    let first = 0;
    for (; trades.length - first > MAX_TRADES_PER_CALL; first += MAX_TRADES_PER_CALL) {
      const some = trades.slice(first, first + MAX_TRADES_PER_CALL);
      const [q, time] = some[some.length - 1]!;
      const args = marketDataApplyArgs({ ...common, q, time, depth: '', ticker: '', trades: some });
      if (!(await this.#run(lane, marketDataApply, args))) return false;
    }
    const args = marketDataApplyArgs({ ...common, ...frames, trades: trades.slice(first) });
    return this.#run(lane, marketDataApply, args);
  }

  async #replace(lane: Lane): Promise<void> {
    const { machine } = lane;
    const { fold } = machine;
    // What waits is part of the state that is written now.
    lane.trades = [];
    lane.absolute = false;
    this.ports.metrics.count('gaps', 1, this.name);
    const args = marketDataReplaceArgs({
      epoch: this.options.epoch,
      seq: machine.seq,
      q: fold.q,
      time: machine.time,
      depth: depthFrame(machine),
      ticker: tickerFrame(machine),
      frameTtlS: MARKET_DATA_TTL_S,
      tradesTtlS: RECENT_TRADES_TTL_S,
      candle: fold.candle === undefined ? undefined : candleFields(fold.candle),
      closed: fold.closed.map((candle) => ({ t: candle.t, json: candleJson(candle) })),
      trades: fold.recentTrades().map((trade) => JSON.stringify(trade)),
    });
    if (!(await this.#run(lane, marketDataReplace, args))) {
      throw new EngineError('INVARIANT', `${machine.symbol}: absolute state was not taken`);
    }
  }

  async #run(lane: Lane, script: typeof marketDataApply, args: (string | number)[]): Promise<boolean> {
    const answer = await this.options.cache.run(script, lane.keys, args);
    if (answer === 'OK') return true;
    if (answer === 'GAP') return false;
    if (answer === 'FENCED') {
      throw new EngineError('FENCED', `${lane.machine.symbol}: another engine has taken the symbol over`);
    }
    throw new EngineError('INVARIANT', `${lane.machine.symbol}: ${script.name} answered ${String(answer)}`);
  }
}

function candleFields(candle: MinuteCandle): CandleFields {
  const { o, h, l, c, v, t, n, q } = candle;
  return {
    o: String(o),
    h: String(h),
    l: String(l),
    c: String(c),
    v: String(v),
    t: String(t),
    n: String(n),
    q: String(q),
  };
}

/** An entry of `candle:closed:1m:S`: the volume is a number while that is exact, else a string. */
function candleJson({ t, o, h, l, c, v, n, q }: MinuteCandle): string {
  const volume = v <= BigInt(Number.MAX_SAFE_INTEGER) ? String(v) : `"${v}"`;
  return `{"t":${t},"o":${o},"h":${h},"l":${l},"c":${c},"v":${volume},"n":${n},"q":${q}}`;
}
