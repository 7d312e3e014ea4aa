import type { OrderStatus, OrderType, Reason, SelfTradePrevention, TimeInForce } from './codes.js';
import type { BookLimits } from './rules/limits.js';

/** A new order. Absent optional fields have their defaults: LIMIT, GTC (IOC for MARKET), no flags. */
export interface AddCommand {
  type: 'ADD';
  /** Unique among the orders of the book, 1 to 64 characters. */
  orderId: string;
  userId: string;
  isBuy: boolean;
  /** Ticks, 1 to 1e12; 0 or absent for MARKET and STOP. */
  price?: number;
  /** Lots, 1 to 1e12. */
  quantity: number;
  orderType?: OrderType;
  timeInForce?: TimeInForce;
  postOnly?: boolean;
  allOrNone?: boolean;
  stopPrice?: number;
  displayQuantity?: number;
  selfTradePrevention?: SelfTradePrevention;
  requestId?: string;
}

export interface CancelCommand {
  type: 'CANCEL';
  orderId: string;
  userId: string;
  requestId?: string;
}

/** Absent fields stay. `quantity` is the new total (FIX OrderQty): open = quantity − filled. */
export interface ReplaceCommand {
  type: 'REPLACE';
  orderId: string;
  userId: string;
  price?: number;
  quantity?: number;
  stopPrice?: number;
  displayQuantity?: number;
  requestId?: string;
}

/** Cancels every open order of the user, oldest first. */
export interface CancelAllCommand {
  type: 'CANCEL_ALL';
  userId: string;
  requestId?: string;
}

/**
 * Rules of the book that may change while it runs. Absent fields stay. A value the book does not know is answered by
 * REJECTED `BAD_ORDER` without an order id, and nothing changes.
 */
export interface BookConfig {
  /** Minutes east of UTC at which the trading day begins, −720 to 840. Default 540. */
  dayOffsetMin?: number;
  /** For orders that name none. Default NONE. */
  selfTradePrevention?: SelfTradePrevention;
  /** Ticks: the reference of band and halt while there is no trade to refer to. 0 (default) = none. */
  referencePrice?: number;
  /** The reference is the last trade at least this many ms old, else the oldest. 1 to 600,000, default 300,000. */
  referenceWindowMs?: number;
  /** How far from the reference a limit price may be, in basis points, 0 (default) = no band, to 10,000. */
  priceBandBps?: number;
  /** How far from the reference an execution may print before trading halts, in basis points, 0 (default) = no halt. */
  haltThresholdBps?: number;
  /** How long such a halt lasts, 1 to 86,400,000 ms, default 300,000. */
  haltDurationMs?: number;
}

export interface ConfigureCommand {
  type: 'CONFIGURE';
  config: BookConfig;
}
/** Halted or delisted: CANCEL and CANCEL_ALL only. */
export interface HaltCommand {
  type: 'HALT';
}
export interface ResumeCommand {
  type: 'RESUME';
}
export interface DelistCommand {
  type: 'DELIST';
}
/** An operator's cancel: any owner's order. */
export interface ForceCancelCommand {
  type: 'FORCE_CANCEL';
  orderId: string;
  requestId?: string;
}
/** An operator's cancel of a whole book, or of one user's orders. */
export interface ForceCancelAllCommand {
  type: 'FORCE_CANCEL_ALL';
  userId?: string;
  requestId?: string;
}

/**
 * An operator puts the open orders of an earlier snapshot of this book back in place of those there are. Orders that are
 * open now and not in the snapshot are CANCELLED, oldest first; then each order of the snapshot, in the order of its
 * places, is told as ACCEPTED, or as REPLACED if it is open now (under its id, of its user and side): reason RESTORED. What was traded meanwhile stays traded:
 * numbers, time, last price, volume, configuration, state and duplicate window go on. DELISTED refuses.
 */
export interface RestoreCommand {
  type: 'RESTORE';
  /** Of this symbol, by either implementation. Bytes that are none make `execute` throw a `SnapshotError`, and change nothing. */
  snapshot: Uint8Array;
}

export type BookCommand =
  | AddCommand
  | CancelCommand
  | ReplaceCommand
  | CancelAllCommand
  | ConfigureCommand
  | HaltCommand
  | ResumeCommand
  | DelistCommand
  | ForceCancelCommand
  | ForceCancelAllCommand
  | RestoreCommand;

/** One execution, at the maker's price. */
export interface Fill {
  /** Numbers every event of the book: 1, 2, 3 … */
  seq: number;
  /** Numbers the executions alone: 1, 2, 3 … */
  tradeNo: number;
  /** Event time, epoch ms. */
  timestamp: number;
  price: number;
  quantity: number;
  takerIsBuy: boolean;
  makerOrderId: string;
  makerUserId: string;
  /** Open quantity left (hidden part included). */
  makerOpen: number;
  takerOrderId: string;
  takerUserId: string;
  takerOpen: number;
}

/** One change of, or answer about, an order. Fields that the book cannot know (an unknown id) are 0, false, LIMIT. */
export interface StatusChange {
  seq: number;
  /** Numbers the statuses alone: 1, 2, 3 … */
  n: number;
  timestamp: number;
  status: OrderStatus;
  /** '' where there is none. */
  reason: Reason | '';
  orderId: string;
  userId: string;
  isBuy: boolean;
  orderType: OrderType;
  price: number;
  quantity: number;
  filled: number;
  open: number;
  /** '' where there is none. */
  requestId: string;
}

