import { SnapshotError, type EventSink, type Fill, type OrderBook, type StatusChange } from '@supernoba/orderbook';
import type { DecodeFailure, OrderCommand, OrderStatus, SymbolRecord } from '@supernoba/protocol';
import { EngineError, invariant } from '../errors.js';
import type { BookFactory } from './books.js';
import { toBookCommand } from './commands.js';
import { MarketFold, type FoldState } from './market-fold.js';
import type { BatchOutput, SymbolOutput } from './output.js';
import type { Position } from './positions.js';

/** Statuses that answer a request with a no. */
const REFUSALS: ReadonlySet<OrderStatus> = new Set(['REJECTED', 'DUPLICATE', 'REPLACE_REJECTED', 'CANCEL_REJECTED']);

/** What a snapshot holds beside the book. */
export interface MachineState {
  position: Position;
  time: number;
  /** Events that the engine itself gave: see {@link SymbolMachine.refuse}. */
  extraEvents: number;
  /** Request id of the last RESTORE; '' before the first. */
  restoredBy: string;
  fold: FoldState;
}

/**
 * One symbol: its time, its book and its market data, moved by journal entries alone. Give it the same entries and it
 * gives the same events, byte for byte.
 */
export class SymbolMachine implements EventSink {
  readonly book: OrderBook;
  readonly fold: MarketFold;
  /** Event time of the symbol, epoch ms. */
  time = 0;
  /** Last journal record applied. */
  position: Position = '';
  /** Whether anything was applied since the last snapshot. */
  dirty = false;
  #extraEvents = 0;
  #restoredBy = '';
  #lastSeq = 0;
  #batch: BatchOutput | undefined;
  #out: SymbolOutput | undefined;

  constructor(
    readonly symbol: string,
    books: BookFactory,
    restored?: { book: Uint8Array; state: MachineState },
  ) {
    if (restored === undefined) {
      this.book = books.create(symbol, this);
      this.fold = new MarketFold();
      return;
    }
    const { state } = restored;
    this.book = books.restore(symbol, restored.book, this);
    this.fold = MarketFold.from(state.fold);
    this.time = state.time;
    this.position = state.position;
    this.#extraEvents = state.extraEvents;
    this.#restoredBy = state.restoredBy;
    this.#lastSeq = this.seq;
    if (this.book.symbol !== symbol || this.book.tradeNo !== this.fold.q) {
      throw new EngineError('BAD_SNAPSHOT', `${symbol}: book and market data do not belong together`);
    }
  }

  /** Number of the last event. */
  get seq(): number {
    return this.book.seq + this.#extraEvents;
  }

  apply(entry: OrderCommand | SymbolRecord, arrivalMs: number, out: BatchOutput | undefined): void {
    const command = toBookCommand(entry);
    this.#advance(arrivalMs, out);
    this.book.execute(command, this.time);
    if (command.type === 'CONFIGURE' && command.config.dayOffsetMin !== undefined) {
      this.fold.setDayOffset(command.config.dayOffsetMin, this.time);
    }
    this.#finish();
  }

