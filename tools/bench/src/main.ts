import { CommandFailure, runCommand, type RunContext } from '@supernoba/command';
import { readEndpoints, startExchange, type Endpoints } from '@supernoba/local';
import { fileURLToPath } from 'node:url';
import { CHART_USAGE, measureChart } from './chart/chart-bench.js';
import { ENGINE_OPTIONS, ENGINE_USAGE, measureEngine, type EngineBenchOptions } from './engine/engine-bench.js';
import { measureRestart, RESTART_USAGE } from './engine/restart-bench.js';
import { measureLatency } from './latency.js';
import { MARKET_DATA_USAGE, measureMarketData } from './market-data/market-data-bench.js';
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

const ENGINE_PROGRAMS = {
  engine: fileURLToPath(new URL('../../../apps/engine/dist/main.mjs', import.meta.url)),
  tradeHistory: fileURLToPath(new URL('../../../apps/lambdas/trade-history/dist/main.mjs', import.meta.url)),
  standIn: fileURLToPath(new URL('engine/stand-in.mjs', import.meta.url)),
};

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
        const samples = samplesOf(context.options, { usual: 300, least: 10, most: 10_000 });
        return measureLatency(context, await exchangeOf(context), samples);
      },
    }),
  chart: () =>
    runCommand<{ own?: boolean; samples?: string }>({
      name: 'bench',
      usage: CHART_USAGE,
      options: { own: { type: 'boolean' }, samples: { type: 'string' } },
      floors: { charts: 80, candlesCompared: 1 },
      timeLimitMs: 600_000,
      async run(context) {
        onlyNamed('chart', context.positionals);
        const samples = samplesOf(context.options, { usual: 800, least: 80, most: 100_000 });
        return measureChart(context, await exchangeOf(context), samples);
      },
    }),
  'market-data': () =>
    runCommand<{ samples?: string }>({
      name: 'bench',
      usage: MARKET_DATA_USAGE,
      options: { samples: { type: 'string' } },
      floors: { calls: 40, candlesCompared: 1 },
      timeLimitMs: 600_000,
      async run(context) {
        onlyNamed('market-data', context.positionals);
        return measureMarketData(context, samplesOf(context.options, { usual: 200, least: 40, most: 10_000 }));
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
        return measureEngine(context, ENGINE_PROGRAMS);
      },
    }),
  restart: () =>
    runCommand<object>({
      name: 'bench',
      usage: RESTART_USAGE,
      options: {},
      floors: { records: 1_000_000, naiveOrders: 1, outcomesCompared: 32 },
      timeLimitMs: 600_000,
      async run(context) {
        onlyNamed('restart', context.positionals);
        return measureRestart(context, ENGINE_PROGRAMS);
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
    usage: `${LATENCY_USAGE}\n\n${CHART_USAGE}\n\n${MARKET_DATA_USAGE}\n\n${ORDER_BOOK_USAGE}\n\n${ENGINE_USAGE}\n\n${RESTART_USAGE}`,
    options: {},
    floors: {},
    timeLimitMs: 1_000,
    run: () => Promise.reject(new CommandFailure(`name one benchmark: ${Object.keys(BENCHMARKS).join(' or ')}`)),
  });

/** The exchange that runs, or with `--own` one that runs until the command ends. */
async function exchangeOf({ options, signal, onEnd }: RunContext<{ own?: boolean }>): Promise<Endpoints> {
  if (!options.own) return readEndpoints();
  const exchange = await startExchange({ signal });
  onEnd(() => exchange.stop());
  return exchange.endpoints;
}

function samplesOf(
  { samples }: { samples?: string },
  { usual, least, most }: Record<'usual' | 'least' | 'most', number>,
): number {
  const count = Number(samples ?? usual);
  if (Number.isInteger(count) && count >= least && count <= most) return count;
  throw new CommandFailure(`--samples takes ${least} to ${most.toLocaleString('en-US')}`);
}

function onlyNamed(name: string, positionals: readonly string[]): void {
  if (positionals.length !== 1)
    throw new CommandFailure(`bench ${name} takes no further name: ${positionals.join(' ')}`);
}
