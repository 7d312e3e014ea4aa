import { PUSHED_INTERVALS, type PushedInterval } from '@supernoba/protocol';
import type { MainCursor } from '../frame/compose.js';
import { CLEAN_AGAIN_MS, MAX_GONE } from '../limits.js';
import type { MarketRead } from '../poll/market-reader.js';

/** One WebSocket connection: what it watches, what it has been sent, and how posting to it goes. */
export class Connection {
  readonly id: string;
  /** Served by the fast loop. */
  isRealtime = false;
  /** Has a subscription that it has been sent nothing of. */
  isFresh = false;
  /** A message is on its way. */
  isBusy = false;
  isGone = false;
  failures = 0;
  retryAtMs = 0;
  readonly main = new Map<string, MainCursor | undefined>();
  /** Ticker last sent, by symbol. */
  readonly sub = new Map<string, string | undefined>();

  constructor(id: string) {
    this.id = id;
  }
}

type Role = 'main' | 'sub';
type Watchers = Map<string, Map<string, Connection>>;

/** Who watches what, as the registry in the cache says. */
export class Audience {
  readonly connections = new Map<string, Connection>();
  readonly #watchers: Record<Role, Watchers> = { main: new Map(), sub: new Map() };
  /** Who chose another interval than 1m, by symbol. */
  readonly #timeframes = new Map<string, Readonly<Record<string, string>>>();
  /** Connections that the gateway no longer knows, and when each may be cleaned from the registry again. */
  readonly #gone = new Map<string, number>();
  readonly #onNew: (connection: Connection) => void;
  readonly #onGone: (connectionId: string) => void;

  /**
   * @param onNew told of a connection with a new subscription
   * @param onGone told of a connection that the registry is to forget
   */
  constructor(onNew: (connection: Connection) => void, onGone: (connectionId: string) => void) {
    this.#onNew = onNew;
    this.#onGone = onGone;
  }

  watchers(role: Role, symbol: string): Iterable<Connection> {
    return this.#watchers[role].get(symbol)?.values() ?? [];
  }

  /** The interval of the candles that a connection watches of its main symbol. */
  timeframe({ id }: Connection, symbol: string): PushedInterval {
    const chosen = this.#timeframes.get(symbol)?.[id];
    return PUSHED_INTERVALS.find((interval) => interval === chosen) ?? '1m';
  }

  /** Follows the registry: new subscriptions begin, those that left it end. */
  update({ symbols, realtime }: MarketRead, nowMs: number): void {
    const wanted = new Set(symbols.map(({ symbol }) => symbol));
    for (const role of ['main', 'sub'] as const) {
      for (const symbol of this.#watchers[role].keys()) if (!wanted.has(symbol)) this.#follow(role, symbol, [], nowMs);
    }
    for (const symbol of this.#timeframes.keys()) if (!wanted.has(symbol)) this.#timeframes.delete(symbol);
    for (const { symbol, mainSubscribers, subSubscribers, timeframes } of symbols) {
      this.#follow('main', symbol, mainSubscribers, nowMs);
      this.#follow('sub', symbol, subSubscribers, nowMs);
      this.#choose(symbol, timeframes);
    }
    for (const [id, connection] of this.connections) {
      connection.isRealtime = realtime.has(id);
      // One that is being posted to stays, so that it is still the same one should it subscribe again meanwhile.
      const isWatching = connection.main.size > 0 || connection.sub.size > 0 || connection.isBusy;
      if (!isWatching) this.connections.delete(id);
    }
  }

  /** The gateway says that a connection no longer exists: it is posted to no more, and the registry forgets it. */
  drop(connection: Connection, nowMs: number): void {
    connection.isGone = true;
    this.connections.delete(connection.id);
    for (const role of ['main', 'sub'] as const) {
      for (const symbol of connection[role].keys()) this.#watchers[role].get(symbol)?.delete(connection.id);
    }
    const oldest = this.#gone.keys().next();
    if (this.#gone.size >= MAX_GONE && !oldest.done) this.#gone.delete(oldest.value);
    this.#clean(connection.id, nowMs);
  }

  #clean(id: string, nowMs: number): void {
    this.#gone.set(id, nowMs + CLEAN_AGAIN_MS);
    this.#onGone(id);
  }

  /** One that chose another interval has something to hear. */
  #choose(symbol: string, timeframes: Readonly<Record<string, string>>): void {
    const before = this.#timeframes.get(symbol) ?? {};
    this.#timeframes.set(symbol, timeframes);
    for (const id of new Set([...Object.keys(before), ...Object.keys(timeframes)])) {
      const connection = this.#watchers.main.get(symbol)?.get(id);
      if (connection && before[id] !== timeframes[id]) this.#onNew(connection);
    }
  }

  #follow(role: Role, symbol: string, ids: readonly string[], nowMs: number): void {
    const watchers = this.#watchers[role].get(symbol) ?? new Map<string, Connection>();
    if (ids.length === 0 && watchers.size === 0) {
      this.#watchers[role].delete(symbol);
      return;
    }
    this.#watchers[role].set(symbol, watchers);
    let goneCount = 0;
    for (const id of ids) {
      if (watchers.has(id)) continue;
      const cleanAtMs = this.#gone.get(id);
      if (cleanAtMs === undefined) {
        this.#begin(role, symbol, id, watchers);
      } else {
        goneCount += 1;
        if (nowMs >= cleanAtMs) this.#clean(id, nowMs);
      }
    }
    if (watchers.size + goneCount === ids.length) return;
    const present = new Set(ids);
    for (const [id, connection] of watchers) {
      if (present.has(id)) continue;
      watchers.delete(id);
      connection[role].delete(symbol);
    }
  }

  #begin(role: Role, symbol: string, id: string, watchers: Map<string, Connection>): void {
    const connection = this.connections.get(id) ?? new Connection(id);
    this.connections.set(id, connection);
    watchers.set(id, connection);
    connection[role].set(symbol, undefined);
    connection.isFresh = true;
    this.#onNew(connection);
  }
}
