import { emptyWorkload, RecordType, type Workload } from './format.js';
import { SplitMix64 } from './random.js';
import { ReferenceBook } from './reference-book.js';

const START_PRICE = 20_000;
/** Ticks each side over which a deep book is spread. */
const HALF_WIDTH = 10_000;
/** Orders of the mix that are kept alive, about. */
const TARGET_LIVE = 2_000;

/**
 * Writes a deterministic order flow: a random walk with resting orders near the middle, sweeps, cancels and replaces of
 * recent orders. REPLACE carries the new price and the new open quantity and always loses its place.
 *
 * @param preload orders that build the book first, 0 to 1,000,000
 * @param mix records after them, 1 to 10,000,000
 * @param seed 0 to 2^32 − 1; the same seed gives the same bytes
 */
export function generateWorkload(preload: number, mix: number, seed: number): Workload {
  const random = new SplitMix64(seed);
  const book = new ReferenceBook(preload + mix);
  const ofMix = new Uint8Array(preload + mix + 1);
  let mixLive = 0;
  let lastId = 0;
  let count = 0;
  const workload = emptyWorkload(
    { preload, mix, maxId: 0, trades: 0, quantity: 0n, notional: 0n, tradeHash: 0, finalLive: 0, depthHash: 0 },
    preload + mix,
  );
  book.onEnd = (id) => {
    if (ofMix[id]) mixLive -= 1;
  };
  const write = (type: number, side: number, id: number, price: number, quantity: number) => {
    workload.types[count] = type;
    workload.sides[count] = side;
    workload.ids[count] = id;
    workload.prices[count] = price;
    workload.quantities[count] = quantity;
    count += 1;
  };
  const submit = (id: number) => {
    const wasLive = book.isLive[id];
    book.submit(id);
    if (!wasLive && book.isLive[id] && ofMix[id]) mixLive += 1;
  };
  const add = (side: number, price: number, quantity: number, isMix: boolean) => {
    const id = (lastId += 1);
    book.side[id] = side;
    book.price[id] = price;
    book.open[id] = quantity;
    ofMix[id] = isMix ? 1 : 0;
    write(RecordType.Add, side, id, price, quantity);
    submit(id);
  };
  /** A geometric distance in ticks, below 50. */
  const distance = (mean: number): number => {
    for (;;) {
      const ticks = Math.floor(-Math.log1p(-random.uniform()) * mean);
      if (ticks < 50) return ticks;
    }
  };

  for (let index = 0; index < preload; index += 1) {
    const side = random.bit();
    const away = random.below(HALF_WIDTH);
    add(side, side === 0 ? START_PRICE - away : START_PRICE + 1 + away, 1 + random.below(100), false);
  }

  let middle = START_PRICE;
  const recent = new Uint32Array(preload > 0 ? 16_384 : 2_048);
  const recentShare = preload > 0 ? 0.85 : 0.75;
  const tries = preload > 0 ? 64 : 8;
  let recentPlace = 0;
  /** A live order, mostly a recent one; 0 when there is none. */
  const pick = (): number => {
    if (random.uniform() < recentShare) {
      for (let attempt = 0; attempt < tries; attempt += 1) {
        const id = recent[random.below(recent.length)]!;
        if (id !== 0 && book.isLive[id]) return id;
      }
    }
    return book.live.length === 0 ? 0 : book.live[random.below(book.live.length)]!;
  };
  const resting = (side: number) => (side === 0 ? middle - distance(12) : middle + 1 + distance(12));
  const aggressive = (side: number): { price: number; quantity: number } => {
    const beyond = distance(1);
    const best = book.bestPrice(1 - side);
    const price =
      side === 0
        ? Math.min((best === 0 ? middle + 1 : best) + beyond, middle + 50)
        : Math.max((best === 0 ? middle : best) - beyond, middle - 49);
    const power = mixLive < TARGET_LIVE ? 19 : mixLive < 2 * TARGET_LIVE ? 3 : 1;
    return { price, quantity: 1 + Math.floor(99.999 * random.uniform() ** power) };
  };

  for (let index = 0; index < mix; index += 1) {
    if (random.uniform() < 0.002) middle += random.bit() === 1 ? 1 : -1;
    const share = random.uniform();
    const id = share < 0.6 ? 0 : pick();
    if (id === 0) {
      const side = random.bit();
      const order =
        random.uniform() < 0.36 ? aggressive(side) : { price: resting(side), quantity: 1 + random.below(100) };
      add(side, order.price, order.quantity, true);
      recent[recentPlace % recent.length] = lastId;
      recentPlace += 1;
    } else if (share < 0.9) {
      write(RecordType.Cancel, book.side[id]!, id, 0, 0);
      book.takeOut(id);
      book.end(id);
    } else {
      const side = book.side[id]!;
      const price = random.uniform() < 0.5 ? resting(side) : book.price[id]!;
      const quantity = 1 + random.below(100);
      write(RecordType.Replace, side, id, price, quantity);
      book.takeOut(id);
      book.price[id] = price;
      book.open[id] = quantity;
      submit(id);
    }
  }

  book.settle();
  Object.assign(workload.header, {
    maxId: lastId,
    trades: book.trades,
    quantity: book.quantity,
    notional: book.notional,
    tradeHash: book.tradeHash,
    finalLive: book.live.length,
    depthHash: book.depthHash(),
  });
  return workload;
}
