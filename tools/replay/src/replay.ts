import { CommandFailure, type ResultRow, type RunContext } from '@supernoba/command';
import { createDynamoClient, createKinesisClient, createValkey } from '@supernoba/runtime';
import { STREAMS, type DepthFrame, type ExchangeEvent, type FillEvent } from '@supernoba/protocol';
import { createKeys } from '@supernoba/valkey-keys';
import { createClient } from '@supernoba/sdk-client';
import type { Endpoints } from '@supernoba/local';
import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { compare } from './compare.js';
import { Feeder } from './feed.js';
import { planBatches, planOrders, requestId, type PlannedOrder } from './plan.js';
import { candleTotals, tradeRows } from './stores.js';
import { EventCollector } from './streams.js';
import type { TapeRow } from './tape.js';
import { replayUsers } from './users.js';

const USERS = 100;
const SETTLE_LIMIT_MS = 60_000;
/** A flushed cache is healed within 20 s. */
const DEPTH_LIMIT_MS = 30_000;

interface Setting {
  rows: TapeRow[];
  symbol: string;
  workload: string;
  endpoints: Endpoints;
}

/** Feeds a tape through the exchange's front door and holds everything that comes out to the tape. */
export async function replay(context: RunContext<unknown>, setting: Setting): Promise<ResultRow[]> {
  const { say, onEnd, signal } = context;
  const { rows, symbol, endpoints } = setting;
  const run = `r${Date.now().toString(36)}`;
  const orders = planOrders(rows, symbol, run, USERS);
  const batches = planBatches(orders);
  if (batches.length === 0) throw new CommandFailure('the file holds no orders');

  const kinesis = createKinesisClient({ region: 'ap-northeast-2' });
  const dynamo = createDynamoClient({ region: 'ap-northeast-2' });
  const { hostname, port } = new URL(endpoints.valkeyDepth);
  const valkey = createValkey({ host: hostname, port: Number(port), name: 'replay' });
  valkey.on('error', (error: Error) => say(`Valkey: ${error.message}`));
  await valkey.connect();
  onEnd(() => {
    kinesis.destroy();
    dynamo.destroy();
    valkey.disconnect();
  });

  const depthKey = createKeys().depth(symbol);
  const before = await currentDepth(endpoints.http, symbol);
  if (before.a.length > 0 || before.b.length > 0) {
    throw new CommandFailure(`the book of ${symbol} is not empty: use --own, or start the exchange with --fresh`);
  }
  const candlesBefore = await candleTotals(valkey, symbol);
  const collector = await EventCollector.start(kinesis, [STREAMS.fills.name, STREAMS.orderStatus.name], symbol);
  const watcher = await watchDepth(endpoints, symbol);
  onEnd(() => watcher.close());

  say(`${orders.length} operations in ${batches.length} batches of ${USERS} users`);
  const feeder = new Feeder(endpoints.http, symbol, await replayUsers(endpoints.auth, USERS), signal);
  onEnd(() => feeder.close());
  const started = performance.now();
  for (const [index, batch] of batches.entries()) {
    await feeder.send(batch);
    if (index % 500 === 499)
      say(`${batch.orders.at(-1)!.index + 1} of ${orders.length} operations, ${collector.size} events`);
  }
  const fed = performance.now();
  await settled(collector, requestId(run, orders.length - 1), signal);
  const matched = performance.now();

  const events = await collector.finish();
  const fills = events.filter((event): event is FillEvent => event.event === 'FILL');
  const comparison = compare(orders, events, run);
  if (comparison.firstDifference !== undefined) say(`first difference: ${comparison.firstDifference}`);
  const problems = comparison.firstDifference === undefined ? [] : ['the exchange and the tape differ'];

  const store = await compareStores({ dynamo, valkey, symbol, fills, candlesBefore }, signal);
  problems.push(...store.problems);
  const finalDepth = JSON.parse((await valkey.get(depthKey)) ?? '{}') as Partial<DepthFrame>;
  if (JSON.stringify([finalDepth.b, finalDepth.a]) !== JSON.stringify([comparison.bids, comparison.asks])) {
    problems.push(
      `depth:${symbol} is ${JSON.stringify([finalDepth.b, finalDepth.a])}, the events give ${JSON.stringify([comparison.bids, comparison.asks])}`,
    );
  }

  const row = (metric: string, value: number, unit: string): ResultRow => ({
    workload: setting.workload,
    subject: 'exchange',
    metric,
    value,
    unit,
  });
  const results = [
    row('operations', orders.length, 'operations'),
    row('orders', orders.filter(({ incoming }) => incoming).length, 'orders'),
    row('answered', answered(orders, events, run), 'operations'),
    row('fills', fills.length, 'fills'),
    row('expectedTrades', comparison.expectedTrades, 'fills'),
    row('exactTrades', comparison.exactTrades, 'fills'),
    row('snapshotsCompared', comparison.snapshots, 'books'),
    row('levelsCompared', comparison.levels, 'levels'),
    row('depthLevelsCompared', comparison.bids.length + comparison.asks.length, 'levels'),
    row('tradeRows', store.rows, 'rows'),
    row('candleTrades', store.candleTrades, 'trades'),
    row('depthFrames', watcher.frames(), 'frames'),
    row('eventRepeats', collector.repeats, 'events'),
    row('requestRetries', feeder.retries, 'requests'),
    row('operationsPerSecond', orders.length / ((fed - started) / 1000), 'operations/s'),
    row('feedSeconds', (fed - started) / 1000, 's'),
    row('settleSeconds', (matched - fed) / 1000, 's'),
  ];
  if (answered(orders, events, run) !== orders.length)
    problems.push('not every operation was answered by a status event');
  if (problems.length > 0) {
    for (const result of results) say(`${result.metric} ${result.value} ${result.unit}`);
    throw new CommandFailure(problems.join('\n'));
  }
  return results;
}

