import type { BatchAck, ErrorBody, OrderStatusEvent } from '@supernoba/protocol';
import { setTimeout as pause } from 'node:timers/promises';
import { Pool } from 'undici';
import type { HeldStores } from './held.js';
import { OrderFlow, type FlowBatch } from './order-flow.js';

export { randomFrom } from './random.js';

const REQUEST_TIMEOUT_MS = 10_000;
/** A batch that is not answered with 202 for so long is given up; what became of it is not known. */
const GIVE_UP_MS = 90_000;
const MAX_PAUSE_MS = 1_000;

export interface LoadOptions {
  /** The public address. */
  http: string;
  /** Access tokens of the users that trade, fresh at every call. */
  tokens: () => readonly string[];
  symbols: readonly string[];
  seed: number;
  /** Entries of a batch, at most; default 10. */
  mostEntries?: number;
}

export interface Accepted {
  symbol: string;
  orderId: string;
  /** When the 202 came, monotonic ms. */
  at: number;
}

/** A client that keeps its own list of what was answered with 202. */
export class OrderLoad {
  /** By request id: every entry has its own. CANCEL_ALL is not among them: where nothing is open, nothing answers it. */
  readonly accepted = new Map<string, Accepted>();
  /** Requests that had to be repeated, and batches that were never answered. */
  retries = 0;
  unknown = 0;
  readonly #flow: OrderFlow;
  readonly #pool: Pool;

  constructor(
    private readonly options: LoadOptions,
    private readonly signal: AbortSignal,
  ) {
    const { symbols, seed, http } = options;
    const run = `l${Date.now().toString(36)}-${seed}`;
    this.#flow = new OrderFlow(run, symbols, options.tokens().length, seed);
    this.#pool = new Pool(http, { connections: 32, pipelining: 1, bodyTimeout: REQUEST_TIMEOUT_MS });
  }

  /**
   * Sends one batch until it is answered with 202: its request ids make a repeat harmless. Returns the number of entries
   * accepted.
   *
   * @throws Error for an answer that no repeat can change
   */
  async send(): Promise<number> {
    const batch = this.#flow.batch(this.options.mostEntries ?? 10);
    const body = JSON.stringify({ symbol: batch.symbol, orders: batch.entries });
    const giveUpAt = performance.now() + GIVE_UP_MS;
    for (let attempt = 0; performance.now() < giveUpAt; attempt++) {
      this.signal.throwIfAborted();
      if (attempt > 0) {
        this.retries++;
        await pause(Math.min(50 * 2 ** attempt, MAX_PAUSE_MS), undefined, { signal: this.signal });
      }
      if (await this.#post(body, batch)) return batch.entries.length;
    }
    this.unknown++;
    return 0;
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  /** Whether it was accepted. */
  async #post(body: string, batch: FlowBatch): Promise<boolean> {
    const answer = await this.#request(body, batch.user);
    if (answer === undefined) return false;
    if (answer.status === 202) {
      const acks = (JSON.parse(answer.text) as BatchAck).orders;
      if (acks.length !== batch.entries.length)
        throw new Error(`${acks.length} of ${batch.entries.length} acknowledged`);
      const at = performance.now();
      for (const { request_id, order_id } of batch.entries) {
        if (order_id !== undefined) this.accepted.set(request_id, { symbol: batch.symbol, orderId: order_id, at });
      }
      return true;
    }
    if (answer.status === 429 || answer.status >= 500) return false;
    const { error } = JSON.parse(answer.text) as ErrorBody;
    throw new Error(`POST /orders/batch: ${answer.status} ${error.code} ${error.message}`);
  }

  /** Undefined where no answer came. */
  async #request(body: string, user: number): Promise<{ status: number; text: string } | undefined> {
    const authorization = `Bearer ${this.options.tokens()[user]!}`;
    const headers = { 'content-type': 'application/json', authorization };
    try {
      const { signal } = this;
      const answer = await this.#pool.request({ method: 'POST', path: '/orders/batch', headers, body, signal });
      return { status: answer.statusCode, text: await answer.body.text() };
    } catch {
      this.signal.throwIfAborted();
      return undefined;
    }
  }
}

/** One line for a person where orders were accepted and no status answers them. */
export function unaccounted(accepted: ReadonlyMap<string, Accepted>, held: HeldStores): string[] {
  const answered = new Set<string | undefined>();
  for (const shard of held.statuses) {
    for (const { text } of shard) answered.add((JSON.parse(text) as OrderStatusEvent).request_id);
  }
  const missing = [...accepted.keys()].filter((requestId) => !answered.has(requestId));
  return missing.length === 0 ? [] : [`${missing.length} accepted orders have no status, the first is ${missing[0]}`];
}
