import { createValkey, type Valkey } from '@supernoba/runtime';
import { eventually, startValkey, type TestValkey } from '@supernoba/testing';
import { createKeys } from '@supernoba/valkey-keys';
import { systemClock, systemRandom } from '../src/adapters/system.js';
import { ValkeyAdapter } from '../src/adapters/valkey.js';
import { Lifetime } from '../src/backoff.js';
import { orderBooks } from '../src/matching/books.js';
import { BatchOutput } from '../src/matching/output.js';
import { ShardMatcher } from '../src/matching/shard-matcher.js';
import { MarketData } from '../src/publish/market-data.js';
import { PreviousDays } from '../src/publish/previous-day.js';
import { decodeSnapshot, encodeSnapshot } from '../src/snapshot/symbol-snapshot.js';

/** The day of +09:00 that begins here: 2025-12-13 15:00 UTC. */
const DAY = Date.UTC(2025, 11, 13, 15);
const DAY_MS = 86_400_000;
const keys = createKeys();

let server: TestValkey;
let client: Valkey;
beforeAll(async () => {
  server = await startValkey();
  client = createValkey({ host: server.host, port: server.port, name: 'test' });
  await client.connect();
});
afterAll(async () => {
  client.disconnect();
  await server.stop();
});
beforeEach(() => client.flushall());

/** A shard with one symbol: its journal's times are given, its refresh comes when it is asked for. */
class Shard {
  matcher = new ShardMatcher(orderBooks);
  #records = 0;
  #epoch = 0;
  #life = new Lifetime();
  #marketData!: MarketData;
  #previousDays!: PreviousDays;
  #due: (() => void)[] = [];

  constructor() {
    this.#assemble();
  }

  /** Two orders that meet at `timeMs`. */
  trade(timeMs: number, price: number, quantity = 1): Promise<void> {
    const order = (role: string, isBuy: boolean) => ({
      action: 'ADD',
      symbol: 'TEST',
      order_id: `${role}-${this.#records}`,
      user_id: role,
      is_buy: isBuy,
      price,
      quantity,
    });
    return this.#apply(timeMs, [order('maker', false), order('taker', true)]);
  }

  tick(timeMs: number): Promise<void> {
    return this.#apply(timeMs, { action: 'TICK' });
  }

  /** The engine dies, and another one goes on from the snapshot. */
  restart(): void {
    this.#life.end();
    const machine = this.matcher.machines.get('TEST')!;
    const { book, state } = decodeSnapshot(encodeSnapshot(machine));
    this.matcher = new ShardMatcher(orderBooks);
    this.matcher.restore('TEST', book, state);
    this.#life = new Lifetime();
    this.#assemble();
    this.#marketData.open();
    this.#previousDays.open();
  }

