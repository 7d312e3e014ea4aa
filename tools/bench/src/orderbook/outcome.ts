import { HASH_START, hashStep, type WorkloadHeader } from '../workload/format.js';

/** What a book made of a flow. A field is absent where a run gave nothing to compute it from. */
export interface Outcome {
  trades: number;
  finalLive: number;
  depthHash: number;
  quantity?: bigint;
  notional?: bigint;
  tradeHash?: number;
}

/** Below this many compared fields a run has shown nothing. */
const LEAST_COMPARED = 3;

/** Sums executions in their order. */
export class TradeTally {
  trades = 0;
  tradeHash = HASH_START;
  #quantity = 0n;
  #notional = 0n;
  #batchQuantity = 0;
  #batchNotional = 0;

  add(maker: number, taker: number, price: number, quantity: number): void {
    this.trades += 1;
    this.#batchQuantity += quantity;
    this.#batchNotional += price * quantity;
    if (this.#batchNotional > 2 ** 50) this.#settle();
    this.tradeHash = hashStep(hashStep(hashStep(hashStep(this.tradeHash, maker), taker), price), quantity);
  }

  get quantity(): bigint {
    this.#settle();
    return this.#quantity;
  }

  get notional(): bigint {
    this.#settle();
    return this.#notional;
  }

  #settle(): void {
    this.#quantity += BigInt(this.#batchQuantity);
    this.#notional += BigInt(this.#batchNotional);
    this.#batchQuantity = 0;
    this.#batchNotional = 0;
  }
}

/** Price, open quantity and orders of a level. */
export type Level = readonly [price: number, quantity: number, orders: number];

/** The hash of the header over the top 10 levels of bids, then of asks, best first. */
export function depthHash(bids: readonly Level[], asks: readonly Level[]): number {
  let hash = HASH_START;
  for (const side of [bids, asks]) {
    for (const [price, quantity, orders] of side.slice(0, 10)) {
      hash = hashStep(hashStep(hashStep(hash, price), quantity), orders);
    }
  }
  return hash;
}

/**
 * Compares every field the run gave with the header.
 *
 * @returns how many fields were compared
 * @throws Error that names each difference, or says that too little could be compared
 */
export function compareOutcome(header: WorkloadHeader, outcome: Outcome): number {
  const fields = ['trades', 'quantity', 'notional', 'tradeHash', 'finalLive', 'depthHash'] as const;
  const compared = fields.filter((field) => outcome[field] !== undefined);
  const wrong = compared.filter((field) => outcome[field] !== header[field]);
  if (wrong.length > 0) {
    const what = wrong.map((field) => `${field} ${outcome[field]} instead of ${header[field]}`);
    throw new Error(`the outcome is not the header's: ${what.join(', ')}`);
  }
  if (compared.length < LEAST_COMPARED) throw new Error(`only ${compared.length} fields of the outcome were compared`);
  return compared.length;
}
