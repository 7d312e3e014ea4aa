import { candleToChart, INTERVALS, type Interval } from '@supernoba/candles';
import { CommandFailure, type ResultRow, type RunContext } from '@supernoba/command';
import { awsEnvironment, type Endpoints } from '@supernoba/local';
import { DEFAULT_CHART_CANDLES } from '@supernoba/protocol';
import { createDynamoClient, createValkey } from '@supernoba/runtime';
import { quantile } from '../quantiles.js';
import { seedMarket, type SeededMarket } from './seeded-market.js';

export const CHART_USAGE = `usage: npm run bench -- chart [--own] [--samples 800] [--json]

  GET /chart of 500 candles, warm, every interval in turn, one request at a time: nearly all of them in DynamoDB, the last
  minutes in Valkey; each answer is held to the fold of the trades

  --own      start an exchange of its own in a temporary folder, and stop it
  --samples  requests measured, 80 to 100,000
  --json     end with one line of results`;

const ROUNDS_WARM_UP = 5;

/** Measures `samples` requests after some that warm the Lambda up. @throws CommandFailure where an answer is not the fold */
export async function measureChart(
  context: RunContext<unknown>,
  endpoints: Endpoints,
  samples: number,
): Promise<ResultRow[]> {
  Object.assign(process.env, awsEnvironment(endpoints));
  const dynamo = createDynamoClient({ region: 'ap-northeast-2' });
  context.onEnd(() => dynamo.destroy());
  const { hostname: host, port } = new URL(endpoints.valkeyDepth);
  const valkey = createValkey({ host, port: Number(port), name: 'bench' });
  context.onEnd(() => valkey.disconnect());
  await valkey.connect();
  const market = await seedMarket(dynamo, valkey, Date.now());
  context.say(`${market.symbol}: ${market.trades.length} trades, ${market.stored} rows in candle_history`);

  const chart = chartOf(endpoints, market);
  const first = [];
  for (const interval of INTERVALS) first.push(await chart(interval));
  for (let round = 1; round < ROUNDS_WARM_UP; round++) for (const interval of INTERVALS) await chart(interval);
  const takenMs = new Map<Interval, number[]>(INTERVALS.map((interval) => [interval, []]));
  for (let index = 0; index < samples; index++) {
    const interval = INTERVALS[index % INTERVALS.length] ?? '1m';
    takenMs.get(interval)?.push(await chart(interval));
    if (index % 200 === 199) context.say(`${index + 1} of ${samples} charts`);
    context.signal.throwIfAborted();
  }
  const all = [...takenMs.values()].flat();
  const row = (metric: string, value: number, unit: string): ResultRow => ({
    workload: 'chart',
    subject: 'exchange',
    metric,
    value,
    unit,
  });
  return [
    row('charts', all.length, 'charts'),
    row('candlesCompared', (all.length + ROUNDS_WARM_UP * INTERVALS.length) * DEFAULT_CHART_CANDLES, 'candles'),
    row('chartP50Ms', quantile(all, 0.5), 'ms'),
    row('chartP99Ms', quantile(all, 0.99), 'ms'),
    ...[...takenMs].map(([interval, some]) => row(`chartP50Ms_${interval}`, quantile(some, 0.5), 'ms')),
    row('chartFirstP50Ms', quantile(first, 0.5), 'ms'),
    row('chartFirstMaxMs', Math.max(...first), 'ms'),
  ];
}

/** Asks for a chart, gives how many ms its answer took, and holds that to the fold. */
function chartOf({ http }: Endpoints, { symbol, candles }: SeededMarket): (interval: Interval) => Promise<number> {
  const expected = new Map(
    INTERVALS.map((interval) => {
      const data = candles(interval).slice(-DEFAULT_CHART_CANDLES).map(candleToChart);
      if (data.length < DEFAULT_CHART_CANDLES) throw new CommandFailure(`only ${data.length} candles of ${interval}`);
      return [interval, JSON.stringify({ symbol, interval, data })];
    }),
  );
  return async (interval) => {
    const started = performance.now();
    const response = await fetch(`${http}/chart?symbol=${symbol}&interval=${interval}`);
    const text = await response.text();
    const taken = performance.now() - started;
    if (text !== expected.get(interval)) {
      throw new CommandFailure(`${interval}: the chart is not the fold of the trades: ${text.slice(0, 500)}`);
    }
    return taken;
  };
}
