import type { SupernobaError } from '@supernoba/sdk-client';
import {
  type BatchEntry,
  createClient,
  newOrderId,
  type SupernobaClient,
  type TokenCallback,
} from '@supernoba/sdk-client';
import { WebSocket } from 'ws';
import { Quotes } from './quotes.js';
import type { Random } from './random.js';

/** Statuses after which an order works no more. */
const ENDS: ReadonlySet<string> = new Set(['REJECTED', 'FILLED', 'CANCELLED', 'EXPIRED']);

export interface TraderOptions {
  url: string;
  symbol: string;
  token: TokenCallback;
  /** Shifts the prices of the quotes, ticks. */
  offset: number;
  failed: (error: SupernobaError) => void;
}

/** One user of the bot: quotes both sides and takes now and then. */
export class Trader {
  readonly #client: SupernobaClient;
  readonly #symbol: string;
  readonly #quotes: Quotes;

  constructor({ url, symbol, token, offset, failed }: TraderOptions) {
    this.#symbol = symbol;
    this.#quotes = new Quotes(offset, newOrderId);
    this.#client = createClient({
      url,
      auth: token,
      ws: WebSocket,
      requestTimeoutMs: 5_000,
      retry: { attempts: 2, maxMs: 1_000 },
    });
    this.#client.on('error', failed);
    this.#client.on('orderStatus', ({ order_id, status }) => {
      if (ENDS.has(status)) this.#quotes.ended(order_id);
    });
    // What happened while the connection was away is not known.
    this.#client.on('connection', ({ code, attempt }) => {
      if (code === 'OPENED' && attempt > 0) this.#quotes.suspect();
    });
  }

  get openOrders(): number {
    return this.#quotes.openIds.length;
  }

  /** Listens for its own order events; goes on trying in the background when the exchange is away. */
  connect(): Promise<void> {
    return this.#client.connect();
  }

  /** Price to begin at: the last one, else the middle of the book; undefined for an empty market. */
  async startPrice(): Promise<number | undefined> {
    const { a, b, p } = await this.#client.getDepth(this.#symbol);
    const [ask, bid] = [a[0]?.[0], b[0]?.[0]];
    return p ?? (ask !== undefined && bid !== undefined ? Math.round((ask + bid) / 2) : (ask ?? bid));
  }

  /** Moves the quotes to `mid`. @returns how many actions went out @throws SupernobaError */
  async quote(mid: number, random: Random): Promise<number> {
    return this.#send(this.#quotes.round(mid, random));
  }

  /** An order that crosses and leaves nothing behind. @throws SupernobaError */
  async take(isBuy: boolean, price: number, quantity: number): Promise<void> {
    await this.#client.placeOrder({ symbol: this.#symbol, is_buy: isBuy, price, quantity, tif: 'IOC' });
  }

  /** Takes its orders out of the book and ends. */
  async stop(): Promise<void> {
    try {
      await this.#send(this.#quotes.cancelAll());
    } finally {
      this.#client.close();
    }
  }

  async #send(orders: BatchEntry[]): Promise<number> {
    try {
      if (orders.length > 0) await this.#client.placeOrders({ symbol: this.#symbol, orders });
      this.#quotes.confirmed();
      return orders.length;
    } catch (thrown) {
      this.#quotes.suspect();
      throw thrown;
    }
  }
}
