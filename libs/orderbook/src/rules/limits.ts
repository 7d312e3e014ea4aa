/** Version of the matching rules that this build follows. */
export const RULES_VERSION = 1;

/** Largest price, in ticks, and largest quantity of one order, in lots. */
export const MAX_PRICE = 1_000_000_000_000;
export const MAX_QUANTITY = 1_000_000_000_000;

/** Longest order id and request id, in characters. */
export const MAX_ID_LENGTH = 64;
/** Longest user id, in characters. */
export const MAX_USER_ID_LENGTH = 128;
/** Longest symbol, in characters. */
export const MAX_SYMBOL_LENGTH = 32;

/** How long a used order id and a request id are remembered, in ms of event time. */
export const DUPLICATE_WINDOW_MS = 600_000;

/**
 * Most all-or-none orders that are tried in one command because quantity came to rest: those that the quantity opposite,
 * at prices they accept, is enough for. The others wait for the next command that lets quantity rest.
 */
export const MAX_REST_TRIALS = 200;

/** Latest event time, epoch ms: the last date that JavaScript knows. */
export const MAX_TIME = 8_640_000_000_000_000;

/** Levels a side that `depthVersion` watches. */
export const SHOWN_LEVELS = 10;

/** Bounds of one book. They travel in its snapshot: a restored book keeps the bounds it was made with. */
export interface BookLimits {
  /** Most executions one command makes. */
  executionsPerCommand: number;
  /** Most open orders and stops of one user. */
  openOrdersPerUser: number;
  /** Most finished order ids, and most request ids, that the duplicate window holds; the oldest are forgotten first. */
  windowEntries: number;
}

/** The bounds of version 1 of the rules. */
export const DEFAULT_LIMITS: Readonly<BookLimits> = {
  executionsPerCommand: 100_000,
  openOrdersPerUser: 10_000,
  windowEntries: 500_000,
};