/**
 * Takes the events of a book in order. The object handed over is reused for the next event: read it, do not keep it.
 * A listener must not call back into the book.
 */
export interface EventSink {
  onFill(fill: Readonly<Fill>): void;
  onStatus(status: Readonly<StatusChange>): void;
}

export interface PriceLevel {
  price: number;
  /** Shown quantity. */
  quantity: number;
  /** Orders that show quantity here. */
  orders: number;
}

/** An open order as a reader sees it. */
export interface RestingOrder {
  orderId: string;
  userId: string;
  isBuy: boolean;
  orderType: OrderType;
  timeInForce: TimeInForce;
  postOnly: boolean;
  allOrNone: boolean;
  /** 0 for STOP. */
  price: number;
  /** 0 for orders that wait for no stop. */
  stopPrice: number;
  quantity: number;
  filled: number;
  /** Hidden part included. */
  open: number;
  /** 0 for orders that show everything. */
  displayQuantity: number;
}

/** What stands before an order at its price: on its side, or among the stops or all-or-none orders of its side. */
export interface QueuePosition {
  ordersAhead: number;
  /** Hidden parts included. */
  quantityAhead: number;
}

/** A book at one moment, to be written while the book goes on. */
export interface SnapshotCapture {
  /**
   * The bytes of `snapshot()` at that moment, in pieces, some of them empty: each step takes about a millisecond, so that
   * what else there is to do can be done in between.
   */
  encode(): IterableIterator<Uint8Array>;
}

export type BookState = 'open' | 'halted' | 'delisted';

/**
 * A price-time priority limit order book of one symbol: commands in, events out, deterministic. It has no clock, no
 * randomness and no I/O: the same commands with the same times give the same events, on any machine, from any snapshot.
 */
export interface OrderBook {
  readonly symbol: string;
  readonly state: BookState;
  /** Event time of the last command, epoch ms; 0 in a new book. */
  readonly time: number;
  /** When a volatility halt ends, epoch ms; 0 without one. */
  readonly haltedUntil: number;
  /** Number of the last event, execution and status. */
  readonly seq: number;
  readonly tradeNo: number;
  readonly statusNo: number;
  /** Price of the last execution, 0 before the first. */
  readonly lastPrice: number;
  /** Open orders (stops included). */
  readonly openOrders: number;
  /** Requests that came again with the same body and were ignored. */
  readonly ignoredRequests: number;
  /**
   * Grows with every change within the ten best levels of a side: two equal readings mean that nothing a depth frame shows
   * has changed. A view of the book, not part of its state: a restored book starts anew, and two implementations may count
   * differently.
   */
  readonly depthVersion: number;
  /** The same of one side. */
  sideVersion(side: 'bid' | 'ask'): number;

  /**
   * Applies one command and hands its events to the sink, in order. What a caller can get wrong in data is answered by
   * an event and changes nothing but the event time and the duplicate window; only a wrong type throws.
   *
   * @param time Arrival, epoch ms. The event time is the larger of this and the previous event time.
   * @throws TypeError for a command that no typed caller could write, or a time that is no whole number of ms
   * @throws SnapshotError for a RESTORE of bytes that are no snapshot of this book
   */
  execute(command: BookCommand, time: number): void;

  /** Lets the timers due at or before `time` fire without a command. Without a due timer nothing changes. */
  advance(time: number): void;

  /** Earliest deadline of a timer, epoch ms; Infinity without one. */
  nextDeadline(): number;

  /** The best `levels` levels of a side, best first; copies. */
  depth(side: 'bid' | 'ask', levels: number): PriceLevel[];
  /**
   * Writes price, shown quantity and orders of the best `levels` levels of a side, best first, three numbers a level, into
   * `into` (at least `3 × levels` long) and returns how many levels there were. Allocates nothing.
   */
  copyDepth(side: 'bid' | 'ask', levels: number, into: Float64Array): number;
  /** Price, shown quantity and orders of the level at `index` (0 = best) without allocating; 0 beyond the last level. */
  levelPrice(side: 'bid' | 'ask', index: number): number;
  levelQuantity(side: 'bid' | 'ask', index: number): number;
  levelOrders(side: 'bid' | 'ask', index: number): number;
  /** 0 for an empty side. */
  bestBid(): number;
  bestAsk(): number;

  /** An open order, wherever it stands. */
  order(orderId: string): RestingOrder | undefined;
  /** How far it is to the order's turn at its price; undefined for an id that is not open, and for a triggered stop. */
  queuePosition(orderId: string): QueuePosition | undefined;
  /** Resting orders of a side in priority order, all-or-none orders aside. */
  orders(side: 'bid' | 'ask'): IterableIterator<RestingOrder>;
  /** Resting all-or-none orders of a side in priority order. */
  allOrNoneOrders(side: 'bid' | 'ask'): IterableIterator<RestingOrder>;
  /** Stops that wait for their price, in the order in which they would trigger. */
  stopOrders(side: 'bid' | 'ask'): IterableIterator<RestingOrder>;

  /** Everything that decides the book's future, as versioned, deterministic bytes. */
  snapshot(): Uint8Array;
  /** The same without stopping the book for as long as the writing takes: only what changes is copied now. */
  capture(): SnapshotCapture;
  /** 64-bit hash (16 hex digits) of exactly what the snapshot holds. */
  stateHash(): string;
}

export interface OrderBookOptions {
  /** 1 to 32 characters. */
  symbol: string;
  sink: EventSink;
  /** Bounds other than those of the rules, for a new book. A restored one keeps those of its snapshot. */
  limits?: Partial<BookLimits>;
}
