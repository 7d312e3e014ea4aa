import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { GatewayError } from './errors.js';
import { settleWithin } from './pause.js';

/** Longest time a request may take to arrive. */
const REQUEST_TIMEOUT_MS = 30_000;
/** Longer than clients keep idle connections, so that none is closed under a request. */
const KEEP_ALIVE_MS = 65_000;
const CLOSE_IDLE_EVERY_MS = 20;

/** An HTTP server that listens. */
export class Listener {
  readonly port: number;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  /** @throws GatewayError `PORT_IN_USE` or `LISTEN_FAILED` */
  static async open(port: number, host: string, onRequest: RequestListener): Promise<Listener> {
    const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS, keepAliveTimeout: KEEP_ALIVE_MS }, onRequest);
    await new Promise<void>((resolve, reject) => {
      server.once('error', (cause: NodeJS.ErrnoException) => {
        const busy = cause.code === 'EADDRINUSE';
        const message = busy ? `port ${port} of ${host} is in use` : `cannot listen on port ${port} of ${host}`;
        reject(new GatewayError(busy ? 'PORT_IN_USE' : 'LISTEN_FAILED', message, { cause }));
      });
      server.listen(port, host, resolve);
    });
    return new Listener(server);
  }

  onUpgrade(handle: (request: IncomingMessage, socket: Duplex, head: Buffer) => void): void {
    this.#server.on('upgrade', handle);
  }

  /** Takes no new connection; requests under way get `withinMs`, then their connections are cut. */
  async close(withinMs: number): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    // Node closes what is idle now; a kept-alive connection whose request ends later would stay.
    const idle = setInterval(() => this.#server.closeIdleConnections(), CLOSE_IDLE_EVERY_MS);
    await settleWithin(withinMs, closed);
    clearInterval(idle);
    this.#server.closeAllConnections();
  }
}
