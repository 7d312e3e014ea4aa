import { join } from 'node:path';
import type { GatewayConfig } from '../gateway/index.js';
import { STREAMS } from '@supernoba/protocol';
import { LAMBDAS, type LambdaName, type Layout } from './layout.js';
import type { Ports } from './ports.js';

/** Every HTTP route of the contract → the Lambda that answers it. */
const ROUTES: readonly [method: string, path: string, lambda: LambdaName][] = [
  ['POST', '/orders', 'order-router'],
  ['GET', '/orders', 'order-query'],
  ['DELETE', '/orders', 'order-router'],
  ['POST', '/orders/batch', 'order-router'],
  ['GET', '/orders/{id}', 'order-query'],
  ['PUT', '/orders/{id}', 'order-router'],
  ['DELETE', '/orders/{id}', 'order-router'],
  ['GET', '/fills', 'order-query'],
  ['GET', '/chart', 'chart-data'],
  ['GET', '/symbols', 'market-data'],
  ['GET', '/depth/{symbol}', 'market-data'],
  ['GET', '/tickers', 'market-data'],
  ['GET', '/trades/{symbol}', 'market-data'],
  ['ANY', '/admin/{path+}', 'admin'],
];

const WEB_SOCKET_ROUTES: Readonly<Record<string, LambdaName>> = {
  $connect: 'connect',
  $disconnect: 'disconnect',
  $default: 'subscribe',
  subscribe: 'subscribe',
  unsubscribe: 'subscribe',
  auth: 'subscribe',
  ping: 'subscribe',
  order: 'order-router',
};

/** What EventBridge invokes by the clock. `POST /_local/schedules/NAME` at the callback API's port runs one now. */
const SCHEDULES: readonly [name: string, lambda: LambdaName, everyMs: number][] = [
  ['trades-backup', 'trades-backup', 600_000],
  ['candle-rollup', 'candle-rollup', 600_000],
];

/** Event source mappings. Who is told of their own orders, from now on; and what becomes of every order and trade, from the first. */
const EVENT_SOURCES: GatewayConfig['eventSources'] = [
  ...[STREAMS.fills.name, STREAMS.orderStatus.name].map((stream) => ({
    name: `user-notify-${stream}`,
    stream,
    lambda: 'user-notify',
    startingPosition: 'LATEST' as const,
    pollMs: 100,
    reportBatchItemFailures: true,
  })),
  ...(
    [
      ['order-history', STREAMS.orderStatus.name],
      ['trade-history', STREAMS.fills.name],
    ] as const
  ).map(([lambda, stream]) => ({
    name: lambda,
    stream,
    lambda,
    startingPosition: 'TRIM_HORIZON' as const,
    pollMs: 100,
    // What is dropped is missing for ever: it is tried for as long as the stream holds it.
    maximumRetryAttempts: 10_000,
    reportBatchItemFailures: true,
  })),
];

/** Those that work through a backlog take longer than a request may. */
const LAMBDA_TIMEOUT_MS: Partial<Record<LambdaName, number>> = {
  'trades-backup': 300_000,
  'candle-rollup': 300_000,
  'order-history': 300_000,
  'trade-history': 300_000,
};

/** All processes start at once; on a busy machine that takes its time. */
const LAMBDA_INIT_TIMEOUT_MS = 60_000;

interface GatewayConfigOptions {
  layout: Layout;
  ports: Ports;
  /** Environment of every Lambda. */
  lambdaEnv: Readonly<Record<string, string>>;
  /** The exchange's data folder. */
  dataDir: string;
}

/** API Gateway as the cloud has it: routes, WebSocket, callback API; the page and the auth stand-in besides. */
export function gatewayConfig({ layout, ports, lambdaEnv, dataDir }: GatewayConfigOptions): GatewayConfig {
  return {
    port: ports.public,
    managementPort: ports.connections,
    runner: join(layout.own, 'lambda-host', 'runner.mjs'),
    lambdas: LAMBDAS.map((name) => ({
      name,
      file: layout.lambdas[name],
      env: lambdaEnv,
      initTimeoutMs: LAMBDA_INIT_TIMEOUT_MS,
      ...(LAMBDA_TIMEOUT_MS[name] === undefined ? {} : { timeoutMs: LAMBDA_TIMEOUT_MS[name] }),
    })),
    routes: ROUTES.map(([method, path, lambda]) => ({ method, path, lambda })),
    webSocket: { path: '/ws', routes: WEB_SOCKET_ROUTES },
    proxies: [{ prefix: '/auth/v1', target: `http://127.0.0.1:${ports.auth}` }],
    staticDir: layout.page,
    eventSources: EVENT_SOURCES,
    schedules: SCHEDULES.map(([name, lambda, everyMs]) => ({ name, lambda, everyMs })),
    dataDir: join(dataDir, 'gateway'),
  };
}
