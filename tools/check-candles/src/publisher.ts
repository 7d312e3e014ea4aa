import { Lifetime } from '@supernoba/engine/backoff';
import { systemClock, systemRandom, systemTimers, ValkeyAdapter } from '@supernoba/engine/adapters';
import { BatchOutput, depthFrame, orderBooks, ShardMatcher, tickerFrame } from '@supernoba/engine/matching';
import type { EngineLogger, ScriptCache } from '@supernoba/engine/ports';
import { MarketData } from '@supernoba/engine/publish';
import { createTradeWriter, foldTrades, type ChangeWriter, type TradeChange } from '@supernoba/history';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CommandFailure } from '@supernoba/command';
import { MARKET_DATA_TTL_S, RECENT_TRADES, RECENT_TRADES_TTL_S, TABLES, type FillEvent } from '@supernoba/protocol';
import { createValkey, type Valkey } from '@supernoba/runtime';
import type { Keys } from '@supernoba/valkey-keys';
import type { TapeTrade } from './tape.js';

/** Records of one batch: many trades in one call of the script. */
const BATCH_RECORDS = 200;
const EPOCH = 1;
/** Longest time between the last write and the look at it, seconds. */
const MOMENT_S = 20;

export interface PublisherOptions {
  depthCache: { host: string; port: number };
  dynamo: DynamoDBClient;
  keys: Keys;
  symbol: string;
  /** Stands before the cache: a test changes an argument of the script here. */
  around?: (cache: ScriptCache) => ScriptCache;
  say: (message: string) => void;
}

/**
 * The engine's own matcher and market-data publisher, and the writer of the trade history, for one symbol. Each execution of the tape is a pair of
 * orders that arrive at its time: so it happens once more, at its own time, price and quantity.
 */
export class TapePublisher {
  readonly #options: PublisherOptions;
  readonly #matcher = new ShardMatcher(orderBooks);
  readonly #life = new Lifetime();
  readonly #client: Valkey;
  readonly #adapter: ValkeyAdapter;
  readonly #marketData: MarketData;
  readonly #history: ChangeWriter<TradeChange>;
  #failure: unknown;
  #fed = 0;
  #gaps = 0;