  /** Everything that waits for its time to come. */
  refresh(): void {
    for (const task of this.#due.splice(0)) task();
  }

  stop(): void {
    this.#life.end();
  }

  #assemble(): void {
    const silent = () => undefined;
    const logger = { debug: silent, info: silent, warn: silent, error: silent };
    const metrics = { count: silent, gauge: silent, observe: silent };
    const timers = {
      after: (_: number, task: () => void) => {
        this.#due.push(task);
        return silent;
      },
      breathe: () => Promise.resolve(),
    };
    const ports = { clock: systemClock, timers, random: systemRandom, logger, metrics };
    const cache = new ValkeyAdapter(client, 'test', logger);
    const onFatal = (error: unknown) => {
      throw error;
    };
    const options = { cache, keys, epoch: ++this.#epoch, machines: this.matcher.machines };
    this.#marketData = new MarketData({ ...options, onFatal }, ports, this.#life);
    this.#previousDays = new PreviousDays(options, ports, this.#life);
  }

  async #apply(arrivalMs: number, entries: object): Promise<void> {
    const batch = new BatchOutput();
    const data = Buffer.from(JSON.stringify(entries));
    this.matcher.apply({ sequenceNumber: String(++this.#records), arrivalMs, partitionKey: 'TEST', data }, batch);
    await Promise.all([this.#marketData.publish(batch), this.#previousDays.publish(batch)]);
  }
}

let shard: Shard;
beforeEach(() => {
  shard = new Shard();
});
afterEach(() => shard.stop());

const read = async (key: string): Promise<Record<string, unknown> | undefined> => {
  const text = await client.get(key);
  return text === null ? undefined : (JSON.parse(text) as Record<string, unknown>);
};
const ticker = () => read(keys.ticker('TEST'));
const previous = () => read(keys.previousDay('TEST'));

test('on its first day a symbol is compared with its first trade and has no day before', async () => {
  await shard.trade(DAY + 1_000, 100, 2);
  await shard.trade(DAY + 2_000, 110, 3);
  expect(await ticker()).toMatchObject({ p: 110, c: 10, yc: 0, o: 100, h: 110, l: 100, v: 5 });
  expect(await previous()).toBeUndefined();
});

test('a TICK after the boundary rolls the day over: the ticker is of the new day, prev:S of the one before', async () => {
  await shard.trade(DAY + 1_000, 100, 2);
  await shard.trade(DAY + 2_000, 80, 3);
  await shard.trade(DAY + 3_000, 120, 1);
  await shard.tick(DAY + DAY_MS + 5_000);
  expect(await previous()).toEqual({ t: DAY / 1000, o: 100, h: 120, l: 80, c: 120, v: '6' });
  expect(await ticker()).toMatchObject({ t: DAY + DAY_MS, p: 120, c: 0, yc: 0, o: 120, h: 120, l: 120, v: 0 });
  await shard.trade(DAY + DAY_MS + 60_000, 90, 7);
  expect(await ticker()).toMatchObject({ p: 90, c: -25, yc: 0, o: 90, v: 7 });
});

test('a symbol that did not trade for days carries its close over, and its first trade is compared with it', async () => {
  await shard.trade(DAY + 1_000, 100, 2);
  for (let day = 1; day <= 4; day++) await shard.tick(DAY + day * DAY_MS + 1_000);
  expect(await previous()).toEqual({ t: (DAY + 3 * DAY_MS) / 1000, o: 100, h: 100, l: 100, c: 100, v: '0' });
  expect(await ticker()).toMatchObject({ p: 100, c: 0, yc: 0, v: 0 });
  await shard.trade(DAY + 4 * DAY_MS + 60_000, 150);
  expect(await ticker()).toMatchObject({ p: 150, c: 50, yc: 0 });
  await shard.trade(DAY + 5 * DAY_MS + 60_000, 75);
  expect(await ticker()).toMatchObject({ p: 75, c: -50, yc: 50 });
  expect(await previous()).toEqual({ t: (DAY + 4 * DAY_MS) / 1000, o: 150, h: 150, l: 150, c: 150, v: '1' });
});

test('an engine that was away over the boundary comes to the same figures, by a TICK or by the next trade', async () => {
  const figures: unknown[] = [];
  for (const [isRestarted, isTicked] of [
    [false, true],
    [true, true],
    [true, false],
  ] as const) {
    await client.flushall();
    shard.stop();
    shard = new Shard();
    await shard.trade(DAY + 1_000, 100, 2);
    await shard.trade(DAY + 2_000, 130, 2);
    if (isRestarted) shard.restart();
    if (isTicked) await shard.tick(DAY + 2 * DAY_MS + 1_000);
    await shard.trade(DAY + 2 * DAY_MS + 2_000, 65, 4);
    const { u: _, ...depth } = (await read(keys.depth('TEST'))) ?? {};
    figures.push([await ticker(), await previous(), depth]);
  }
  expect(figures[0]).toMatchObject([
    { p: 65, c: -50, yc: 0, o: 65, v: 4 },
    { t: (DAY + DAY_MS) / 1000, o: 130, c: 130, v: '0' },
    { p: 65 },
  ]);
  expect(figures[1]).toEqual(figures[0]);
  expect(figures[2]).toEqual(figures[0]);
});

test('a backup cache that forgot the day before gets it back at the next refresh, and after a start', async () => {
  await shard.trade(DAY + 1_000, 100, 2);
  await shard.tick(DAY + DAY_MS + 1_000);
  const held = await previous();
  await client.flushall();
  shard.restart();
  await eventually(async () => (await previous()) !== undefined);
  await client.flushall();
  await eventually(async () => {
    shard.refresh();
    return (await previous()) !== undefined;
  });
  expect(await previous()).toEqual(held);
});

test('an older engine does not overwrite what a newer one wrote', async () => {
  await shard.trade(DAY + 1_000, 100, 2);
  await client.hset(keys.previousDayFence('TEST'), { epoch: 9, seq: 1 });
  await client.set(keys.previousDay('TEST'), '{"t":1}');
  await shard.tick(DAY + DAY_MS + 1_000);
  expect(await previous()).toEqual({ t: 1 });
});
