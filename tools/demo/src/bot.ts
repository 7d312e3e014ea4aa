import { setTimeout as pause } from 'node:timers/promises';
import { SupernobaError } from '@supernoba/sdk-client';
import { SPACING } from './quotes.js';
import { between, type Random, seeded } from './random.js';
import type { Trader } from './trader.js';
import { Walk } from './walk.js';

const DEFAULT_PRICE = 15_000;
const TAKE_SHARE = 0.4;
const MAX_TAKE_LOTS = 40;
/** After a failed round: doubled with each further one, up to the bound. */
const FIRST_REST_MS = 500;
const LONGEST_REST_MS = 8_000;

export interface BotCounts {
  rounds: number;
  /** Quote actions (orders and cancels) and crossing orders the journal has. */
  actions: number;
  takes: number;
  failures: number;
}

export interface BotOptions {
  traders: readonly [Trader, Trader];
  seed: number;
  /** Rounds a second. */
  rate: number;
  failed: (error: SupernobaError) => void;
}

/** Two traders around one random walk: in turn one quotes, the other takes now and then. One round is in flight at most. */
export class Bot {
  readonly counts: BotCounts = { rounds: 0, actions: 0, takes: 0, failures: 0 };
  readonly #options: BotOptions;
  readonly #random: Random;
  readonly #stop = new AbortController();
  #walk: Walk | undefined;
  #running: Promise<void> | undefined;

  constructor(options: BotOptions) {
    this.#options = options;
    this.#random = seeded(options.seed);
  }

  /** Trades until `stop()`, through whatever the exchange does meanwhile. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Ends after the round of the moment, with every order of the bot cancelled. @throws AggregateError */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    const ends = await Promise.allSettled(this.#options.traders.map((trader) => trader.stop()));
    const failures = ends.filter((end) => end.status === 'rejected').map(({ reason }) => reason as unknown);
    if (failures.length > 0) throw new AggregateError(failures, 'orders of the bot may still stand in the book');
  }

  async #run(): Promise<void> {
    let restMs = 0;
    while (!this.#stop.signal.aborted) {
      const began = performance.now();
      try {
        await this.#round();
        restMs = 0;
      } catch (thrown) {
        if (!(thrown instanceof SupernobaError)) throw thrown;
        this.counts.failures++;
        this.#options.failed(thrown);
        restMs = Math.min(LONGEST_REST_MS, thrown.retryAfterMs ?? (restMs === 0 ? FIRST_REST_MS : restMs * 2));
      }
      await this.#sleep(Math.max(restMs, 1000 / this.#options.rate - (performance.now() - began)));
    }
  }

  async #round(): Promise<void> {
    const [first, second] = this.#options.traders;
    this.#walk ??= new Walk((await first.startPrice()) ?? DEFAULT_PRICE, this.#random);
    const mid = this.#walk.next();
    const [quoter, taker] = this.counts.rounds % 2 === 0 ? [first, second] : [second, first];
    this.counts.rounds++;
    this.counts.actions += await quoter.quote(mid, this.#random);
    if (this.#random() >= TAKE_SHARE) return;
    const isBuy = this.#random() < 0.5;
    await taker.take(
      isBuy,
      isBuy ? mid + 2 * SPACING : Math.max(1, mid - 2 * SPACING),
      between(this.#random, 1, MAX_TAKE_LOTS),
    );
    this.counts.takes++;
    this.counts.actions++;
  }

  async #sleep(ms: number): Promise<void> {
    try {
      await pause(ms, undefined, { signal: this.#stop.signal });
    } catch (thrown) {
      if (!this.#stop.signal.aborted) throw thrown;
    }
  }
}
