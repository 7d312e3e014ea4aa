/** Valkey types, by the command family that reads them. */
export type KeyType = 'string' | 'hash' | 'list' | 'set';

/** What a key pattern is: for documentation, for clean-up by pattern, and for the test that holds every key to this list. */
export interface KeyShape {
  /** Pattern with `{S}`, `{CONNID}` or `{USERID}` standing for the variable part. */
  pattern: string;
  type: KeyType;
  cache: 'depth' | 'backup';
  /** Who writes it. */
  owner: 'engine' | 'streamer' | 'backup' | 'edge' | 'admin';
  /** Life in seconds without a writer; undefined = until deleted. */
  ttlS?: number;
  purpose: string;
}

export const KEY_SHAPES = {
  depth: {
    pattern: 'depth:{S}',
    type: 'string',
    cache: 'depth',
    owner: 'engine',
    ttlS: 60,
    purpose: 'top 10 of the book as a depth frame',
  },
  ticker: {
    pattern: 'ticker:{S}',
    type: 'string',
    cache: 'depth',
    owner: 'engine',
    ttlS: 60,
    purpose: 'last price and figures of the day as a ticker frame',
  },
  candle: {
    pattern: 'candle:1m:{S}',
    type: 'hash',
    cache: 'depth',
    owner: 'engine',
    purpose: 'active 1m candle: o h l c v t n q',
  },
  closedCandles: {
    pattern: 'candle:closed:1m:{S}',
    type: 'list',
    cache: 'depth',
    owner: 'engine',
    purpose: 'closed 1m candles not yet backed up, oldest first',
  },
  storedCandles: {
    pattern: 'candle:stored:1m:{S}',
    type: 'list',
    cache: 'depth',
    owner: 'backup',
    purpose: 'newest 30 closed 1m candles that were backed up, oldest first: what a roll-up goes on from',
  },
  candle3m: {
    pattern: 'candle:3m:{S}',
    type: 'hash',
    cache: 'depth',
    owner: 'streamer',
    purpose: 'active 3m candle, rolled up from 1m: o h l c v t n q',
  },
  candle5m: {
    pattern: 'candle:5m:{S}',
    type: 'hash',
    cache: 'depth',
    owner: 'streamer',
    purpose: 'active 5m candle',
  },
  candle15m: {
    pattern: 'candle:15m:{S}',
    type: 'hash',
    cache: 'depth',
    owner: 'streamer',
    purpose: 'active 15m candle',
  },
  candle30m: {
    pattern: 'candle:30m:{S}',
    type: 'hash',
    cache: 'depth',
    owner: 'streamer',
    purpose: 'active 30m candle',
  },
  trades: {
    pattern: 'trades:{S}',
    type: 'list',
    cache: 'depth',
    owner: 'engine',
    ttlS: 86_400,
    purpose: 'newest 1,000 trades, oldest first',
  },
  marketData: {
    pattern: 'md:{S}',
    type: 'hash',
    cache: 'depth',
    owner: 'engine',
    purpose:
      'fence of the market data: epoch, seq, q (last trade number applied), t (journal time, epoch ms); rq, rt: what the roll-ups reflect',
  },
  activeSymbols: {
    pattern: 'active:symbols',
    type: 'set',
    cache: 'depth',
    owner: 'admin',
    purpose: 'symbols that take orders',
  },
  symbolStates: {
    pattern: 'symbol:states',
    type: 'hash',
    cache: 'depth',
    owner: 'admin',
    purpose: 'open, halted or delisted of every symbol: projection of the symbols table',
  },
  subscribedSymbols: {
    pattern: 'subscribed:symbols',
    type: 'set',
    cache: 'depth',
    owner: 'edge',
    purpose: 'symbols with at least one subscriber',
  },
  mainSubscribers: {
    pattern: 'symbol:{S}:main',
    type: 'set',
    cache: 'depth',
    owner: 'edge',
    purpose: 'connections that watch depth, candle and trades',
  },
  mainTimeframes: {
    pattern: 'symbol:{S}:tf',
    type: 'hash',
    cache: 'depth',
    owner: 'edge',
    purpose: 'candle interval of those main subscribers that chose another than 1m, by connection',
  },
  subSubscribers: {
    pattern: 'symbol:{S}:sub',
    type: 'set',
    cache: 'depth',
    owner: 'edge',
    purpose: 'connections that watch the ticker',
  },
  legacySubscribers: {
    pattern: 'symbol:{S}:subscribers',
    type: 'set',
    cache: 'depth',
    owner: 'edge',
    purpose: 'subscribers of the legacy form',
  },
  connectionMain: {
    pattern: 'conn:{CONNID}:main',
    type: 'string',
    cache: 'depth',
    owner: 'edge',
    ttlS: 7_500,
    purpose: 'main symbol of a connection',
  },
  connectionSub: {
    pattern: 'conn:{CONNID}:sub',
    type: 'set',
    cache: 'depth',
    owner: 'edge',
    ttlS: 7_500,
    purpose: 'sub symbols of a connection',
  },
  connection: {
    pattern: 'ws:{CONNID}',
    type: 'string',
    cache: 'depth',
    owner: 'edge',
    ttlS: 7_500,
    purpose: 'JSON {userId, isLoggedIn, connectedAt, exp}',
  },
  userConnections: {
    pattern: 'user:{USERID}:connections',
    type: 'set',
    cache: 'depth',
    owner: 'edge',
    ttlS: 7_500,
    purpose: 'connections of a user',
  },
  realtimeConnections: {
    pattern: 'realtime:connections',
    type: 'set',
    cache: 'depth',
    owner: 'edge',
    purpose: 'logged-in connections, served every 50 ms',
  },
  snapshot: {
    pattern: 'snapshot:{S}',
    type: 'string',
    cache: 'backup',
    owner: 'engine',
    purpose: 'copy of the newest snapshot (at most 8 MB), used only if its hash matches the manifest',
  },
  snapshotFence: {
    pattern: 'snap:{S}',
    type: 'hash',
    cache: 'backup',
    owner: 'engine',
    purpose: 'fence of the snapshot copy: epoch, seq',
  },
  previousDay: {
    pattern: 'prev:{S}',
    type: 'string',
    cache: 'backup',
    owner: 'engine',
    purpose: 'previous day: t (its start, epoch seconds), o h l c v',
  },
  previousDayFence: {
    pattern: 'day:{S}',
    type: 'hash',
    cache: 'backup',
    owner: 'engine',
    purpose: 'fence of the previous day: epoch, seq',
  },
} as const satisfies Record<string, KeyShape>;

