import type { Registry } from 'prom-client';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { EngineHealth } from '../engine.js';

/** A shard that has read nothing or got no acknowledgement for so long is not ready. */
const STALLED_MS = 5_000;

export interface AdminOptions {
  host: string;
  port: number;
  registry: Registry;
  health: () => EngineHealth;
}

export interface AdminServer {
  port: number;
  close(): Promise<void>;
}

/**
 * `GET /metrics` (Prometheus), `GET /health` (503 once the engine has failed), `GET /ready` (503 unless every shard reads
 * and is acknowledged).
 */
export async function startAdmin({ host, port, registry, health }: AdminOptions): Promise<AdminServer> {
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?')[0];
    if (request.method !== 'GET')
      return json(response, 405, { error: { code: 'METHOD_NOT_ALLOWED', message: 'GET only' } });
    switch (path) {
      case '/metrics':
        return void metrics(response, registry);
      case '/health':
        return json(response, health().state === 'failed' ? 503 : 200, health());
      case '/ready':
        return json(response, isReady(health()) ? 200 : 503, health());
      default:
        return json(response, 404, { error: { code: 'NOT_FOUND', message: '/metrics, /health, /ready' } });
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export function isReady({ state, shards }: EngineHealth): boolean {
  return state === 'running' && shards.every(({ stalledMs }) => stalledMs < STALLED_MS);
}

async function metrics(response: ServerResponse, registry: Registry): Promise<void> {
  try {
    const text = await registry.metrics();
    response.writeHead(200, { 'content-type': registry.contentType }).end(text);
  } catch (error) {
    json(response, 500, { error: { code: 'INTERNAL', message: String(error) } });
  }
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
