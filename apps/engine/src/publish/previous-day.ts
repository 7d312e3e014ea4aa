import { MARKET_DATA_REFRESH_MS } from '@supernoba/protocol';
import type { Keys } from '@supernoba/valkey-keys';
import type { BackoffPorts, Lifetime } from '../backoff.js';
import type { PreviousDay } from '../matching/market-fold.js';
import type { BatchOutput } from '../matching/output.js';
import type { SymbolMachine } from '../matching/symbol-machine.js';
import { PortError, type BlobCache } from '../ports.js';
import type { Destination } from './destination.js';

export interface PreviousDaysOptions {
  cache: BlobCache;
  keys: Keys;
  epoch: number;
  /** Books of the shard. */
  machines: ReadonlyMap<string, SymbolMachine>;
}

/**
 * `prev:S` in the backup cache: the figures of the day before, written when the day closes. It is a copy for readers, so a
 * cache that is away holds nothing up: what is missing there is written again every 20 s.
 */
export class PreviousDays implements Destination {
  readonly name = 'previous-day';
  /** Start of the day that was last written, by symbol. */
  readonly #written = new Map<string, number>();

  constructor(
    private readonly options: PreviousDaysOptions,
    private readonly ports: BackoffPorts,
    private readonly life: Lifetime,
  ) {}

  /** Keeps the cache complete from now on. Call it once, after the replay. */
  open(): void {
    void this.#refresh();
  }

  async publish(batch: BatchOutput): Promise<void> {
    for (const symbol of batch.symbols.keys()) {
      const previous = this.options.machines.get(symbol)?.fold.previous;
      if (previous !== undefined && this.#written.get(symbol) !== previous.t) await this.#write(symbol, previous);
    }
  }

  async #refresh(): Promise<void> {
    while (!this.life.ended) {
      for (const [symbol, { fold }] of this.options.machines) {
        const { previous } = fold;
        if (previous !== undefined && !(await this.#isThere(symbol, previous))) await this.#write(symbol, previous);
      }
      await this.life.sleep(MARKET_DATA_REFRESH_MS, this.ports.timers);
    }
  }

  async #isThere(symbol: string, previous: PreviousDay): Promise<boolean> {
    if (this.#written.get(symbol) !== previous.t) return false;
    const held = await this.#tried(symbol, () => this.options.cache.get(this.options.keys.previousDay(symbol)));
    // A cache that is away is asked again at the next turn.
    return held === 'away' || held !== undefined;
  }

  async #write(symbol: string, { t, o, h, l, c, v }: PreviousDay): Promise<void> {
    const { cache, keys, epoch, machines } = this.options;
    const seq = machines.get(symbol)?.seq ?? 0;
    const bytes = Buffer.from(`{"t":${t},"o":${o},"h":${h},"l":${l},"c":${c},"v":"${v}"}`);
    const fence = { key: keys.previousDayFence(symbol), epoch, seq };
    // Fenced off: an engine of a higher epoch has written what it knows.
    const answer = await this.#tried(symbol, () => cache.set(keys.previousDay(symbol), bytes, fence));
    if (answer !== 'away') this.#written.set(symbol, t);
  }

  async #tried<T>(symbol: string, call: () => Promise<T>): Promise<T | 'away'> {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof PortError)) throw error;
      this.ports.logger.warn({ symbol, error: error.message }, 'the previous day waits for the backup cache');
      return 'away';
    }
  }
}
