import { randomFrom } from './random.js';

/** One entry of `POST /orders/batch`, as a client writes it. */
export interface FlowEntry {
  action: 'ADD' | 'CANCEL' | 'REPLACE' | 'CANCEL_ALL';
  request_id: string;
  order_id?: string;
  is_buy?: boolean;
  price?: number;
  quantity?: number;
  order_type?: 'LIMIT' | 'MARKET';
  tif?: 'GTC' | 'IOC' | 'FOK';
}

export interface FlowBatch {
  symbol: string;
  user: number;
  entries: FlowEntry[];
}

/** Orders that a later entry may name, a user and symbol. */
const REMEMBERED = 30;
const MID_PRICE = 10_000;

/**
 * Orders that trade often and leave a small book: limits close to one price, IOC, FOK and MARKET, cancels, replaces, now
 * and then everything of a user. The same seed and run give the same entries.
 */
export class OrderFlow {
  readonly #random: () => number;
  readonly #placed = new Map<string, string[]>();
  #count = 0;

  /** @param run stands in every id: two runs on one exchange share none */
  constructor(
    private readonly run: string,
    private readonly symbols: readonly string[],
    private readonly users: number,
    seed: number,
  ) {
    this.#random = randomFrom(seed);
  }

  /** A batch of one symbol and user, of 1 to `most` entries. */
  batch(most: number): FlowBatch {
    const symbol = this.symbols[this.#below(this.symbols.length)]!;
    const user = this.#below(this.users);
    const entries = Array.from({ length: 1 + this.#below(most) }, () => this.#entry(symbol, user));
    return { symbol, user, entries };
  }

  #entry(symbol: string, user: number): FlowEntry {
    const number = this.#count++;
    const request_id = `${this.run}-q${number}`;
    const key = `${symbol} ${user}`;
    const placed = this.#placed.get(key) ?? [];
    const known = placed[this.#below(placed.length)];
    const roll = this.#random();
    if (roll < 0.01) return { action: 'CANCEL_ALL', request_id };
    if (known !== undefined && roll < 0.2) return { action: 'CANCEL', request_id, order_id: known };
    if (known !== undefined && roll < 0.25)
      return { action: 'REPLACE', request_id, order_id: known, price: this.#price() };
    const order_id = `${this.run}-${number}`;
    const quantity = 1 + this.#below(50);
    const add = { action: 'ADD' as const, request_id, order_id, is_buy: this.#random() < 0.5, quantity };
    if (roll < 0.32) return { ...add, order_type: 'MARKET' };
    const price = this.#price();
    if (roll < 0.4) return { ...add, price, tif: roll < 0.38 ? 'IOC' : 'FOK' };
    this.#placed.set(key, [...placed.slice(1 - REMEMBERED), order_id]);
    return { ...add, price };
  }

  #price(): number {
    return MID_PRICE - 10 + this.#below(21);
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }
}
