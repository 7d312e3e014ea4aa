import { CommandFailure, runCommand } from '@supernoba/command';
import { readEndpoints, startExchange } from '@supernoba/local';
import { measureLatency } from './latency.js';

const USAGE = `usage: npm run bench -- latency [--own] [--samples 300] [--json]

  latency   order to acknowledgement, and order to WebSocket push, one order at a time

  --own      start an exchange of its own in a temporary folder, and stop it
  --samples  orders measured, 10 to 10,000
  --json     end with one line of results`;

await runCommand<{ own?: boolean; samples?: string }>({
  name: 'bench',
  usage: USAGE,
  options: { own: { type: 'boolean' }, samples: { type: 'string' } },
  floors: { orders: 10 },
  timeLimitMs: 600_000,
  async run(context) {
    if (context.positionals.length !== 1 || context.positionals[0] !== 'latency') {
      throw new CommandFailure(`name one benchmark\n${USAGE}`);
    }
    const samples = Number(context.options.samples ?? 300);
    if (!Number.isInteger(samples) || samples < 10 || samples > 10_000)
      throw new CommandFailure('--samples takes 10 to 10,000');
    const exchange = context.options.own ? await startExchange({ signal: context.signal }) : undefined;
    if (exchange) context.onEnd(() => exchange.stop());
    return measureLatency(context, exchange?.endpoints ?? readEndpoints(), samples);
  },
});
