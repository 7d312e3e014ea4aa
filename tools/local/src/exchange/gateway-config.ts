import { join } from 'node:path';
import type { GatewayConfig } from '../gateway/index.js';
import { STREAMS } from '@supernoba/protocol';
import { LAMBDAS, type LambdaName, type Layout } from './layout.js';
import type { Ports } from './ports.js';

/** Every HTTP route of the contract → the Lambda that answers it, be it with `NOT_AVAILABLE`. */
const ROUTES: readonly [method: string, path: string, lambda: LambdaName][] = [
  ['POST', '/orders', 'order-router'],
  ['GET', '/orders', 'order-router'],
  ['DELETE', '/orders', 'order-router'],
  ['POST', '/orders/batch', 'order-router'],
  ['GET', '/orders/{id}', 'order-router'],
  ['PUT', '/orders/{id}', 'order-router'],
  ['DELETE', '/orders/{id}', 'order-router'],
  ['GET', '/fills', 'order-router'],
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
    })),
    routes: ROUTES.map(([method, path, lambda]) => ({ method, path, lambda })),
    webSocket: { path: '/ws', routes: WEB_SOCKET_ROUTES },
    proxies: [{ prefix: '/auth/v1', target: `http://127.0.0.1:${ports.auth}` }],
    staticDir: layout.page,
    // Who is told of their own orders: both event streams, as event source mappings have it.
    eventSources: [STREAMS.fills.name, STREAMS.orderStatus.name].map((stream) => ({
      name: `user-notify-${stream}`,
      stream,
      lambda: 'user-notify',
      startingPosition: 'LATEST' as const,
      pollMs: 100,
      reportBatchItemFailures: true,
    })),
    dataDir: join(dataDir, 'gateway'),
  };
}
