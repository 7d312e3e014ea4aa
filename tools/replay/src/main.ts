import { CommandFailure, runCommand } from '@supernoba/command';
import { awsEnvironment, readEndpoints, startExchange } from '@supernoba/local';
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { replay } from './replay.js';
import { readTape } from './tape.js';

interface Options {
  own?: boolean;
  symbol?: string;
}

const USAGE = `usage: npm run replay -- FILE [--own] [--symbol BTCUSD] [--json]

Feeds recorded orders (.jsonl or .jsonl.gz) through the exchange as batches of 100 users and holds the fills,
books, stores and candles that come out to what the recording says.

  --own     start an exchange of its own in a temporary folder, and stop it
  --symbol  the symbol to trade (default BTCUSD)
  --json    end with one line of results`;

await runCommand<Options>({
  name: 'replay',
  usage: USAGE,
  options: { own: { type: 'boolean' }, symbol: { type: 'string' } },
  floors: { operations: 1, orders: 1, answered: 1, depthFrames: 1 },
  timeLimitMs: 230_000,
  async run(context) {
    const [file, ...more] = context.positionals;
    if (file === undefined || more.length > 0) throw new CommandFailure(`one file is wanted\n${USAGE}`);
    if (!existsSync(file)) throw new CommandFailure(`there is no file ${file}`);
    const rows = readTape(file);
    const { own = false, symbol = 'BTCUSD' } = context.options;
    if (own) context.say('starting an exchange of its own …');
    const exchange = own ? await startExchange({ signal: context.signal }) : undefined;
    if (exchange) context.onEnd(() => exchange.stop());
    const endpoints = exchange?.endpoints ?? readEndpoints();
    Object.assign(process.env, awsEnvironment(endpoints));
    return replay(context, { rows, symbol, endpoints, workload: basename(file).replace(/\.jsonl(\.gz)?$/, '') });
  },
});
