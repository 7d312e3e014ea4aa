import type { BookCommand, EventSink, Fill, OrderBook, StatusChange } from '@supernoba/orderbook';
import { createBenchOrderBook } from '@supernoba/orderbook/bench';
import { RecordType } from '../workload/format.js';
import { BATCH, type DrivenBook } from './driven-book.js';
import type { Flow } from './flow.js';
import { OrderIds, RequestIds, type IdLength } from './order-ids.js';
import { depthHash, TradeTally, type Level, type Outcome } from './outcome.js';

export interface OwnBookOptions {
  idLength: IdLength;
  /** A request id on every command, so that the window of requests works too. */
  requestIds: boolean;
  /** The listener reads every field of every event; else it is called and reads nothing. */
  readsEvents: boolean;
  /** The top 10 of both sides are read after every command that changed them. */
  readsDepth: boolean;
}

export const WHOLE: OwnBookOptions = { idLength: 13, requestIds: false, readsEvents: true, readsDepth: true };

const USERS = 1_000;
const START_MS = 1_700_000_000_000;
/** 5,000 commands a second of event time. */
const COMMANDS_PER_MS = 5;
const LEVELS = 10;

/** The order book of this project, run whole: ids, users, both duplicate windows, validation, asserts, events and depth. */
export class OwnBook implements DrivenBook {
  readonly book: OrderBook;
  readonly #flow: Flow;
  readonly #options: OwnBookOptions;
  readonly #ids: OrderIds;
  readonly #requests = new RequestIds();
  readonly #users = Array.from({ length: USERS }, (_, user) => `user-${String(user).padStart(4, '0')}`);
  readonly #listener: Listener;
  readonly #commands: BookCommand[] = [];
  readonly #times = new Float64Array(BATCH);
  readonly #bids = new Float64Array(LEVELS * 3);
  readonly #asks = new Float64Array(LEVELS * 3);
  #bidVersion = 0;
  #askVersion = 0;
  #count = 0;
  /** Commands of earlier laps of the same flow, and the orders they made. */
  #commandsBefore = 0;
  #idsBefore = 0;
  #tally = new TradeTally();
  #tradesBefore = 0;

  constructor(flow: Flow, options: OwnBookOptions) {
    this.#flow = flow;
    this.#options = options;
    this.#ids = new OrderIds(options.idLength);
    this.#listener = new Listener();
    const sink: EventSink = options.readsEvents ? this.#listener : { onFill: () => {}, onStatus: () => {} };
    this.book = createBenchOrderBook({ symbol: 'BENCH', sink });
  }

