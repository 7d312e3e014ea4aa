import { CommandFailure, runCommand } from '@supernoba/command';
import { awsEnvironment, readEndpoints, startExchange } from '@supernoba/local';
import { createDynamoClient } from '@supernoba/runtime';
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { checkCandles } from './check.js';
import { readExpected, readTrades } from './tape.js';

const USAGE = `usage: npm run check:candles -- TRADES CANDLES [--own] [--json]

Lets recorded executions happen again in a symbol of their own, through the engine's market-data publisher, the backup, the
roll-ups and the chart, and holds every series of CANDLES to what GET /chart answers: part from Valkey, part from DynamoDB.

  TRADES   CSV (or .gz) with the columns time_ms, price, qty and, if known, taker_side
  CANDLES  JSON (or .gz): {"candles":{"1m":{"rows":[[start_ms,open,high,low,close,volume], …]}, …}}
  --own    start an exchange of its own in a temporary folder, and stop it
  --json   end with one line of results`;

await runCommand<{ own?: boolean }>({
  name: 'check:candles',
  usage: USAGE,
  options: { own: { type: 'boolean' } },
  floors: { executions: 10, candlesCompared: 10, minutesInValkey: 1, minutesInDynamoDb: 1 },
  timeLimitMs: 120_000,
  async run({ options, positionals, say, onEnd, signal }) {
    const [trades, candles, ...more] = positionals;
    if (trades === undefined || candles === undefined || more.length > 0) {
      throw new CommandFailure(`two files are wanted\n${USAGE}`);
    }
    for (const file of [trades, candles]) if (!existsSync(file)) throw new CommandFailure(`there is no file ${file}`);
    const tape = readTrades(trades);
    const expected = readExpected(candles);
    if (options.own) say('starting an exchange of its own …');
    const exchange = options.own ? await startExchange({ signal }) : undefined;
    if (exchange) onEnd(() => exchange.stop());
    const endpoints = exchange?.endpoints ?? readEndpoints();
    Object.assign(process.env, awsEnvironment(endpoints));
    const dynamo = createDynamoClient({ region: 'ap-northeast-2' });
    onEnd(() => dynamo.destroy());
    const workload = basename(trades).replace(/\.csv(\.gz)?$/, '');
    return checkCandles({ trades: tape, expected, workload, endpoints, dynamo, say, onEnd, signal });
  },
});