  constructor(options: PublisherOptions) {
    this.#options = options;
    const { depthCache, dynamo, keys, say, around = (cache) => cache } = options;
    const tell = (fields: object, message: string) => say(`${message} ${JSON.stringify(fields)}`);
    const logger: EngineLogger = { debug: () => undefined, info: () => undefined, warn: tell, error: tell };
    this.#client = createValkey({ ...depthCache, name: 'check-candles' });
    this.#adapter = new ValkeyAdapter(this.#client, 'depth', logger);
    const ports = {
      clock: systemClock,
      timers: systemTimers,
      random: systemRandom,
      logger,
      metrics: {
        count: (name: string, by: number) => {
          if (name === 'gaps') this.#gaps += by;
        },
        gauge: () => undefined,
        observe: () => undefined,
      },
    };
    const onFatal = (error: unknown) => {
      this.#failure ??= error;
    };
    this.#marketData = new MarketData(
      { cache: around(this.#adapter), keys, epoch: EPOCH, machines: this.#matcher.machines, onFatal },
      ports,
      this.#life,
    );
    this.#history = createTradeWriter({ dynamo: () => Promise.resolve(dynamo), name: TABLES.tradeHistory.name });
  }

  async connect(): Promise<void> {
    await this.#client.connect();
  }

  /** Makes the trades happen and resolves once the cache and the trade history hold them. @throws CommandFailure */
  async feed(trades: readonly TapeTrade[]): Promise<void> {
    const pending: Promise<void>[] = [];
    for (let rest = trades; rest.length > 0;) {
      // The very first one is written as a whole: everything after it goes through the script that applies trades.
      const size = this.#fed === 0 ? 1 : BATCH_RECORDS;
      const batch = new BatchOutput();
      for (const trade of rest.slice(0, size)) this.#apply(trade, batch);
      rest = rest.slice(size);
      pending.push(this.#store(batch));
      await this.#published(batch);
    }
    await Promise.all(pending);
  }

  /** What the script was told and the cache does not hold as told: one sentence each. */
  async differences(): Promise<string[]> {
    const { keys, symbol } = this.#options;
    const machine = this.#machine();
    const { fold } = machine;
    const client = this.#client;
    const [fence, depth, ticker, candle, trades] = await Promise.all([
      client.hmget(keys.marketData(symbol), 'epoch', 'seq', 'q', 't'),
      client.get(keys.depth(symbol)),
      client.get(keys.ticker(symbol)),
      client.hmget(keys.candle(symbol), 't', 'o', 'h', 'l', 'c', 'v', 'n', 'q'),
      client.lrange(keys.trades(symbol), 0, -1),
    ]);
    const lives = await Promise.all([keys.depth, keys.ticker, keys.trades].map((key) => client.ttl(key(symbol))));
    const active = fold.candle;
    const wanted: [what: string, is: unknown, shouldBe: unknown][] = [
      ['epoch, seq, last trade and time', fence, [EPOCH, machine.seq, fold.q, machine.time].map(String)],
      ['depth', depth, depthFrame(machine)],
      ['ticker', ticker, tickerFrame(machine)],
      [
        'active candle',
        candle,
        active && [active.t, active.o, active.h, active.l, active.c, active.v, active.n, active.q].map(String),
      ],
      ['trades', trades, fold.recentTrades().map((trade) => JSON.stringify(trade))],
      ['number of trades', trades.length, Math.min(RECENT_TRADES, fold.q)],
      [
        'lives of depth, ticker and trades',
        lives.map((life, index) => isAbout(life, index < 2 ? MARKET_DATA_TTL_S : RECENT_TRADES_TTL_S)),
        [true, true, true],
      ],
      // The first call writes the whole state; a second one would have mended what the script got wrong.
      ['states written as a whole', this.#gaps, 1],
    ];
    return wanted
      .filter(([, is, shouldBe]) => JSON.stringify(is) !== JSON.stringify(shouldBe))
      .map(([what, is, shouldBe]) => `${what}: ${shorten(is)} in the cache, ${shorten(shouldBe)} in the engine`);
  }

  close(): void {
    this.#life.end();
    this.#client.disconnect();
  }

  #machine() {
    const machine = this.#matcher.machines.get(this.#options.symbol);
    if (machine === undefined) throw new CommandFailure('nothing was fed');
    return machine;
  }

  #apply({ timeMs, price, quantity, takerIsBuy }: TapeTrade, out: BatchOutput): void {
    const { symbol } = this.#options;
    const number = ++this.#fed;
    const order = (role: string, isBuy: boolean) => ({
      action: 'ADD',
      symbol,
      order_id: `${role}-${number}`,
      user_id: `check:${role}`,
      is_buy: isBuy,
      price,
      quantity,
    });
    const data = Buffer.from(JSON.stringify([order('maker', !takerIsBuy), order('taker', takerIsBuy)]));
    this.#matcher.apply({ sequenceNumber: String(number), arrivalMs: timeMs, partitionKey: symbol, data }, out);
    const { q } = this.#machine().fold;
    if (q !== number) throw new CommandFailure(`execution ${number} of the tape did not happen: ${q} trades did`);
  }

  /** What a batch executed, as the consumer of the fills stream stores it. @throws the first failure */
  async #store(batch: BatchOutput): Promise<void> {
    const fills = [...batch.symbols.values()].flatMap((output) => [...output.fills]);
    const [failure] = await this.#history.write(foldTrades(fills.map((json) => JSON.parse(json) as FillEvent)));
    if (failure !== undefined) throw failure.error;
  }

  /** A failed publication is never answered, so it is looked for. */
  async #published(batch: BatchOutput): Promise<void> {
    let isDone = false;
    const done = this.#marketData.publish(batch).then(() => {
      isDone = true;
    });
    while (!isDone) {
      await Promise.race([done, new Promise((resolve) => setTimeout(resolve, 20))]);
      if (this.#failure instanceof Error) throw new CommandFailure(`the publisher failed: ${this.#failure.message}`);
    }
  }
}

/** A key written a moment ago lives a little less than it was given. */
function isAbout(life: number, givenS: number): boolean {
  return life > givenS - MOMENT_S && life <= givenS;
}

function shorten(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 200);
}
