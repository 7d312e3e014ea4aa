import { PutItemCommand, QueryCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { INTERVALS, type Interval } from '@supernoba/candles';
import { CommandFailure, type ResultRow } from '@supernoba/command';
import { toSymbolItem } from '@supernoba/edge';
import type { ScriptCache } from '@supernoba/engine/ports';
import type { Endpoints } from '@supernoba/local';
import { MAX_CHART_CANDLES, TABLES, type ChartAnswer, type ChartCandle } from '@supernoba/protocol';
import { createValkey, runScript, type Valkey } from '@supernoba/runtime';
import { createKeys, ROLLUP_INTERVALS, rollupKey, symbolProject, type RollupInterval } from '@supernoba/valkey-keys';
import { setTimeout as pause } from 'node:timers/promises';
import { firstDifference } from './compare.js';
import { TapePublisher } from './publisher.js';
import type { ExpectedSeries, TapeTrade } from './tape.js';

export interface CandleCheck {
  trades: readonly TapeTrade[];
  expected: ExpectedSeries;
  workload: string;
  endpoints: Endpoints;
  dynamo: DynamoDBClient;
  say: (message: string) => void;
  /** Runs at the end, whatever happens. */
  onEnd: (step: () => void) => void;
  signal: AbortSignal;
  /** For tests: see `TapePublisher`. */
  around?: (cache: ScriptCache) => ScriptCache;
}

/** Parts of the tape after which the Lambdas run: rolled up, then backed up alone; the rest stays in the cache. */
const ROLLED_UP = 0.6;
const BACKED_UP = 0.8;
const ROLLUP_LIMIT_MS = 10_000;
const CHART_SAMPLES = 120;
const CHART_WARM_UP = 16;

/**
 * Lets the executions of a tape happen again in a symbol of their own, with their own times: through the engine's publisher into
 * the caches, through the shipped Lambdas into the table, through the streamer's roll-up; then holds `GET /chart` to the
 * expected candles.
 *
 * @throws CommandFailure naming every series that differs
 */
export async function checkCandles(check: CandleCheck): Promise<ResultRow[]> {
  const { trades, expected, endpoints, dynamo, say, onEnd } = check;
  if (trades.length < 10) throw new CommandFailure(`${trades.length} executions are too few to compare anything`);
  const { hostname: host, port } = new URL(endpoints.valkeyDepth);
  const depthCache = { host, port: Number(port) };
  const valkey = createValkey({ ...depthCache, name: 'check-candles' });
  onEnd(() => valkey.disconnect());
  await valkey.connect();
  const keys = createKeys();
  const symbol = `CHK-${Date.now().toString(36)}`.toUpperCase();
  await listSymbol(check, valkey, symbol);

  const publisher = new TapePublisher({ depthCache, dynamo, keys, symbol, say, ...around(check) });
  onEnd(() => publisher.close());
  await publisher.connect();
  const [rolledUp, backedUp] = [Math.floor(trades.length * ROLLED_UP), Math.floor(trades.length * BACKED_UP)];
  const started = performance.now();
  const publish = async (from: number, to?: number): Promise<void> => {
    await publisher.feed(trades.slice(from, to));
    const differences = await publisher.differences();
    if (differences.length > 0) throw new CommandFailure(differences.join('\n'));
  };
  await publish(0, rolledUp);
  say(`${rolledUp} executions published: ${await runNow(endpoints, 'trades-backup')}`);
  say(`rolled up: ${await runNow(endpoints, 'candle-rollup')}`);
  await publish(rolledUp, backedUp);
  say(`${backedUp} executions published: ${await runNow(endpoints, 'trades-backup')}`);
  await publish(backedUp);
  say(`all ${trades.length} executions published`);

  const fromValkey = (await valkey.llen(keys.closedCandles(symbol))) + (await valkey.exists(keys.candle(symbol)));
  const fromDynamo = await storedMinutes(dynamo, symbol);
  const row = (metric: string, value: number, unit: string): ResultRow => ({
    workload: check.workload,
    subject: 'exchange',
    metric,
    value,
    unit,
  });
  const problems: string[] = [];
  const results: ResultRow[] = [];
  for (const [interval, candles] of expected) {
    const difference = firstDifference(await chartOf(endpoints, symbol, interval), candles);
    if (difference !== undefined) problems.push(`${interval}: ${difference}`);
    results.push(row(`candles_${interval}`, candles.length, 'candles'));
  }
  const rollups = await compareRollups({ valkey, symbol, expected, signal: check.signal });
  problems.push(...rollups.problems);
  if (problems.length > 0) throw new CommandFailure(problems.join('\n'));
  return [
    row('executions', trades.length, 'executions'),
    row(
      'candlesCompared',
      results.reduce((sum, { value }) => sum + value, 0),
      'candles',
    ),
    row('seriesCompared', expected.size, 'series'),
    ...results,
    row('minutesInValkey', fromValkey, 'candles'),
    row('minutesInDynamoDb', fromDynamo, 'candles'),
    row('rollupsCompared', rollups.compared, 'candles'),
    ...(await chartLatency(endpoints, symbol)).map(([quantile, ms]) => row(`chart_${quantile}`, ms, 'ms')),
    row('seconds', (performance.now() - started) / 1000, 's'),
  ];
}

function around({ around: given }: CandleCheck): { around?: (cache: ScriptCache) => ScriptCache } {
  return given === undefined ? {} : { around: given };
}

/** A symbol that the table and its projection know, and that no engine has heard of: nobody else writes its market data. */
async function listSymbol({ dynamo }: CandleCheck, valkey: Valkey, symbol: string): Promise<void> {
  const row = { symbol, state: 'open', config: {}, updated_at: Date.now(), updated_by: 'check:candles' } as const;
  await dynamo.send(new PutItemCommand({ TableName: TABLES.symbols.name, Item: toSymbolItem(row) }));
  const keys = createKeys();
  const projected = await runScript(valkey, symbolProject, [keys.activeSymbols, keys.symbolStates], [symbol, 'open']);
  if (projected !== 1) throw new CommandFailure('the exchange has no list of symbols yet');
}

/** Runs a scheduled Lambda now and gives what it answered. */
async function runNow({ connections }: Endpoints, schedule: string): Promise<string> {
  const response = await fetch(`${connections}/_local/schedules/${schedule}`, { method: 'POST' });
  const body = await response.text();
  if (!response.ok) throw new CommandFailure(`${schedule} failed: ${response.status} ${body}`);
  return body;
}

async function chartOf({ http }: Endpoints, symbol: string, interval: Interval): Promise<ChartCandle[]> {
  let candles: ChartCandle[] = [];
  for (let to: number | undefined; ; to = (candles[0]?.time ?? 1) - 1) {
    const query = new URLSearchParams({ symbol, interval, limit: String(MAX_CHART_CANDLES) });
    if (to !== undefined) query.set('to', String(to));
    const response = await fetch(`${http}/chart?${query.toString()}`);
    if (!response.ok)
      throw new CommandFailure(`GET /chart?${query.toString()}: ${response.status} ${await response.text()}`);
    const { data } = (await response.json()) as ChartAnswer;
    candles = [...data, ...candles];
    if (data.length < MAX_CHART_CANDLES) return candles;
  }
}

/** How long a warm `GET /chart` of up to 500 candles takes, over all intervals in turn. */
async function chartLatency({ http }: Endpoints, symbol: string): Promise<[quantile: string, ms: number][]> {
  const samplesMs: number[] = [];
  for (let index = 0; index < CHART_SAMPLES + CHART_WARM_UP; index++) {
    const interval = INTERVALS[index % INTERVALS.length];
    const begun = performance.now();
    const response = await fetch(`${http}/chart?symbol=${symbol}&interval=${interval}`);
    await response.arrayBuffer();
    if (!response.ok) throw new CommandFailure(`GET /chart of ${interval}: ${response.status}`);
    if (index >= CHART_WARM_UP) samplesMs.push(performance.now() - begun);
  }
  samplesMs.sort((a, b) => a - b);
  const at = (share: number) => samplesMs[Math.ceil(samplesMs.length * share) - 1] ?? 0;
  return [
    ['p50', at(0.5)],
    ['p99', at(0.99)],
  ];
}

async function storedMinutes(dynamo: DynamoDBClient, symbol: string): Promise<number> {
  let count = 0;
  let start: Record<string, never> | undefined;
  do {
    const page = await dynamo.send(
      new QueryCommand({
        TableName: TABLES.candleHistory.name,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: `${symbol}#1m` } },
        Select: 'COUNT',
        ...(start ? { ExclusiveStartKey: start } : {}),
      }),
    );
    count += page.Count ?? 0;
    start = page.LastEvaluatedKey as Record<string, never> | undefined;
  } while (start);
  return count;
}

interface RollupComparison {
  valkey: Valkey;
  symbol: string;
  expected: ExpectedSeries;
  signal: AbortSignal;
}

/** The streamer's active candles are the last ones expected. They follow the market by a moment. */
async function compareRollups({ valkey, symbol, expected, signal }: RollupComparison) {
  const keys = createKeys();
  const wanted = ROLLUP_INTERVALS.filter((interval) => (expected.get(interval)?.length ?? 0) > 0);
  const differs = async (interval: RollupInterval): Promise<string | undefined> => {
    const held = await valkey.hmget(rollupKey(keys, interval, symbol), 't', 'o', 'h', 'l', 'c', 'v');
    const last = expected.get(interval)?.at(-1)?.map(String);
    return JSON.stringify(held) === JSON.stringify(last)
      ? undefined
      : `candle:${interval}:${symbol} is ${JSON.stringify(held)}, expected ${JSON.stringify(last)}`;
  };
  const deadline = performance.now() + ROLLUP_LIMIT_MS;
  for (;;) {
    const problems = (await Promise.all(wanted.map(differs))).filter((problem) => problem !== undefined);
    if (problems.length === 0 || performance.now() > deadline) return { compared: wanted.length, problems };
    await pause(100, undefined, { signal });
  }
}
