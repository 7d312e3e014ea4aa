import type { ExchangeEvent, FillEvent } from '@supernoba/protocol';
import { StreamBook } from './book.js';
import { requestIndex, type PlannedOrder } from './plan.js';
import type { TapeSnap } from './tape.js';

export interface Comparison {
  /** Fills of the tape that a correct book must make by itself, and how many the exchange made exactly so. */
  expectedTrades: number;
  exactTrades: number;
  /** Books of the tape that demand agreement, price levels compared in them, and the first that differs. */
  snapshots: number;
  levels: number;
  firstDifference?: string;
  /** The final book, 10 levels a side. */
  bids: [number, number][];
  asks: [number, number][];
}

/**
 * Holds the events of a run, in the order of their `seq`, to what the tape says.
 *
 * An operation's events end where the answer of the next one begins: answers carry the request id of their operation.
 */
export function compare(orders: readonly PlannedOrder[], events: readonly ExchangeEvent[], run: string): Comparison {
  const book = new StreamBook();
  const result: Comparison = { expectedTrades: 0, exactTrades: 0, snapshots: 0, levels: 0, bids: [], asks: [] };
  let done = -1;
  const finish = (index: number) => {
    const snap = orders[index]?.snap;
    if (snap) compareSnap(book, snap, index, result);
  };
  for (const event of events) {
    const index = event.event === 'ORDER_STATUS' ? requestIndex(run, event.request_id) : -1;
    if (index > done) {
      for (let ended = Math.max(0, done); ended < index; ended += 1) finish(ended);
      done = index;
    }
    book.apply(event);
  }
  finish(done);
  countExactTrades(orders, events, result);
  result.bids = book.top('bid', 10);
  result.asks = book.top('ask', 10);
  return result;
}

function compareSnap(book: StreamBook, snap: TapeSnap, index: number, result: Comparison): void {
  const depth = Number(/^top(\d+)$/.exec(snap.agrees)?.[1] ?? 0);
  if (depth === 0) return;
  result.snapshots += 1;
  for (const [side, expected] of [
    ['bid', snap.bids],
    ['ask', snap.asks],
  ] as const) {
    const wanted = expected.slice(0, depth);
    const found = book.top(side, wanted.length);
    result.levels += wanted.length;
    if (JSON.stringify(found) !== JSON.stringify(wanted)) {
      result.firstDifference ??= `after operation ${index} the ${side}s are ${JSON.stringify(found)}, the tape has ${JSON.stringify(wanted)}`;
    }
  }
}

/** Each fill of the tape may be met by one fill of the exchange: same taker, maker, price and quantity. */
function countExactTrades(orders: readonly PlannedOrder[], events: readonly ExchangeEvent[], result: Comparison): void {
  const made = new Map<string, number>();
  for (const event of events) {
    if (event.event !== 'FILL') continue;
    const key = fillKey(event);
    made.set(key, (made.get(key) ?? 0) + 1);
  }
  for (const order of orders) {
    const prefix = order.orderId.slice(0, order.orderId.indexOf('-') + 1);
    for (const [makerId, price, quantity, doubt] of order.fills) {
      if (doubt !== undefined) continue;
      result.expectedTrades += 1;
      const key = `${order.orderId} ${prefix}${makerId} ${price} ${quantity}`;
      const left = made.get(key) ?? 0;
      if (left === 0) {
        result.firstDifference ??= `the tape's fill ${key} (taker, maker, price, quantity) was not made`;
        continue;
      }
      made.set(key, left - 1);
      result.exactTrades += 1;
    }
  }
}

function fillKey({ buyer, seller, price, quantity }: FillEvent): string {
  const [taker, maker] = buyer.is_maker ? [seller, buyer] : [buyer, seller];
  return `${taker.order_id} ${maker.order_id} ${price} ${quantity}`;
}
