import { HASH_START, hashStep } from './format.js';

const NONE = 0;
/** The flow that this project generates stays below, ticks. */
const GENERATED_MAX_PRICE = 65_535;

/**
 * Plain price-time priority on integers, one slot a price: it names live orders for the generator and computes the
 * outcome that every engine must reach.
 */
export class ReferenceBook {
  readonly open: Uint32Array;
  readonly price: Uint32Array;
  readonly side: Uint8Array;
  readonly isLive: Uint8Array;
  /** Executed quantity of each order so far. */
  readonly filled: Uint32Array;
  trades = 0;
  quantity = 0n;
  notional = 0n;
  tradeHash = HASH_START;
  /** Ids of live orders, in an order that the generator's draws depend on. */
  readonly live: number[] = [];
  /** Called with the id of every order that is live no longer. */
  onEnd: (id: number) => void = () => undefined;

  private readonly livePlace: Uint32Array;
  private readonly next: Uint32Array;
  private readonly previous: Uint32Array;
  private readonly head: readonly [Uint32Array, Uint32Array];
  private readonly tail: readonly [Uint32Array, Uint32Array];
  /** Best bid and ask, ticks; 0 and `beyond` when the side is empty. */
  private readonly best: [number, number];
  private readonly beyond: number;
  private batchQuantity = 0;
  private batchNotional = 0;

  /**
   * @param capacity largest id
   * @param maxPrice highest price of the flow, ticks
   */
  constructor(capacity: number, maxPrice = GENERATED_MAX_PRICE) {
    this.beyond = maxPrice + 1;
    this.best = [0, this.beyond];
    this.head = [new Uint32Array(this.beyond), new Uint32Array(this.beyond)];
    this.tail = [new Uint32Array(this.beyond), new Uint32Array(this.beyond)];
    this.filled = new Uint32Array(capacity + 1);
    this.open = new Uint32Array(capacity + 1);
    this.price = new Uint32Array(capacity + 1);
    this.side = new Uint8Array(capacity + 1);
    this.isLive = new Uint8Array(capacity + 1);
    this.livePlace = new Uint32Array(capacity + 1);
    this.next = new Uint32Array(capacity + 1);
    this.previous = new Uint32Array(capacity + 1);
  }

  /** Best price of a side (0 buy, 1 sell); 0 when it is empty. */
  bestPrice(side: number): number {
    const best = this.best[side]!;
    return best === this.beyond ? 0 : best;
  }

  submit(id: number): void {
    const side = this.side[id]!;
    const limit = this.price[id]!;
    const other = 1 - side;
    while (this.open[id]! > 0) {
      const price = this.best[other]!;
      if (side === 0 ? price > limit || price === this.beyond : price < limit || price === 0) break;
      this.trade(id, this.head[other]![price]!, price);
    }
    if (this.open[id]! > 0) this.rest(id);
    else if (this.isLive[id]) this.end(id);
  }

  /** Takes a resting order out of its level; it stays live. */
  takeOut(id: number): void {
    const side = this.side[id]!;
    const price = this.price[id]!;
    const before = this.previous[id]!;
    const after = this.next[id]!;
    if (before === NONE) this.head[side]![price] = after;
    else this.next[before] = after;
    if (after === NONE) this.tail[side]![price] = before;
    else this.previous[after] = before;
    if (this.head[side]![price] === NONE) this.levelEmptied(side, price);
  }

  end(id: number): void {
    this.isLive[id] = 0;
    const last = this.live.pop()!;
    if (last !== id) {
      this.live[this.livePlace[id]!] = last;
      this.livePlace[last] = this.livePlace[id]!;
    }
    this.onEnd(id);
  }

  /** Hash over the top 10 levels of bids, then of asks. */
  depthHash(): number {
    let hash = HASH_START;
    for (const side of [0, 1] as const) {
      const step = side === 0 ? -1 : 1;
      let levels = 0;
      for (let price = this.best[side]; price > 0 && price < this.beyond && levels < 10; price += step) {
        if (this.head[side][price] === NONE) continue;
        let quantity = 0;
        let orders = 0;
        for (let id = this.head[side][price]!; id !== NONE; id = this.next[id]!) {
          quantity += this.open[id]!;
          orders += 1;
        }
        hash = hashStep(hashStep(hashStep(hash, price), quantity), orders);
        levels += 1;
      }
    }
    return hash;
  }

  /** Adds what has been traded since the last call to `quantity` and `notional`. */
  settle(): void {
    this.quantity += BigInt(this.batchQuantity);
    this.notional += BigInt(this.batchNotional);
    this.batchQuantity = 0;
    this.batchNotional = 0;
  }

  private trade(taker: number, maker: number, price: number): void {
    const quantity = Math.min(this.open[taker]!, this.open[maker]!);
    this.open[taker] = this.open[taker]! - quantity;
    this.open[maker] = this.open[maker]! - quantity;
    this.filled[taker] = this.filled[taker]! + quantity;
    this.filled[maker] = this.filled[maker]! + quantity;
    this.trades += 1;
    this.batchQuantity += quantity;
    this.batchNotional += quantity * price;
    if (this.batchNotional > 2 ** 50) this.settle();
    this.tradeHash = hashStep(hashStep(hashStep(hashStep(this.tradeHash, maker), taker), price), quantity);
    if (this.open[maker] === 0) {
      this.takeOut(maker);
      this.end(maker);
    }
  }

  private rest(id: number): void {
    const side = this.side[id]!;
    const price = this.price[id]!;
    const last = this.tail[side]![price]!;
    this.previous[id] = last;
    this.next[id] = NONE;
    if (last === NONE) this.head[side]![price] = id;
    else this.next[last] = id;
    this.tail[side]![price] = id;
    if (side === 0 ? price > this.best[0] : price < this.best[1]) this.best[side] = price;
    if (this.isLive[id]) return;
    this.isLive[id] = 1;
    this.livePlace[id] = this.live.length;
    this.live.push(id);
  }

  private levelEmptied(side: number, price: number): void {
    if (price !== this.best[side]) return;
    const step = side === 0 ? -1 : 1;
    let best = price + step;
    while (best > 0 && best < this.beyond && this.head[side]![best] === NONE) best += step;
    this.best[side] = best;
  }
}
