/** Bounds of the streamer; times in ms. */

/** Most messages on their way to the gateway at a time, each on a kept-alive connection of its own. */
export const MAX_IN_FLIGHT = 128;
/** Longest wait for the gateway's answer to one message. */
export const POST_TIMEOUT_MS = 5_000;

/** Pause before a connection is tried again after a failure: doubles from the first to the second, with jitter. */
export const RETRY_FIRST_MS = 100;
export const RETRY_MAX_MS = 5_000;

/** Trades that a new subscriber is given; one that fell behind gets what it missed, up to the length of the cache's list. */
export const INITIAL_TRADES = 50;

/** Closed candles that are looked at when a candle has closed: more than these were missed only after a long outage. */
export const CLOSED_CANDLES_READ = 30;
/** Reads after which a candle that vanished without appearing among the closed ones is given up. */
export const CLOSED_CANDLE_TRIES = 40;

/** Pace at which 3m to 30m candles are rolled up in the cache. */
export const ROLLUP_MS = 250;

/** Connections known to be gone that are remembered, so that none is posted to while the registry still names it. */
export const MAX_GONE = 100_000;
/** Pause before a connection that is gone is cleaned from the registry again, should it still be named there. */
export const CLEAN_AGAIN_MS = 5_000;

/** Notice that clients get before the streamer ends, and how long it waits for their answers. */
export const SHUTDOWN_NOTICE_MS = 1_000;
export const SHUTDOWN_TIMEOUT_MS = 2_000;

/** Symbols with a malformed key that are named in the log; all are counted. */
export const MAX_REPORTED_SYMBOLS = 1_000;

/** A thing that fails now and then is told in the log once: it works again when it has not failed for so long. */
export const RECOVERED_AFTER_MS = 1_000;
