import type { BookCommand, BookLimits, BookState, OrderBook } from '../../src/index.js';
import { EventReader } from './event-reader.js';
import type { Step } from './flows.js';
import { FAST, NAIVE, Tape, type BookEvent, type Implementation } from './market.js';

/** Limits that a short flow reaches. */
export const SMALL: BookLimits = { executionsPerCommand: 6, openOrdersPerUser: 12, windowEntries: 25 };
/** When a flow begins, epoch ms. */
export const FLOW_START = 1_700_000_000_000;
const DEPTH_LEVELS = 50;

/** A book that goes through a flow, and all that a reader can see of it after each step. */
export class BookRun {
  readonly #tape = new Tape();
  readonly #implementation: Implementation;
  readonly #depth = new Float64Array(3 * DEPTH_LEVELS);
  book: OrderBook;

  constructor(implementation: Implementation, limits = SMALL) {
    this.#implementation = implementation;
    this.book = implementation.create({ symbol: 'FLOW', sink: this.#tape, limits });
  }

  execute(command: BookCommand, now: number): BookEvent[] {
    this.book.execute(command, now);
    return this.#tape.take();
  }

  advance(now: number): BookEvent[] {
    this.book.advance(now);
    return this.#tape.take();
  }

  restart(bytes: Uint8Array): void {
    this.book = this.#implementation.restore(bytes, { symbol: 'FLOW', sink: this.#tape });
  }

  seen(): object {
    const { book } = this;
    const { state, haltedUntil, time, seq, tradeNo, statusNo, lastPrice, openOrders, ignoredRequests } = book;
    const head = {
      state,
      haltedUntil,
      time,
      seq,
      tradeNo,
      statusNo,
      lastPrice,
      openOrders,
      ignoredRequests,
    };
    return {
      ...head,
      hash: book.stateHash(),
      deadline: book.nextDeadline(),
      depth: [book.depth('bid', DEPTH_LEVELS), book.depth('ask', DEPTH_LEVELS)],
      top: [book.bestBid(), book.bestAsk(), book.levelPrice('bid', 1), book.levelQuantity('ask', 1)],
      orders: [[...book.orders('bid')], [...book.orders('ask')]],
      whole: [[...book.allOrNoneOrders('bid')], [...book.allOrNoneOrders('ask')]],
      stops: [[...book.stopOrders('bid')], [...book.stopOrders('ask')]],
      places: [...book.orders('bid'), ...book.allOrNoneOrders('ask'), ...book.stopOrders('bid')].map(({ orderId }) =>
        book.queuePosition(orderId),
      ),
    };
  }

  /** The depth of both sides and the hash, which covers every order and counter, as one text. */
  digest(): string {
    const { book } = this;
    let text = book.stateHash();
    for (const side of ['bid', 'ask'] as const) {
      const levels = book.copyDepth(side, DEPTH_LEVELS, this.#depth);
      text += `/${this.#depth.subarray(0, 3 * levels).join()}`;
    }
    return text;
  }
}

/** What was compared so far. */
export interface Compared {
  commands: number;
  events: number;
  /** Of the events. */
  fills: number;
  /** Hashes, each with the depth: one a step. */
  hashes: number;
  restarts: number;
}

/**
 * The fast book, the naive one, and a reader of the events, side by side. After every step events, depth and hash are
 * compared; all that can be seen is after every `everything`th.
 */
export class SideBySide {
  readonly compared: Compared = { commands: 0, events: 0, fills: 0, hashes: 0, restarts: 0 };
  readonly #fast: BookRun;
  readonly #naive: BookRun;
  readonly #everything: number;
  readonly #reader = new EventReader();
  #now = FLOW_START;
  #top = '';
  #version = -1;
  #saved: Uint8Array | undefined;

  constructor(limits = SMALL, everything = 1) {
    this.#fast = new BookRun(FAST, limits);
    this.#naive = new BookRun(NAIVE, limits);
    this.#everything = everything;
  }

  get state(): BookState {
    return this.#fast.book.state;
  }

  take(next: Step): void {
    switch (next.step) {
      case 'RESTART':
        return this.#restart();
      case 'SAVE':
        this.#saved = this.#fast.book.snapshot();
        return;
      case 'RESTORE':
        this.#now += next.wait;
        return this.#restore();
      case 'ADVANCE':
        this.#now += next.wait;
        return this.#compare((run) => run.advance(this.#now));
      case 'OWN':
        this.#now += next.wait;
        return this.#own(next);
      case 'COMMAND':
        this.#now += next.wait;
        return this.#execute(next.command);
    }
  }

  #own({ pick, change }: Extract<Step, { step: 'OWN' }>): void {
    const open = [...this.#reader.open.values()];
    const order = open[pick % open.length];
    if (order === undefined) return;
    const { orderId, userId } = order;
    this.#execute({ ...change, orderId, userId });
  }

  #restore(): void {
    const snapshot = this.#saved;
    if (snapshot !== undefined) this.#execute({ type: 'RESTORE', snapshot });
  }

  #execute(command: BookCommand): void {
    this.compared.commands++;
    this.#compare((run) => run.execute(command, this.#now));
  }

  #compare(act: (run: BookRun) => BookEvent[]): void {
    const told = act(this.#fast);
    const naiveTold = act(this.#naive);
    this.compared.events += told.length;
    for (const { event } of told) if (event === 'FILL') this.compared.fills++;
    const isWhole = ++this.compared.hashes % this.#everything === 0;
    if (isWhole || JSON.stringify(told) !== JSON.stringify(naiveTold)) expect(told).toEqual(naiveTold);
    if (isWhole || this.#fast.digest() !== this.#naive.digest()) expect(this.#fast.seen()).toEqual(this.#naive.seen());
    this.#reader.read(told);
    if (isWhole) this.#reader.check(this.#fast.book);
    this.#watchTop(this.#fast.book);
  }

  #watchTop(book: OrderBook): void {
    const top = JSON.stringify([book.depth('bid', 10), book.depth('ask', 10)]);
    if (top !== this.#top) expect(book.depthVersion).not.toBe(this.#version);
    this.#top = top;
    this.#version = book.depthVersion;
  }

  /** Each goes on from what the other wrote. */
  #restart(): void {
    this.compared.restarts++;
    const bytes = this.#fast.book.snapshot();
    const naiveBytes = this.#naive.book.snapshot();
    expect(Buffer.from(naiveBytes).equals(bytes)).toBe(true);
    expect(Buffer.concat([...this.#fast.book.capture().encode()]).equals(bytes)).toBe(true);
    this.#fast.restart(naiveBytes);
    this.#naive.restart(bytes);
    this.#version = -1;
  }
}
