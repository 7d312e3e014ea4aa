import { CommandFailure, runCommand } from '@supernoba/command';
import { awsEnvironment, NotRunningError, readEndpoints } from '@supernoba/local';
import { SYMBOL_PATTERN } from '@supernoba/protocol';
import { rebuildCandles } from './candles.js';
import { rebuildOrders, rebuildTrades } from './histories.js';
import type { Rebuild, Rebuilt } from './rebuild.js';
import { openClients, rebuildSettings } from './settings.js';
import { readTimeRange } from './time-range.js';
import { rebuildTradeArchive } from './trade-archive.js';

interface Options {
  from?: string;
  to?: string;
  symbol?: string;
  data?: string;
}

const USAGE = `usage: npm run rebuild -- candles|history|orders|archive [--from TIME] [--to TIME] [--symbol S] [--data DIR] [--json]

Derives a store anew and writes what it should hold; what it holds already is written over with the same rows.

  candles   candle_history and the candles in S3, of all intervals, from trade_history
  history   trade_history, from the journal (archive and stream)
  orders    order_history, from the journal
  archive   the trades in S3, from trade_history

Which exchange: with AWS_ENDPOINT_URL_DYNAMODB or AWS_PROFILE set, the one that the AWS SDK's variables and the engine's
(KINESIS_ORDERS_STREAM, DYNAMODB_TABLE, SNAPSHOT_BUCKET …) name; else the local one. It may run meanwhile.

  --from, --to  journal time, both included: epoch ms or ISO 8601 (default: from the first record up to now)
  --symbol      only this symbol
  --data        data folder of the local exchange (default .local)
  --json        end with one line of results`;

const STORES: Readonly<Record<string, (rebuild: Rebuild) => Promise<Rebuilt>>> = {
  candles: rebuildCandles,
  history: rebuildTrades,
  orders: rebuildOrders,
  archive: rebuildTradeArchive,
};

function localEnvironment(folder: string | undefined): Record<string, string> {
  try {
    return awsEnvironment(readEndpoints(folder));
  } catch (error) {
    if (error instanceof NotRunningError) throw new CommandFailure(error.message);
    throw error;
  }
}

await runCommand<Options>({
  name: 'rebuild',
  usage: USAGE,
  options: {
    from: { type: 'string' },
    to: { type: 'string' },
    symbol: { type: 'string' },
    data: { type: 'string' },
  },
  floors: { read: 1 },
  timeLimitMs: 24 * 3_600_000,
  async run(context) {
    const [store = '', ...more] = context.positionals;
    const rebuild = Object.hasOwn(STORES, store) ? STORES[store] : undefined;
    if (rebuild === undefined || more.length > 0) throw new CommandFailure(`name one store\n${USAGE}`);
    const { from, to, symbol, data } = context.options;
    if (symbol !== undefined && !SYMBOL_PATTERN.test(symbol)) throw new CommandFailure(`${symbol} is no symbol`);
    const range = readTimeRange(from, to, Date.now());
    const isElsewhere = process.env['AWS_ENDPOINT_URL_DYNAMODB'] ?? process.env['AWS_PROFILE'];
    if (isElsewhere === undefined) Object.assign(process.env, localEnvironment(data));
    const settings = rebuildSettings(process.env);
    const clients = openClients(settings);
    context.onEnd(() => Object.values(clients).forEach((client) => client.destroy()));
    const { signal, say } = context;
    const { read, written } = await rebuild({ clients, settings, range, symbol, signal, say });
    const row = (metric: string, value: number) => ({
      workload: store,
      subject: symbol ?? 'all symbols',
      metric,
      value,
    });
    return [
      { ...row('read', read), unit: store === 'candles' || store === 'archive' ? 'trades' : 'records' },
      { ...row('written', written), unit: 'rows' },
    ];
  },
});
