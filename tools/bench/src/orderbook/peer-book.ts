import { OrderBook, Side, type IProcessOrder } from 'nodejs-order-book';
import { RecordType } from '../workload/format.js';
import type { DrivenBook } from './driven-book.js';
import type { Flow } from './flow.js';
import { OrderIds, type IdLength } from './order-ids.js';
import { depthHash, TradeTally, type Level, type Outcome } from './outcome.js';

interface PeerCommand {
  type: number;
  id: string;
  side: Side;
  size: number;
  price: number;
}

/**
 * The order book of `nodejs-order-book` by its cheapest public calls: `limit`, `cancel`, and `modify`, which takes an
 * order out and enters it again at the back. No users, no journal, and its depth is not read before the end.
 */
export class PeerBook implements DrivenBook {
  readonly #book = new OrderBook();
  readonly #flow: Flow;
  readonly #ids: OrderIds;
  readonly #tally = new TradeTally();
  readonly #commands: PeerCommand[] = [];
  readonly #answers: (IProcessOrder | undefined)[] = [];
  #count = 0;

  constructor(flow: Flow, idLength: IdLength) {
    this.#flow = flow;
    this.#ids = new OrderIds(idLength);
  }

  prepare(from: number, to: number): void {
    this.#count = to - from;
    const { types, ids, sides, prices, quantities } = this.#flow;
    for (let index = from; index < to; index += 1) {
      this.#commands[index - from] = {
        type: types[index]!,
        id: this.#ids.text(ids[index]!),
        side: sides[index] === 0 ? Side.BUY : Side.SELL,
        size: quantities[index]!,
        price: prices[index]!,
      };
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

  /** The answers name makers in the order of their fills: those that are done, then the one that is not. */
  settle(): void {
    for (let n = 0; n < this.#count; n += 1) {
      const answer = this.#answers[n];
      if (answer === undefined) continue;
      const { id } = this.#commands[n]!;
      if (answer.err !== null) throw new Error(`the peer refused ${id}`, { cause: answer.err });
      const taker = this.#ids.number(id);
      for (const maker of answer.done) {
        if (maker.id !== id) this.#tally.add(this.#ids.number(maker.id), taker, priceOf(maker), maker.size);
      }
      const { partial } = answer;
      if (partial !== null && partial.id !== id)
        this.#tally.add(this.#ids.number(partial.id), taker, partial.price, answer.partialQuantityProcessed);
    }
  }

  outcome(): Outcome {
    const { trades, quantity, notional, tradeHash } = this.#tally;
    const { bids, asks } = this.#book.snapshot();
    const count = (levels: typeof bids) => levels.reduce((sum, level) => sum + level.orders.length, 0);
    return {
      trades,
      quantity,
      notional,
      tradeHash,
      finalLive: count(bids) + count(asks),
      depthHash: depthHash(topOf(bids), topOf(asks)),
    };
  }

  #runOne(n: number): void {
    const command = this.#commands[n]!;
    switch (command.type) {
      case RecordType.Add:
        this.#answers[n] = this.#book.limit(command);
        break;
      case RecordType.Cancel:
        if (this.#book.cancel(command.id) === undefined) throw new Error(`${command.id} is not in the peer's book`);
        this.#answers[n] = undefined;
        break;
      default:
        this.#answers[n] = this.#book.modify(command.id, command);
    }
  }
}

function priceOf(order: IProcessOrder['done'][number]): number {
  if (!('price' in order)) throw new Error('the peer answered with an order without a price');
  return order.price;
}

function topOf(levels: { price: number; orders: { size: number }[] }[]): Level[] {
  return levels
    .slice(0, 10)
    .map(({ price, orders }) => [price, orders.reduce((sum, { size }) => sum + size, 0), orders.length]);
}
