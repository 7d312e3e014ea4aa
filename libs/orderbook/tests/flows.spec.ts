import fc from 'fast-check';
import type { BookCommand, OrderBook } from '../src/index.js';
import { EventReader } from './support/event-reader.js';
import { flowSettings, step, type Step } from './support/flows.js';
import { FAST, NAIVE, Tape, type BookEvent, type Implementation } from './support/market.js';

const SMALL = { executionsPerCommand: 6, openOrdersPerUser: 12, windowEntries: 25 };

/** A book that goes through a flow, and all that a reader can see of it after each step. */
class Run {
  readonly #tape = new Tape();
  readonly #implementation: Implementation;
  book: OrderBook;

  constructor(implementation: Implementation) {
    this.#implementation = implementation;
    this.book = implementation.create({ symbol: 'FLOW', sink: this.#tape, limits: SMALL });
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
      depth: [book.depth('bid', 50), book.depth('ask', 50)],
      top: [book.bestBid(), book.bestAsk(), book.levelPrice('bid', 1), book.levelQuantity('ask', 1)],
      orders: [[...book.orders('bid')], [...book.orders('ask')]],
      whole: [[...book.allOrNoneOrders('bid')], [...book.allOrNoneOrders('ask')]],
      stops: [[...book.stopOrders('bid')], [...book.stopOrders('ask')]],
      places: [...book.orders('bid'), ...book.allOrNoneOrders('ask'), ...book.stopOrders('bid')].map(({ orderId }) =>
        book.queuePosition(orderId),
      ),
    };
  }
}

/** The fast book, the naive one, and a reader of the events, side by side. */
class Flow {
  readonly #fast = new Run(FAST);
  readonly #naive = new Run(NAIVE);
  readonly #reader = new EventReader();
  #now = 1_700_000_000_000;
  #top = '';
  #version = -1;
  #saved: Uint8Array | undefined;

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
        return this.#compare((run) => run.execute(next.command, this.#now));
    }
  }

  #own({ pick, change }: Extract<Step, { step: 'OWN' }>): void {
    const open = [...this.#reader.open.values()];
    const order = open[pick % open.length];
    if (order === undefined) return;
    const { orderId, userId } = order;
    this.#compare((run) => run.execute({ ...change, orderId, userId }, this.#now));
  }

  #restore(): void {
    const snapshot = this.#saved;
    if (snapshot === undefined) return;
    this.#compare((run) => run.execute({ type: 'RESTORE', snapshot }, this.#now));
  }

  #compare(act: (run: Run) => BookEvent[]): void {
    const told = act(this.#fast);
    expect(told).toEqual(act(this.#naive));
    expect(this.#fast.seen()).toEqual(this.#naive.seen());
    this.#reader.read(told);
    this.#reader.check(this.#fast.book);
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
    const bytes = this.#fast.book.snapshot();
    const naiveBytes = this.#naive.book.snapshot();
    expect(Buffer.from(naiveBytes).equals(bytes)).toBe(true);
    expect(Buffer.concat([...this.#fast.book.capture().encode()]).equals(bytes)).toBe(true);
    this.#fast.restart(naiveBytes);
    this.#naive.restart(bytes);
    this.#version = -1;
  }
}

test('the fast book does what the naive book does, at every step of any flow', () => {
  const { steps, ...settings } = flowSettings(50);
  const flow = fc.array(step, { minLength: 1, maxLength: steps, size: 'max' });
  const property = fc.property(flow, (taken) => {
    const books = new Flow();
    for (const next of taken) books.take(next);
  });
  fc.assert(property, { ...settings, verbose: 1 });
});

test('a book restored at any point behaves as the one that was never away', () => {
  const { steps, ...settings } = flowSettings(30);
  const flow = fc.array(step, { minLength: 2, maxLength: steps, size: 'max' });
  const property = fc.property(flow, fc.nat(), (taken, cut) => {
    const steady = new Run(FAST);
    let restored = new Run(FAST);
    let now = 1_700_000_000_000;
    const commands = taken.filter((next) => next.step === 'COMMAND');
    for (const [index, next] of commands.entries()) {
      now += next.wait;
      if (index === cut % commands.length) {
        restored = new Run(FAST);
        restored.restart(steady.book.snapshot());
        expect(restored.book.stateHash()).toBe(steady.book.stateHash());
      }
      expect(restored.execute(next.command, now)).toEqual(steady.execute(next.command, now));
      expect(restored.book.stateHash()).toBe(steady.book.stateHash());
    }
  });
  fc.assert(property, { ...settings, verbose: 1 });
});
