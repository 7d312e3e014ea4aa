import { foldOrders, type OrderChange } from '@supernoba/history';
import { isAnswer, isFinal, type OrderStatusEvent } from '@supernoba/protocol';
import type { TimeRange } from './time-range.js';

interface Life {
  change: OrderChange;
  /** Whether something happened to the order within the range. */
  isWanted: boolean;
}

/**
 * The last states of the orders that something happened to within a range, out of all statuses from the beginning of the
 * journal. Holds the open orders, and of the ended ones those that are wanted.
 */
export class OrderCollector {
  readonly #open = new Map<string, Life>();
  readonly #ended = new Map<string, OrderChange>();

  /** @param symbol only orders of it; undefined: all */
  constructor(
    private readonly range: TimeRange,
    private readonly symbol: string | undefined,
  ) {}

  add(event: OrderStatusEvent): void {
    if (isAnswer(event.status) || (this.symbol !== undefined && event.symbol !== this.symbol)) return;
    const key = `${event.symbol}#${event.order_id}`;
    const life = this.#open.get(key);
    const change = folded(life?.change, event);
    const isInRange = event.timestamp >= this.range.from && event.timestamp <= this.range.to;
    const isWanted = isInRange || life?.isWanted === true;
    if (!isFinal(change.last.status)) {
      this.#open.set(key, { change, isWanted });
      return;
    }
    this.#open.delete(key);
    if (isWanted) this.#end(key, change);
  }

  changes(): OrderChange[] {
    for (const [key, { change, isWanted }] of this.#open) if (isWanted) this.#end(key, change);
    this.#open.clear();
    return [...this.#ended.values()];
  }

  /** An id that was used again is there once, as what it is now. */
  #end(key: string, change: OrderChange): void {
    const known = this.#ended.get(key);
    this.#ended.set(key, known === undefined ? change : folded(known, change.first, change.last));
  }
}

function folded(known: OrderChange | undefined, ...events: OrderStatusEvent[]): OrderChange {
  const before = known === undefined ? [] : [known.first, known.last];
  return foldOrders([...before, ...events])[0]!;
}