export interface KeyOptions {
  /**
   * Puts a hash tag around the symbol (`depth:{TEST}`), so that scripts over several keys of a symbol run on a cluster.
   * Off by default: the keys then stand exactly as documented.
   */
  hashTags?: boolean;
}

export type Keys = ReturnType<typeof createKeys>;

/** Every key name of the exchange. */
export function createKeys({ hashTags = false }: KeyOptions = {}) {
  const tag = (symbol: string) => (hashTags ? `{${symbol}}` : symbol);
  return {
    depth: (symbol: string) => `depth:${tag(symbol)}`,
    ticker: (symbol: string) => `ticker:${tag(symbol)}`,
    candle: (symbol: string) => `candle:1m:${tag(symbol)}`,
    closedCandles: (symbol: string) => `candle:closed:1m:${tag(symbol)}`,
    storedCandles: (symbol: string) => `candle:stored:1m:${tag(symbol)}`,
    candle3m: (symbol: string) => `candle:3m:${tag(symbol)}`,
    candle5m: (symbol: string) => `candle:5m:${tag(symbol)}`,
    candle15m: (symbol: string) => `candle:15m:${tag(symbol)}`,
    candle30m: (symbol: string) => `candle:30m:${tag(symbol)}`,
    trades: (symbol: string) => `trades:${tag(symbol)}`,
    marketData: (symbol: string) => `md:${tag(symbol)}`,
    activeSymbols: 'active:symbols',
    symbolStates: 'symbol:states',
    subscribedSymbols: 'subscribed:symbols',
    mainSubscribers: (symbol: string) => `symbol:${tag(symbol)}:main`,
    mainTimeframes: (symbol: string) => `symbol:${tag(symbol)}:tf`,
    subSubscribers: (symbol: string) => `symbol:${tag(symbol)}:sub`,
    legacySubscribers: (symbol: string) => `symbol:${tag(symbol)}:subscribers`,
    connectionMain: (connectionId: string) => `conn:${connectionId}:main`,
    connectionSub: (connectionId: string) => `conn:${connectionId}:sub`,
    connection: (connectionId: string) => `ws:${connectionId}`,
    userConnections: (userId: string) => `user:${userId}:connections`,
    realtimeConnections: 'realtime:connections',
    snapshot: (symbol: string) => `snapshot:${tag(symbol)}`,
    snapshotFence: (symbol: string) => `snap:${tag(symbol)}`,
    previousDay: (symbol: string) => `prev:${tag(symbol)}`,
    previousDayFence: (symbol: string) => `day:${tag(symbol)}`,
  };
}
