import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';

type Json = Record<string, unknown>;

/** As much of an exchange as the bot sees: log-in, depth, orders and batches, a WebSocket. It matches nothing. */
export class SmallExchange {
  /** Orders that were placed and not cancelled, by user. */
  readonly open = new Map<string, Set<string>>();
  readonly seen = { adds: 0, takes: 0, cancels: 0, batches: 0 };
  port = 0;
  #server: Server | undefined;
  #webSockets: WebSocketServer | undefined;

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get openOrders(): number {
    return [...this.open.values()].reduce((sum, { size }) => sum + size, 0);
  }

  async start(): Promise<void> {
    const server = createServer((request, response) => void this.#http(request, response));
    const webSockets = new WebSocketServer({ server, path: '/ws' });
    webSockets.on('connection', (socket) => {
      socket.on('message', (data: Buffer) => {
        const { id } = JSON.parse(data.toString()) as Json;
        socket.send(JSON.stringify({ e: 'ack', id }));
      });
    });
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.port = (server.address() as AddressInfo).port;
    this.#server = server;
    this.#webSockets = webSockets;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    for (const socket of this.#webSockets?.clients ?? []) socket.terminate();
    server?.closeAllConnections();
    if (server?.listening) await new Promise((resolve) => server.close(resolve));
  }

  async #http(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const body = (text === '' ? {} : JSON.parse(text)) as Json;
    const answer = this.#answer(request, body);
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer.body));
  }

  #answer({ url = '/', headers }: IncomingMessage, body: Json): { status: number; body: Json } {
    if (url.startsWith('/auth/v1/token')) {
      return { status: 200, body: { access_token: `token of ${String(body['email']).split('@')[0]}` } };
    }
    if (url.startsWith('/depth/')) {
      return { status: 200, body: { e: 'd', s: 'TEST', t: 0, b: [[9_990, 1]], a: [[10_010, 1]], u: 1 } };
    }
    const user = headers.authorization?.replace('Bearer token of ', '');
    if (user === undefined) return { status: 401, body: { error: { code: 'UNAUTHORIZED', message: 'who?' } } };
    if (url === '/orders') {
      this.seen.takes++;
      return { status: 202, body: ack(body) };
    }
    this.seen.batches++;
    const symbol = body['symbol'];
    const orders = body['orders'] as Json[];
    for (const order of orders) this.#apply(user, order);
    return { status: 202, body: { symbol, orders: orders.map((order) => ack({ symbol, ...order })) } };
  }

  #apply(user: string, order: Json): void {
    const open = this.open.get(user) ?? new Set();
    this.open.set(user, open);
    if (order['action'] === 'CANCEL') {
      this.seen.cancels++;
      open.delete(String(order['order_id']));
    } else {
      this.seen.adds++;
      open.add(String(order['order_id']));
    }
  }
}

function ack(order: Json): Json {
  return { order_id: order['order_id'], request_id: order['request_id'], symbol: order['symbol'] };
}
