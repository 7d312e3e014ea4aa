import { ANONYMOUS_PUSH_MS, MARKET_DATA_TTL_S, REALTIME_PUSH_MS } from '@supernoba/protocol';
import { runScript, type Logger, type Valkey } from '@supernoba/runtime';
import { connectionClose, connectionCloseArgs, connectionKeys, type Keys } from '@supernoba/valkey-keys';
import { Condition } from './condition.js';
import { composeMain, joinFrames, type MainUpdate } from './frame/compose.js';
import { SymbolState } from './frame/symbol-state.js';
import {
  MAX_IN_FLIGHT,
  MAX_REPORTED_SYMBOLS,
  RECOVERED_AFTER_MS,
  RETRY_FIRST_MS,
  RETRY_MAX_MS,
  ROLLUP_MS,
  SHUTDOWN_NOTICE_MS,
} from './limits.js';
import { StreamerMetrics } from './metrics.js';
import { startLoop, type Loop } from './poll/loop.js';
import { MarketReader, type MarketRead, type TailRequest } from './poll/market-reader.js';
import { Audience, type Connection } from './push/audience.js';
import type { ConnectionGateway, PostResult } from './push/gateway.js';
import { Pusher, type Message } from './push/pusher.js';
import { RollupWriter } from './rollup/rollup-writer.js';

export interface StreamerOptions {
  valkey: Valkey;
  keys: Keys;
  gateway: ConnectionGateway;
  log: Logger;
  /** Paces of the two loops, ms. */
  realtimeMs?: number;
  anonymousMs?: number;
  /** How long without an answer of the cache market data counts as alive, ms. */
  expireAfterMs?: number;
}

/** Rounds of reading lists in one turn: trades that came in between make a second one wider. */
const MAX_TAIL_ROUNDS = 2;

/**
 * Reads what changed in the cache and tells the connections that watch it: logged-in ones in the fast loop, anonymous
 * ones in the slow loop out of what the fast loop read.
 */
export class Streamer {
  readonly metrics: StreamerMetrics;
  readonly #options: StreamerOptions;
  readonly #reader: MarketReader;
  readonly #audience: Audience;
  readonly #pusher: Pusher;
  readonly #rollups: RollupWriter;
  readonly #states = new Map<string, SymbolState>();
  readonly #cache: Condition;
  readonly #gateway: Condition;
  readonly #rollingUp: Condition;
  /** Symbols whose bad keys were told in the log. */
  readonly #reported = new Set<string>();
  #loops: Loop[] = [];
  #readAtMs = performance.now();
  #missedCloses = 0;

