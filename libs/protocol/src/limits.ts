/** Largest price (ticks) and quantity (lots) of one order. */
export const MAX_PRICE = 1_000_000_000_000;
export const MAX_QUANTITY = 1_000_000_000_000;

/** Letters, digits, dot, underscore and dash: a symbol can never forge a key of the caches. */
export const SYMBOL_PATTERN = /^[A-Z0-9][A-Z0-9._-]{0,31}$/;
export const MAX_SYMBOL_LENGTH = 32;

/** Order ids (unique per symbol) and request ids (unique per user). */
export const ID_PATTERN = /^[A-Za-z0-9_-]{1,64}$/;
export const MAX_ID_LENGTH = 64;

/** Longest user id (the `sub` of a token, or `test:<name>`), in characters. */
export const MAX_USER_ID_LENGTH = 128;
/** What a `sub` must look like to trade here: printable, no quote, no backslash, no space. */
export const USER_ID_PATTERN = /^[A-Za-z0-9._:@|+=/-]{1,128}$/;

/** What each number of a symbol's configuration may be, smallest and largest. */
export const SYMBOL_CONFIG_RANGES = {
  /** Minutes east of UTC: −12:00 to +14:00. */
  day_offset_min: [-720, 840],
  /** Ticks. */
  reference_price: [0, MAX_PRICE],
  /** Up to 10 minutes. */
  reference_window_ms: [1, 600_000],
  /** Basis points of the reference price: up to 100 %. */
  price_band_bps: [0, 10_000],
  halt_threshold_bps: [0, 10_000],
  /** Up to a day. */
  halt_duration_ms: [1, 86_400_000],
} as const satisfies Readonly<Record<string, readonly [min: number, max: number]>>;

/** Largest HTTP body of the order routes, in bytes. */
export const MAX_BODY_BYTES = 16 * 1024;

/** Most orders in one `POST /orders/batch` or one journal record. */
export const MAX_BATCH_ORDERS = 100;

/** Largest journal record the engine decodes, in bytes; anything larger is a dead letter. */
export const MAX_RECORD_BYTES = 1024 * 1024;

/** How much of a dead record is kept, in bytes. */
export const DEAD_LETTER_BYTES = 4096;

/** Event records above this many bytes of JSON may be gzip; raw JSON is split at `MAX_EVENT_RECORD_BYTES`. */
export const GZIP_THRESHOLD_BYTES = 4096;
export const MAX_EVENT_RECORD_BYTES = 512 * 1024;

/** Price levels a side in a depth frame. */
export const DEPTH_LEVELS = 10;

/** Trades kept in the display list of a symbol, and their life in seconds. */
export const RECENT_TRADES = 1000;
export const RECENT_TRADES_TTL_S = 24 * 3600;

/** Life of depth and ticker without an engine that refreshes them, and the refresh period. */
export const MARKET_DATA_TTL_S = 60;
export const MARKET_DATA_REFRESH_MS = 20_000;

/** Most symbols one connection may watch with `sub`. */
export const MAX_SUB_SYMBOLS = 100;

/** Most candles one chart answer holds, and how many it holds unless told. */
export const MAX_CHART_CANDLES = 5000;
export const DEFAULT_CHART_CANDLES = 500;

/** Most rows one page of orders, fills or trades holds, and how many it holds unless told. */
export const MAX_PAGE_ROWS = 500;
export const DEFAULT_PAGE_ROWS = 100;

/** Push periods of the streamer. */
export const REALTIME_PUSH_MS = 50;
export const ANONYMOUS_PUSH_MS = 500;
