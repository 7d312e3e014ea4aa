import { systemClock, systemRandom, systemTimers, ValkeyAdapter } from '@supernoba/engine/adapters';
import { Lifetime } from '@supernoba/engine/backoff';
import { BatchOutput, orderBooks, ShardMatcher } from '@supernoba/engine/matching';
import type { JournalRecord } from '@supernoba/engine/ports';
import { MarketData } from '@supernoba/engine/publish';
import { createTradeWriter, foldTrades, type ChangeWriter, type TradeChange } from '@supernoba/history';
import { TABLES, type FillEvent } from '@supernoba/protocol';
import { createValkey } from '@supernoba/runtime';
import { setTimeout as pause } from 'node:timers/promises';
import { createKeys } from '@supernoba/valkey-keys';
import type { TradeRow } from '@supernoba/candles';
import type { Room } from './room.js';

const START_MS = Date.UTC(2025, 11, 14, 14, 40);

/** A journal of crossing orders and ticks, and an engine on it that may die and start anew at any of its records. */
export class Market {
  readonly trades: TradeRow[] = [];
  readonly #journal: JournalRecord[] = [];
  readonly #late: BatchOutput[] = [];
  readonly #room: Room;
  #timeMs = START_MS;
  #epoch = 0;
  #engine: Engine | undefined;
  #published = 0;
  #publishedTrades = 0;

  constructor(
    room: Room,
    readonly symbol = 'TEST',
  ) {
    this.#room = room;
  }

  /** Trades that an engine has published. */
  get published(): readonly TradeRow[] {
    return this.trades.slice(0, this.#publishedTrades);
  }

  /** An engine starts: a silent replay up to `replayed` records, then everything after them is published, again or for the first time. */
  async start(replayed: number): Promise<void> {
    this.stop();
    this.#epoch += 1;
    this.#engine = new Engine(this.#room, this.symbol, this.#epoch);
    const from = Math.min(replayed, this.#published);
    await this.#engine.restore(this.#journal.slice(0, from));
    this.#published = from;
    await this.publish();
  }

  get records(): number {
    return this.#journal.length;
  }

  /** Appends `count` executions, `stepMs` apart. */
  trade(count: number, stepMs: number, price: () => number): void {
    for (let index = 0; index < count; index++) {
      this.#timeMs += stepMs;
      const no = this.trades.length + 1;
      const row = [no, this.#timeMs, price(), 1 + (no % 9)] as const;
      this.trades.push(row);
      const order = (role: string, isBuy: boolean) => ({
        action: 'ADD',
        symbol: this.symbol,
        order_id: `${role}-${no}`,
        user_id: role,
        is_buy: isBuy,
        price: row[2],
        quantity: row[3],
      });
      this.#append([order('maker', false), order('taker', true)]);
    }
  }

  /** Time passes, and a TICK says so. */
  pass(ms: number): void {
    this.#timeMs += ms;
    this.#append({ action: 'TICK' });
  }

  /** Publishes what was appended; with `isLate` the trade history gets it only at {@link arrive}. */
  async publish({ isLate = false } = {}): Promise<void> {
    const batch = await this.#engine?.publish(this.#journal.slice(this.#published));
    if (batch === undefined) return;
    this.#published = this.#journal.length;
    this.#publishedTrades = this.trades.length;
    this.#late.push(batch);
    if (!isLate) await this.arrive();
  }

  /** The engine publishes what was appended and dies `afterMs` into it: how much of it was written, nobody knows. */
  async die(afterMs: number): Promise<void> {
    const batch = this.#engine?.publish(this.#journal.slice(this.#published), { withHistory: true });
    // Ended in the middle, it is not answered for: it may never resolve. What fails before is no death.
    const failures: unknown[] = [];
    void batch?.catch((error: unknown) => this.#engine !== undefined && failures.push(error));
    await pause(afterMs);
    this.stop();
    if (failures.length > 0) throw failures[0];
  }

  async arrive(): Promise<void> {
    for (const batch of this.#late.splice(0)) await this.#engine?.writeHistory(batch);
  }

  stop(): void {
    this.#engine?.stop();
    this.#engine = undefined;
  }

  #append(entries: object): void {
    this.#journal.push({
      sequenceNumber: String(this.#journal.length + 1),
      arrivalMs: this.#timeMs,
      partitionKey: this.symbol,
      data: Buffer.from(JSON.stringify(entries)),
    });
  }
}

/** The engine's matcher and two of its publishers on the real stores. */
class Engine {
  readonly #matcher = new ShardMatcher(orderBooks);
  readonly #life = new Lifetime();
  readonly #client;
  readonly #marketData: MarketData;
  readonly #history: ChangeWriter<TradeChange>;

  constructor(
    room: Room,
    private readonly symbol: string,
    epoch: number,
  ) {
    const silent = () => undefined;
    const logger = { debug: silent, info: silent, warn: silent, error: silent };
    const metrics = { count: silent, gauge: silent, observe: silent };
    const ports = { clock: systemClock, timers: systemTimers, random: systemRandom, logger, metrics };
    this.#client = createValkey({ ...room.cache, name: 'engine' });
    const cache = new ValkeyAdapter(this.#client, 'depth', logger);
    const onFatal = (error: unknown) => {
      // One that was stopped in the middle of a write may find out that another has taken over.
      if (!this.#life.ended) throw error;
    };
    this.#marketData = new MarketData(
      { cache, keys: createKeys(), epoch, machines: this.#matcher.machines, onFatal },
      ports,
      this.#life,
    );
    this.#history = createTradeWriter({
      dynamo: () => Promise.resolve(room.dynamo.client),
      name: TABLES.tradeHistory.name,
    });
  }

  async restore(records: readonly JournalRecord[]): Promise<void> {
    for (const record of records) this.#matcher.apply(record, undefined);
    await this.#client.connect();
    this.#marketData.open();
  }

  async publish(records: readonly JournalRecord[], { withHistory = false } = {}): Promise<BatchOutput> {
    const batch = new BatchOutput();
    for (const record of records) this.#matcher.apply(record, batch);
    // A symbol of the batch is written even where nothing happened to it: as the refresh does.
    if (this.#matcher.machines.has(this.symbol)) batch.of(this.symbol);
    await Promise.all([this.#marketData.publish(batch), withHistory ? this.writeHistory(batch) : undefined]);
    return batch;
  }

  /** As the consumer of the fills stream does it. @throws the first failure */
  async writeHistory(batch: BatchOutput): Promise<void> {
    const fills = [...batch.symbols.values()].flatMap((output) => [...output.fills]);
    const [failure] = await this.#history.write(foldTrades(fills.map((json) => JSON.parse(json) as FillEvent)));
    if (failure !== undefined) throw failure.error;
  }

  stop(): void {
    this.#life.end();
    this.#client.disconnect();
  }
}