  constructor(options: StreamerOptions) {
    this.#options = options;
    const { valkey, keys, gateway, log } = options;
    this.#cache = new Condition(log, 'depth cache', RECOVERED_AFTER_MS);
    this.#gateway = new Condition(log, 'connection gateway', RECOVERED_AFTER_MS);
    this.#rollingUp = new Condition(log, 'roll-up of candles', RECOVERED_AFTER_MS);
    this.metrics = new StreamerMetrics(() => this.#gauges());
    this.#reader = new MarketReader(valkey, keys, (symbol, error) => this.#badKey(symbol, error));
    this.#rollups = new RollupWriter({
      valkey,
      keys,
      onOutcome: (outcome, symbol, error) => {
        this.metrics.rollups.inc({ outcome });
        if (error) this.#badKey(symbol, error);
      },
    });
    this.#audience = new Audience(
      (connection) => this.#pusher.markDue(connection),
      (connectionId) => void this.#forget(connectionId),
    );
    this.#pusher = new Pusher({
      gateway,
      audience: this.#audience,
      compose: (connection) => this.#compose(connection),
      maxInFlight: MAX_IN_FLIGHT,
      retryFirstMs: RETRY_FIRST_MS,
      retryMaxMs: RETRY_MAX_MS,
      now: () => performance.now(),
      random: Math.random,
      onResult: (result, tookMs, bytes) => this.#posted(result, tookMs, bytes),
    });
  }

  /** Whether the cache has answered within the life of market data. */
  get isHealthy(): boolean {
    return performance.now() - this.#readAtMs < this.#expireAfterMs;
  }

  start(): void {
    const { realtimeMs = REALTIME_PUSH_MS, anonymousMs = ANONYMOUS_PUSH_MS } = this.#options;
    this.#readAtMs = performance.now();
    this.#loops = [
      startLoop({
        everyMs: realtimeMs,
        run: () => this.#fastTurn(),
        onSkip: () => this.metrics.ticks.inc({ loop: 'fast', outcome: 'skipped' }),
      }),
      startLoop({ everyMs: anonymousMs, run: () => this.#slowTurn() }),
      startLoop({ everyMs: ROLLUP_MS, run: () => this.#rollUp() }),
    ];
  }

  /** Ends the loops, tells every connection that the server ends, and waits for the answers a bounded time. */
  async stop(): Promise<void> {
    await Promise.all(this.#loops.map((loop) => loop.stop()));
    this.#loops = [];
    await this.#pusher.farewell(`{"e":"serverShutdown","in":${SHUTDOWN_NOTICE_MS}}`, SHUTDOWN_NOTICE_MS);
    await this.#options.gateway.close();
  }

  get #expireAfterMs(): number {
    return this.#options.expireAfterMs ?? MARKET_DATA_TTL_S * 1000;
  }

  async #fastTurn(): Promise<void> {
    const startedMs = performance.now();
    let outcome = 'ok';
    try {
      const read = await this.#reader.read();
      await this.#observe(read);
      this.#readAtMs = performance.now();
      this.#cache.works();
      this.#audience.update(read, this.#readAtMs);
    } catch (error) {
      outcome = 'failed';
      this.#cache.failed(error);
      if (!this.isHealthy) for (const state of this.#states.values()) state.expire();
    }
    for (const state of this.#states.values()) this.#announce(state);
    this.#pusher.flush('fast');
    this.metrics.ticks.inc({ loop: 'fast', outcome });
    this.metrics.tickSeconds.observe((performance.now() - startedMs) / 1000);
  }

  #slowTurn(): void {
    this.#pusher.flush('slow');
    this.metrics.ticks.inc({ loop: 'slow', outcome: 'ok' });
  }

  async #rollUp(): Promise<void> {
    try {
      await this.#rollups.run();
      this.#rollingUp.works();
    } catch (error) {
      this.#rollingUp.failed(error);
    }
  }

  async #observe({ symbols }: MarketRead): Promise<void> {
    const wanted = new Set(symbols.map(({ symbol }) => symbol));
    for (const [symbol, state] of this.#states) {
      if (wanted.has(symbol)) continue;
      this.#missedCloses += state.missedCloses;
      this.#states.delete(symbol);
    }
    let requests: TailRequest[] = [];
    for (const read of symbols) {
      let state = this.#states.get(read.symbol);
      if (!state) {
        state = new SymbolState(read.symbol, (symbol, error) => this.#badKey(symbol, error));
        this.#states.set(read.symbol, state);
      }
      const request = state.observe(read);
      if (request) requests.push(request);
    }
    for (let round = 0; round < MAX_TAIL_ROUNDS && requests.length > 0; round++) {
      const asked = new Map(requests.map((request) => [request.symbol, request]));
      requests = (await this.#reader.readTails(requests)).flatMap((tail) => {
        const request = asked.get(tail.symbol);
        return (request && this.#states.get(tail.symbol)?.complete(tail, request)) ?? [];
      });
    }
  }

  /** Those who watch what changed have something to hear. */
  #announce(state: SymbolState): void {
    const { main, ticker } = state.takeChanges();
    if (main) for (const connection of this.#audience.watchers('main', state.symbol)) this.#pusher.markDue(connection);
    if (ticker) for (const connection of this.#audience.watchers('sub', state.symbol)) this.#pusher.markDue(connection);
  }

  #compose(connection: Connection): Message | undefined {
    const frames: string[] = [];
    const updates: [symbol: string, update: MainUpdate][] = [];
    const tickers: [symbol: string, ticker: string][] = [];
    for (const [symbol, cursor] of connection.main) {
      const state = this.#states.get(symbol);
      const update = state && composeMain(state, cursor, this.#audience.timeframe(connection, symbol));
      if (!update) continue;
      frames.push(...update.frames);
      updates.push([symbol, update]);
    }
    for (const [symbol, sent] of connection.sub) {
      const ticker = this.#states.get(symbol)?.ticker;
      if (ticker === undefined || ticker === sent) continue;
      frames.push(ticker);
      tickers.push([symbol, ticker]);
    }
    if (frames.length === 0) return undefined;
    return {
      text: joinFrames(frames),
      commit() {
        for (const [symbol, { cursor }] of updates)
          if (connection.main.has(symbol)) connection.main.set(symbol, cursor);
        for (const [symbol, ticker] of tickers) if (connection.sub.has(symbol)) connection.sub.set(symbol, ticker);
      },
    };
  }

  #posted(result: PostResult, tookMs: number, bytes: number): void {
    this.metrics.posted(result, tookMs, bytes);
    switch (result.outcome) {
      case 'sent':
      case 'gone':
        return this.#gateway.works();
      case 'throttled':
        return; // A quota is no failure: the newest state goes out when it allows.
      case 'refused':
        return this.#gateway.failed(new Error(`the gateway answered ${result.statusCode}`));
      case 'unreachable':
        return this.#gateway.failed(result.error);
      case 'unsigned':
        return this.#gateway.failed(new Error('there are no AWS credentials to sign with'));
    }
  }

  async #forget(connectionId: string): Promise<void> {
    const { valkey, keys, log } = this.#options;
    try {
      await runScript(
        valkey,
        connectionClose,
        connectionKeys(keys, connectionId, ''),
        connectionCloseArgs(keys, connectionId),
      );
      this.metrics.cleanUps.inc({ outcome: 'ok' });
      log.debug({ connectionId }, 'connection is gone: cleaned');
    } catch (error) {
      this.metrics.cleanUps.inc({ outcome: 'failed' });
      log.debug({ connectionId, err: error }, 'connection is gone: not cleaned yet');
    }
  }

  #badKey(symbol: string, error: Error): void {
    this.metrics.badKeys.inc();
    if (this.#reported.has(symbol) || this.#reported.size >= MAX_REPORTED_SYMBOLS) return;
    this.#reported.add(symbol);
    this.#options.log.warn({ symbol, err: error }, 'a key of the symbol is not what it should be');
  }

  #gauges() {
    let realtimeConnections = 0;
    for (const { isRealtime } of this.#audience.connections.values()) if (isRealtime) realtimeConnections += 1;
    let missedCloses = this.#missedCloses;
    for (const state of this.#states.values()) missedCloses += state.missedCloses;
    return {
      realtimeConnections,
      anonymousConnections: this.#audience.connections.size - realtimeConnections,
      symbols: this.#states.size,
      inFlight: this.#pusher.inFlight,
      waiting: this.#pusher.waiting,
      valkeyUp: !this.#cache.isFailing,
      gatewayUp: !this.#gateway.isFailing,
      missedCloses,
    };
  }
}
