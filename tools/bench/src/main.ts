import { CommandFailure, runCommand } from '@supernoba/command';
import { readEndpoints, startExchange } from '@supernoba/local';
import { fileURLToPath } from 'node:url';
import { ENGINE_OPTIONS, ENGINE_USAGE, measureEngine, type EngineBenchOptions } from './engine/engine-bench.js';
import { measureLatency } from './latency.js';
import {
  measureOrderBook,
  ORDER_BOOK_OPTIONS,
  ORDER_BOOK_USAGE,
  type OrderBookBenchOptions,
} from './orderbook/order-book-bench.js';

const LATENCY_USAGE = `usage: npm run bench -- latency [--own] [--samples 300] [--json]

  order to acknowledgement, and order to WebSocket push, one order at a time

  --own      start an exchange of its own in a temporary folder, and stop it
  --samples  orders measured, 10 to 10,000
  --json     end with one line of results`;

const BENCHMARKS = {
  latency: () =>
    runCommand<{ own?: boolean; samples?: string }>({
      name: 'bench',
      usage: LATENCY_USAGE,
      options: { own: { type: 'boolean' }, samples: { type: 'string' } },
      floors: { orders: 10 },
      timeLimitMs: 600_000,
      async run(context) {
        onlyNamed('latency', context.positionals);
        const samples = Number(context.options.samples ?? 300);
        if (!Number.isInteger(samples) || samples < 10 || samples > 10_000)
          throw new CommandFailure('--samples takes 10 to 10,000');
        const exchange = context.options.own ? await startExchange({ signal: context.signal }) : undefined;
        if (exchange) context.onEnd(() => exchange.stop());
        return measureLatency(context, exchange?.endpoints ?? readEndpoints(), samples);
      },
    }),
  engine: () =>
    runCommand<EngineBenchOptions>({
      name: 'bench',
      usage: ENGINE_USAGE,
      options: ENGINE_OPTIONS,
      floors: { orders: 1, naiveOrders: 1, outcomesCompared: 1 },
      timeLimitMs: 1_800_000,
      async run(context) {
        onlyNamed('engine', context.positionals);
        return measureEngine(context, {
          engine: fileURLToPath(new URL('../../../apps/engine/dist/main.mjs', import.meta.url)),
          standIn: fileURLToPath(new URL('engine/stand-in.mjs', import.meta.url)),
        });
      },
    }),
  orderbook: () =>
    runCommand<OrderBookBenchOptions>({
      name: 'bench',
      usage: ORDER_BOOK_USAGE,
      options: ORDER_BOOK_OPTIONS,
      floors: { outcomesCompared: 1 },
      timeLimitMs: 3_600_000,
      async run(context) {
        onlyNamed('orderbook', context.positionals);
        return measureOrderBook(context, {
          bundle: fileURLToPath(new URL('orderbook/engine.mjs', import.meta.url)),
          source: fileURLToPath(new URL('../src/orderbook/engine.ts', import.meta.url)),
        });
      },
    }),
};

const named = process.argv.slice(2).find((arg): arg is keyof typeof BENCHMARKS => Object.hasOwn(BENCHMARKS, arg));
if (named) await BENCHMARKS[named]();
else
  await runCommand({
    name: 'bench',
    usage: `${LATENCY_USAGE}\n\n${ORDER_BOOK_USAGE}\n\n${ENGINE_USAGE}`,
    options: {},
    floors: {},
    timeLimitMs: 1_000,
    run: () => Promise.reject(new CommandFailure(`name one benchmark: ${Object.keys(BENCHMARKS).join(' or ')}`)),
  });

function onlyNamed(name: string, positionals: readonly string[]): void {
  if (positionals.length !== 1)
    throw new CommandFailure(`bench ${name} takes no further name: ${positionals.join(' ')}`);
}
