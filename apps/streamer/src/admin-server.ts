import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';

export interface AdminServer {
  port: number;
  close(): Promise<void>;
}

export interface AdminServerOptions {
  host: string;
  /** 0 lets the system choose. */
  port: number;
  registry: Registry;
  isHealthy: () => boolean;
}

/** `GET /metrics` for Prometheus, `GET /health`: 200 while the cache answers, else 503. */
export async function startAdminServer({ host, port, registry, isHealthy }: AdminServerOptions): Promise<AdminServer> {
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0];
    if (request.method !== 'GET') answer(response, 405, { error: { code: 'METHOD_NOT_ALLOWED', message: 'GET only' } });
    else if (path === '/health') answer(response, isHealthy() ? 200 : 503, { healthy: isHealthy() });
    else if (path === '/metrics') {
      registry.metrics().then(
        (text) => response.writeHead(200, { 'content-type': registry.contentType }).end(text),
        (error: unknown) => answer(response, 503, { error: { code: 'UNAVAILABLE', message: String(error) } }),
      );
    } else answer(response, 404, { error: { code: 'NOT_FOUND', message: 'there is /metrics and /health' } });
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

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
