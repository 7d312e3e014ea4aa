import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Posted {
  connectionId: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  atMs: number;
}

type Event = Record<string, unknown> & { e: string };

/** The peer of the streamer: an HTTP server that takes `POST /@connections/{id}` as API Gateway does. */
export class TestGateway {
  readonly posted: Posted[] = [];
  /** Status by connection; 200 unless told. */
  readonly statusOf = new Map<string, number>();
  /** Pause before the answer, by connection, ms. */
  readonly delayOf = new Map<string, number>();
  /** Most requests at a time, over all connections and to one. */
  maxInFlight = 0;
  maxInFlightOfOne = 0;
  readonly #inFlight = new Map<string, number>();
  readonly #answers = new Set<NodeJS.Timeout>();
  #total = 0;
  #server: Server | undefined;
  port = 0;

  get endpoint(): URL {
    return new URL(`http://127.0.0.1:${this.port}/stage`);
  }

  async listen(port = 0): Promise<void> {
    this.#server = createServer((request, response) => {
      const connectionId = decodeURIComponent(request.url?.split('/').at(-1) ?? '');
      this.#enter(connectionId);
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const status = this.statusOf.get(connectionId) ?? 200;
        const { url = '', headers } = request;
        const body = Buffer.concat(chunks).toString();
        const respond = () => {
          this.#answers.delete(timer);
          this.#leave(connectionId);
          if (status === 200) this.posted.push({ connectionId, path: url, headers, body, atMs: performance.now() });
          if (status === 410) response.setHeader('x-amzn-errortype', 'GoneException');
          response.writeHead(status).end();
        };
        const timer = setTimeout(respond, this.delayOf.get(connectionId) ?? 0);
        this.#answers.add(timer);
      });
    });
    await new Promise<void>((resolve) => this.#server?.listen(port, '127.0.0.1', resolve));
    this.port = (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    const server = this.#server;
    if (!server?.listening) return;
    for (const answer of this.#answers) clearTimeout(answer);
    this.#answers.clear();
    this.#inFlight.clear();
    this.#total = 0;
    await new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
  }

  messagesTo(connectionId: string): Event[][] {
    return this.posted
      .filter((each) => each.connectionId === connectionId)
      .map(({ body }) => {
        const frame = JSON.parse(body) as Event | Event[];
        return Array.isArray(frame) ? frame : [frame];
      });
  }

  eventsTo(connectionId: string, ...kinds: string[]): Event[] {
    return this.messagesTo(connectionId)
      .flat()
      .filter(({ e }) => kinds.length === 0 || kinds.includes(e));
  }

  #enter(connectionId: string): void {
    const own = (this.#inFlight.get(connectionId) ?? 0) + 1;
    this.#inFlight.set(connectionId, own);
    this.#total += 1;
    this.maxInFlight = Math.max(this.maxInFlight, this.#total);
    this.maxInFlightOfOne = Math.max(this.maxInFlightOfOne, own);
  }

  #leave(connectionId: string): void {
    this.#inFlight.set(connectionId, (this.#inFlight.get(connectionId) ?? 1) - 1);
    this.#total -= 1;
  }
}
