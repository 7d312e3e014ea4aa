import { CommandFailure, missedFloors, runCommand, type ResultRow, type RunContext } from '@supernoba/command';
import { readEndpoints, startExchange } from '@supernoba/local';
import { METRICS } from './findings.js';
import { unaccounted, type OrderLoad } from './load.js';
import { localEnvironment } from './local-environment.js';
import { driveLoad } from './own-exchange.js';
import { auditExchange, auditSettings } from './stores.js';
import { tellReport } from './tell-report.js';

interface Options {
  own?: boolean;
  data?: string;
  wait?: string;
  seed?: string;
}

const USAGE = `usage: npm run audit [-- --own] [--data DIR] [--wait SECONDS] [--json]

Reads the journal (archive and stream), replays it through the naive book and compares every fill, status, trade row,
candle, depth, ticker, previous day and snapshot, and the candles and trades in S3, with what the stores hold. Ends with 1
where anything differs. The exchange may run.

Which exchange: with DEPTH_CACHE_HOST set, the one that the engine's own variables (KINESIS_ORDERS_STREAM,
DYNAMODB_TABLE, SNAPSHOT_BUCKET, DEPTH_CACHE_HOST …) and the AWS SDK's variables name; else the local one.

  --own   start an exchange of its own, drive a small load, kill its engine once, wait until a day of it is backed up and
          rolled up (a minute or two), audit it, and stop it
  --data  data folder of the local exchange (default .local)
  --wait  how long something that is on its way may take, in seconds (default 60)
  --seed  of the load of --own (default: the time)
  --json  end with one line of results`;

/** What an exchange of its own has at the least: it is driven until it has it. */
const OWN_FLOORS = {
  candleRows_1m: 1,
  candleRows_1d: 1,
  archivedCandlesCompared: 2,
  archivedTradesCompared: 1,
  previousDaysCompared: 1,
};

await runCommand<Options>({
  name: 'audit',
  usage: USAGE,
  options: {
    own: { type: 'boolean' },
    data: { type: 'string' },
    wait: { type: 'string' },
    seed: { type: 'string' },
  },
  floors: {
    records: 1,
    orders: 1,
    statuses: 1,
    depthsCompared: 1,
    snapshotsCompared: 1,
  },
  timeLimitMs: 3_600_000,
  async run(context) {
    const { own = false, data, wait = '60', seed = String(Date.now() % 1_000_000) } = context.options;
    const waitMs = wholeNumber('--wait', wait) * 1_000;
    const load = own ? await ownExchange(context, wholeNumber('--seed', seed)) : undefined;
    if (load === undefined && !process.env['DEPTH_CACHE_HOST'])
      Object.assign(process.env, localEnvironment(readEndpoints(data)));
    const { report, held } = await auditExchange(auditSettings(process.env), {
      waitMs,
      isDrained: own,
      signal: context.signal,
      say: context.say,
    });
    tellReport(report, context.say);
    const { recordsPending, tradeRowsBehind, orderRowsBehind } = report.counts;
    const problems = report.differencesFound === 0 ? [] : [`${report.differencesFound} differences`];
    if (own && recordsPending > 0) problems.push(`${recordsPending} records of the journal were not published`);
    if (own && tradeRowsBehind > 0) problems.push(`${tradeRowsBehind} rows of trade_history are behind`);
    if (own && orderRowsBehind > 0) problems.push(`${orderRowsBehind} rows of order_history are behind`);
    if (load !== undefined) problems.push(...unaccounted(load.accepted, held));
    const results = METRICS.map((metric) => row(metric, report.counts[metric], 'compared'));
    if (own) problems.push(...missedFloors(OWN_FLOORS, results));
    if (problems.length > 0) {
      for (const { metric, value } of results) context.say(`${metric} ${value}`);
      throw new CommandFailure(problems.join('\n'));
    }
    return results;
  },
});

async function ownExchange(context: RunContext<Options>, seed: number): Promise<OrderLoad> {
  context.say(`starting an exchange of its own (seed ${seed}) …`);
  const exchange = await startExchange({
    signal: context.signal,
    env: { SNAPSHOT_INTERVAL_MS: '2000', LEASE_MS: '3000' },
  });
  context.onEnd(() => exchange.stop());
  Object.assign(process.env, localEnvironment(exchange.endpoints));
  const load = await driveLoad(exchange, seed, context.signal);
  context.onEnd(() => load.close());
  context.say(`${load.accepted.size} orders accepted, ${load.retries} requests repeated`);
  return load;
}

function row(metric: string, value: number, unit: string): ResultRow {
  return { workload: 'exchange', subject: 'stores', metric, value, unit };
}

function wholeNumber(option: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new CommandFailure(`${option} wants a whole number, not ${text}`);
  return Number(text);
}
