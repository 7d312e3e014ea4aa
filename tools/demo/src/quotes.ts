import type { BatchEntry } from '@supernoba/sdk-client';
import { between, type Random } from './random.js';

/** Price levels a side that one user quotes, and the ticks between them. */
export const LEVELS = 6;
export const SPACING = 4;
/** Lots of one quote. */
const MIN_LOTS = 5;
const MAX_LOTS = 60;

interface Quote {
  orderId: string;
  isBuy: boolean;
  price: number;
}

/**
 * The quotes of one user around a price, one order a level: `2 × LEVELS` of them. Fills are not always heard of, so the
 * quotes next to the price and the oldest one are made anew in each round. A round that may have been lost is followed by
 * rounds that only cancel, until one goes through: what may stand in the book stays below `4 × LEVELS` orders.
 */
export class Quotes {
  readonly #offset: number;
  readonly #newId: () => string;
  readonly #open = new Map<string, Quote>();
  /** What the last round cancelled, until it is known to have gone through. */
  #leaving: readonly Quote[] = [];
  #isSuspect = false;

  /** @param offset shifts the grid of prices, in ticks, so that two users quote different prices */
  constructor(offset: number, newId: () => string) {
    this.#offset = offset;
    this.#newId = newId;
  }

  get openIds(): string[] {
    return [...this.#open.keys()];
  }

  /** The actions that move the quotes to `mid`. Whoever asks sends them, then says `confirmed` or `suspect`. */
  round(mid: number, random: Random): BatchEntry[] {
    const wanted = this.#wantedPrices(mid);
    const leaving = [...this.#open.values()].filter((quote) => this.#isSuspect || !isWanted(wanted, quote));
    for (const quote of this.#renewed(leaving)) leaving.push(quote);
    for (const { orderId } of leaving) this.#open.delete(orderId);
    this.#leaving = leaving;
    const cancels = leaving.map(({ orderId }): BatchEntry => ({ action: 'CANCEL', order_id: orderId }));
    return this.#isSuspect ? cancels : [...cancels, ...this.#fillLevels(wanted, random)];
  }

  /** The journal has the last round. */
  confirmed(): void {
    this.#leaving = [];
    this.#isSuspect = false;
  }

  /** The last round may have been lost, or the exchange may have begun anew. */
  suspect(): void {
    for (const quote of this.#leaving) this.#open.set(quote.orderId, quote);
    this.#leaving = [];
    this.#isSuspect = true;
  }

  /** Cancels for everything that may be open. */
  cancelAll(): BatchEntry[] {
    const cancels = this.openIds.map((order_id): BatchEntry => ({ action: 'CANCEL', order_id }));
    this.#open.clear();
    return cancels;
  }

  /** The exchange says that this order works no more. */
  ended(orderId: string): void {
    this.#open.delete(orderId);
  }

  #wantedPrices(mid: number): { bids: number[]; asks: number[] } {
    const below = Math.floor((mid - 1 - this.#offset) / SPACING) * SPACING + this.#offset;
    const levels = Array.from({ length: LEVELS }, (_, level) => level * SPACING);
    return {
      bids: levels.map((distance) => below - distance).filter((price) => price > 0),
      asks: levels.map((distance) => below + SPACING + distance),
    };
  }

  /** The best bid, the best ask and the oldest quote of those that stay. */
  #renewed(leaving: readonly Quote[]): Set<Quote> {
    const staying = [...this.#open.values()].filter((quote) => !leaving.includes(quote));
    const bids = staying.filter(({ isBuy }) => isBuy).sort((a, b) => b.price - a.price);
    const asks = staying.filter(({ isBuy }) => !isBuy).sort((a, b) => a.price - b.price);
    return new Set([bids[0], asks[0], staying[0]].filter((quote) => quote !== undefined));
  }

  #fillLevels({ bids, asks }: { bids: number[]; asks: number[] }, random: Random): BatchEntry[] {
    const taken = new Set([...this.#open.values()].map(({ isBuy, price }) => `${isBuy}:${price}`));
    const missing = [
      ...bids.map((price) => ({ isBuy: true, price })),
      ...asks.map((price) => ({ isBuy: false, price })),
    ].filter(({ isBuy, price }) => !taken.has(`${isBuy}:${price}`));
    return missing.map(({ isBuy, price }) => {
      const orderId = this.#newId();
      this.#open.set(orderId, { orderId, isBuy, price });
      return { order_id: orderId, side: isBuy ? 'BUY' : 'SELL', price, quantity: between(random, MIN_LOTS, MAX_LOTS) };
    });
  }
}

function isWanted({ bids, asks }: { bids: number[]; asks: number[] }, { isBuy, price }: Quote): boolean {
  return (isBuy ? bids : asks).includes(price);
}