  prepare(from: number, to: number): void {
    this.#count = to - from;
    for (let index = from; index < to; index += 1) {
      const number = this.#commandsBefore + index;
      this.#times[index - from] = START_MS + Math.floor(number / COMMANDS_PER_MS);
      this.#commands[index - from] = this.#options.requestIds
        ? Object.assign(this.#command(index), { requestId: this.#requests.text(number) })
        : this.#command(index);
    }
  }

  run(): void {
    for (let n = 0; n < this.#count; n += 1) this.#runOne(n);
  }

  runTimed(into: Float64Array, at: number): void {
    for (let n = 0; n < this.#count; n += 1) {
      const started = process.hrtime.bigint();
      this.#runOne(n);
      into[at + n] = Number(process.hrtime.bigint() - started);
    }
  }

  settle(): void {
    const { fills, makers, takers, prices, quantities } = this.#listener;
    for (let n = 0; n < fills; n += 1) {
      const maker = this.#ids.number(makers[n]!) - this.#idsBefore;
      this.#tally.add(maker, this.#ids.number(takers[n]!) - this.#idsBefore, prices[n]!, quantities[n]!);
    }
    this.#listener.fills = 0;
  }

  outcome(): Outcome {
    const trades = this.book.tradeNo - this.#tradesBefore;
    const finalLive = this.book.openOrders;
    const hash = depthHash(this.#levels('bid'), this.#levels('ask'));
    if (!this.#options.readsEvents) return { trades, finalLive, depthHash: hash };
    const { quantity, notional, tradeHash } = this.#tally;
    if (this.#tally.trades !== trades)
      throw new Error(`${this.#tally.trades} fills were heard, the book made ${trades}`);
    return { trades, quantity, notional, tradeHash, finalLive, depthHash: hash };
  }

  /** Ends every open order, and begins the same flow again under new ids, later in time. */
  startLap(): void {
    this.#commandsBefore += this.#flow.types.length;
    this.#idsBefore += this.#flow.header.maxId;
    this.book.execute({ type: 'FORCE_CANCEL_ALL' }, START_MS + Math.floor(this.#commandsBefore / COMMANDS_PER_MS));
    this.#tally = new TradeTally();
    this.#tradesBefore = this.book.tradeNo;
  }

  #command(index: number): BookCommand {
    const flow = this.#flow;
    const id = this.#idsBefore + flow.ids[index]!;
    const orderId = this.#ids.text(id);
    const userId = this.#users[id % USERS]!;
    switch (flow.types[index]) {
      case RecordType.Add: {
        const isBuy = flow.sides[index] === 0;
        return { type: 'ADD', orderId, userId, isBuy, price: flow.prices[index]!, quantity: flow.quantities[index]! };
      }
      case RecordType.Cancel:
        return { type: 'CANCEL', orderId, userId };
      default: {
        const quantity = flow.filledBefore[index]! + flow.quantities[index]!;
        return { type: 'REPLACE', orderId, userId, price: flow.prices[index]!, quantity };
      }
    }
  }

  #runOne(n: number): void {
    this.book.execute(this.#commands[n]!, this.#times[n]!);
    if (this.#options.readsDepth) this.#readDepth();
  }

  #readDepth(): void {
    const { book } = this;
    const bidVersion = book.sideVersion('bid');
    if (bidVersion !== this.#bidVersion) {
      this.#bidVersion = bidVersion;
      book.copyDepth('bid', LEVELS, this.#bids);
    }
    const askVersion = book.sideVersion('ask');
    if (askVersion !== this.#askVersion) {
      this.#askVersion = askVersion;
      book.copyDepth('ask', LEVELS, this.#asks);
    }
  }

  #levels(side: 'bid' | 'ask'): Level[] {
    return this.book.depth(side, LEVELS).map(({ price, quantity, orders }) => [price, quantity, orders]);
  }
}

/** Reads every field of every event, and keeps those of a fill until they are hashed. */
class Listener implements EventSink {
  fills = 0;
  readonly makers: string[] = [];
  readonly takers: string[] = [];
  readonly prices: number[] = [];
  readonly quantities: number[] = [];
  /** Of all other fields: that no reading of them can be left out. */
  sum = 0;

  onFill(fill: Readonly<Fill>): void {
    const at = this.fills++;
    this.makers[at] = fill.makerOrderId;
    this.takers[at] = fill.takerOrderId;
    this.prices[at] = fill.price;
    this.quantities[at] = fill.quantity;
    const texts = fill.makerUserId.length + fill.takerUserId.length + (fill.takerIsBuy ? 1 : 0);
    const numbers = fill.seq + fill.tradeNo + fill.timestamp + fill.makerOpen + fill.takerOpen;
    this.sum = (this.sum + texts + numbers) | 0;
  }

  onStatus(change: Readonly<StatusChange>): void {
    const texts = change.orderId.length + change.userId.length + change.requestId.length + change.reason.length;
    const codes = change.status.length + change.orderType.length + (change.isBuy ? 1 : 0);
    const numbers = change.seq + change.n + change.timestamp + change.price;
    this.sum = (this.sum + texts + codes + numbers + change.quantity + change.filled + change.open) | 0;
  }
}