  /**
   * Puts the orders of an earlier snapshot back. A record that came twice restores once: what was traded in between would
   * come back with the second.
   *
   * @param snapshot bytes of the book in it
   * @returns what is wrong with the snapshot, if anything: then nothing changes but the time
   */
  restore(
    record: SymbolRecord,
    snapshot: Uint8Array,
    arrivalMs: number,
    out: BatchOutput | undefined,
  ): SnapshotError | undefined {
    this.#advance(arrivalMs, out);
    try {
      if (record.request_id === this.#restoredBy) return undefined;
      this.book.execute(toBookCommand(record, snapshot), this.time);
      this.#restoredBy = record.request_id;
      return undefined;
    } catch (error) {
      if (error instanceof SnapshotError) return error;
      throw error;
    } finally {
      this.#finish();
    }
  }

  /**
   * Answers an element that is no order but whose sender can be read. It takes the next numbers of the symbol as every
   * event does. The order that a bad CANCEL, REPLACE or second ADD names keeps its state.
   */
  refuse(failure: DecodeFailure, arrivalMs: number, out: BatchOutput | undefined): void {
    const { orderId, userId } = failure;
    if (orderId === undefined || userId === undefined) return;
    this.#advance(arrivalMs, out);
    this.#extraEvents++;
    const change: StatusChange = {
      seq: this.book.seq,
      n: this.book.statusNo,
      timestamp: this.time,
      status: this.#refusal(failure.action, orderId),
      reason: 'BAD_ORDER',
      orderId,
      userId,
      isBuy: false,
      orderType: 'LIMIT',
      price: 0,
      quantity: 0,
      filled: 0,
      open: 0,
      requestId: failure.requestId ?? '',
    };
    this.onStatus(change);
    this.#finish();
  }

  /** Fires what is due at a TICK; a symbol without a due timer does not change. Returns whether one was. */
  tick(arrivalMs: number, out: BatchOutput | undefined): boolean {
    if (this.nextDeadline() > arrivalMs) return false;
    this.#begin(out);
    this.#fireTimers(arrivalMs);
    this.#finish();
    return true;
  }

  /** Earliest deadline of the symbol's timers, epoch ms; Infinity without one. */
  nextDeadline(): number {
    return Math.min(this.fold.minuteDeadline, this.fold.dayDeadline, this.book.nextDeadline());
  }

  state(): MachineState {
    return {
      position: this.position,
      time: this.time,
      extraEvents: this.#extraEvents,
      restoredBy: this.#restoredBy,
      fold: this.fold.state(),
    };
  }

  onFill(fill: Readonly<Fill>): void {
    this.#number(fill.seq + this.#extraEvents);
    if (this.#batch !== undefined) this.#batch.fills++;
    invariant(fill.tradeNo === this.fold.q + 1, `${this.symbol}: trade ${fill.tradeNo} after ${this.fold.q}`);
    const trade: SymbolOutput['trades'][number] = [
      fill.tradeNo,
      fill.timestamp,
      fill.price,
      fill.quantity,
      fill.takerIsBuy,
    ];
    this.fold.trade(trade);
    const out = this.#out;
    if (out === undefined) return;
    out.fills.addFill(fill, this.#extraEvents);
    out.trades.push(trade);
  }

  onStatus(change: Readonly<StatusChange>): void {
    const extra = this.#extraEvents;
    this.#number(change.seq + extra);
    if (REFUSALS.has(change.status)) this.#countRefusal(change.reason || change.status);
    this.#out?.statuses.addStatus(change, extra);
  }

  #refusal(action: string | undefined, orderId: string): OrderStatus {
    if (action === 'CANCEL') return 'CANCEL_REJECTED';
    if (action === 'REPLACE') return 'REPLACE_REJECTED';
    return this.book.order(orderId) === undefined ? 'REJECTED' : 'DUPLICATE';
  }

  #countRefusal(reason: string): void {
    const rejects = this.#batch?.rejects;
    rejects?.set(reason, (rejects.get(reason) ?? 0) + 1);
  }

  #number(seq: number): void {
    invariant(seq === this.#lastSeq + 1, `${this.symbol}: event ${seq} after ${this.#lastSeq}`);
    this.#lastSeq = seq;
    if (this.#batch !== undefined) this.#batch.events++;
  }

  /** Timers due before the record fire first; then the symbol's time is the record's, unless that would go back. */
  #advance(arrivalMs: number, out: BatchOutput | undefined): void {
    this.#begin(out);
    const time = Math.max(this.time, arrivalMs);
    this.#fireTimers(time);
    this.time = time;
  }

  /** In the order (deadline, kind): end of the minute, of the day, then the book's own. Each moves the symbol's time. */
  #fireTimers(time: number): void {
    for (let deadline = this.nextDeadline(); deadline <= time; deadline = this.nextDeadline()) {
      this.time = Math.max(this.time, deadline);
      if (this.fold.minuteDeadline === deadline) this.fold.closeMinute();
      else if (this.fold.dayDeadline === deadline) this.fold.closeDay();
      else {
        this.book.advance(deadline);
        invariant(this.book.nextDeadline() > deadline, `${this.symbol}: a timer of ${deadline} stays due`);
      }
    }
  }

  #begin(out: BatchOutput | undefined): void {
    this.#batch = out;
    this.#out = out?.of(this.symbol);
  }

  #finish(): void {
    this.#batch = undefined;
    this.#out = undefined;
    this.dirty = true;
  }
}