/** The book as it stands; an exchange that has just started knows it within a moment. */
async function currentDepth(http: string, symbol: string): Promise<DepthFrame> {
  const deadline = performance.now() + DEPTH_LIMIT_MS;
  for (;;) {
    const response = await fetch(`${http}/depth/${symbol}`);
    if (response.ok) return (await response.json()) as DepthFrame;
    const answer = `GET /depth/${symbol}: ${response.status} ${await response.text()}`;
    if (response.status !== 503 || performance.now() > deadline) throw new CommandFailure(answer);
    await pause(100);
  }
}

/** A logged-in SDK client that counts the different states of the book it is shown. */
async function watchDepth(endpoints: Endpoints, symbol: string) {
  const states = new Set<number>();
  const client = createClient({ url: endpoints.http, auth: () => endpoints.tokens.alice, ws: WebSocket });
  client.on('depth', (frame) => states.add(frame.u));
  await client.connect();
  await client.subscribe({ main: symbol });
  return { frames: () => states.size, close: () => client.close() };
}

async function settled(collector: EventCollector, lastRequest: string, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + SETTLE_LIMIT_MS;
  for (let quietSince = performance.now(), size = -1; ;) {
    if (collector.size !== size) {
      size = collector.size;
      quietSince = performance.now();
    }
    const quiet = performance.now() - quietSince;
    if (quiet > 1_500 && collector.hasAnswer(lastRequest)) return;
    if (performance.now() > deadline)
      throw new CommandFailure(`the last order was not answered within ${SETTLE_LIMIT_MS / 1000} s`);
    await pause(50, undefined, { signal });
  }
}

function answered(orders: readonly PlannedOrder[], events: readonly ExchangeEvent[], run: string): number {
  const ids = new Set(events.map((event) => (event.event === 'ORDER_STATUS' ? event.request_id : undefined)));
  return orders.filter(({ index }) => ids.has(requestId(run, index))).length;
}

interface Stores {
  dynamo: Parameters<typeof tradeRows>[0];
  valkey: Parameters<typeof candleTotals>[0];
  symbol: string;
  fills: readonly FillEvent[];
  candlesBefore: Awaited<ReturnType<typeof candleTotals>>;
}

/** Every fill is one row of `trade_history`, and the candles hold the fills' volume. Stores may be a moment behind. */
async function compareStores({ dynamo, valkey, symbol, fills, candlesBefore }: Stores, signal: AbortSignal) {
  const numbers = fills.map(({ trade_id }) => Number(trade_id.slice(symbol.length + 1)));
  const volume = fills.reduce((sum, { quantity }) => sum + BigInt(quantity), 0n);
  const deadline = performance.now() + 10_000;
  for (;;) {
    const rows = numbers.length === 0 ? [] : await tradeRows(dynamo, symbol, numbers[0]! - 1);
    const candles = await candleTotals(valkey, symbol);
    const candleVolume = candles.volume - candlesBefore.volume;
    const candleTrades = candles.trades - candlesBefore.trades;
    const problems: string[] = [];
    if (JSON.stringify(rows) !== JSON.stringify(numbers)) {
      problems.push(`trade_history holds ${rows.length} rows for ${numbers.length} fills, or other ones`);
    }
    if (candleVolume !== volume || candleTrades !== fills.length) {
      problems.push(
        `the candles hold ${candleVolume} in ${candleTrades} trades, the fills ${volume} in ${fills.length}`,
      );
    }
    if (problems.length === 0 || performance.now() > deadline) return { rows: rows.length, candleTrades, problems };
    await pause(200, undefined, { signal });
  }
}
