import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';

export interface SeenCall {
  method: string;
  path: string;
  query: Record<string, string>;
  authorization: string | undefined;
  body: unknown;
}

export type Json = Record<string, unknown>;
/** What the fake does with one HTTP call: an answer, silence, or a connection cut before or after taking effect. */
export type HttpScript = { status: number; body: unknown; headers?: Record<string, string> } | 'silence' | 'cut';

/** An exchange in this process, on `ws` and node:http: answers as the contract says unless a test tells it otherwise. */
export class FakeExchange {
  readonly calls: SeenCall[] = [];
  readonly requests: Json[] = [];
  readonly upgrades: Record<string, string>[] = [];
  readonly sockets = new Set<WebSocket>();
  /** Taken one a call, before the ordinary answer. */
  readonly httpScript: HttpScript[] = [];
  /** HTTP statuses with which the next upgrades are refused. */
  readonly refuseUpgrades: number[] = [];
  /** An answer to a request instead of the ordinary one; undefined: silence. */
  answer: (request: Json, socket: WebSocket) => Json | undefined = (request) => ordinaryAnswer(request);
  port = 0;
  /** Every answer waits this long, ms. */
  slowMs = 0;

  readonly #server: Server;
  readonly #webSockets = new WebSocketServer({ noServer: true });
  readonly #timers = new Set<NodeJS.Timeout>();

  private constructor() {
    this.#server = createServer((request, response) => void this.#http(request, response));
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  static async start(port = 0): Promise<FakeExchange> {
    const fake = new FakeExchange();
    await new Promise<void>((resolve) => fake.#server.listen(port, '127.0.0.1', resolve));
    fake.port = (fake.#server.address() as AddressInfo).port;
    return fake;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    for (const socket of this.sockets) socket.terminate();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  push(...frames: unknown[]): void {
    for (const socket of this.sockets) for (const frame of frames) socket.send(JSON.stringify(frame));
  }

  pushText(text: string): void {
    for (const socket of this.sockets) socket.send(text);
  }

  closeAll(code: number, reason = ''): void {
    for (const socket of this.sockets) socket.close(code, reason);
  }

  cutAll(): void {
    for (const socket of this.sockets) socket.terminate();
  }

  requestsOf(action: string): Json[] {
    return this.requests.filter((request) => request['action'] === action);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const url = new URL(request.url ?? '/', this.url);
    this.upgrades.push({ path: url.pathname, ...Object.fromEntries(url.searchParams) });
    const refusal = this.refuseUpgrades.shift();
    if (refusal !== undefined) {
      socket.end(`HTTP/1.1 ${refusal} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      this.sockets.add(webSocket);
      webSocket.on('close', () => this.sockets.delete(webSocket));
      webSocket.on('message', (data: Buffer) => this.#message(JSON.parse(data.toString()) as Json, webSocket));
    });
  }

  #message(request: Json, socket: WebSocket): void {
    this.requests.push(request);
    const answer = this.answer(request, socket);
    if (answer) this.#later(() => socket.send(JSON.stringify(answer)));
  }

  async #http(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url);
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const call: SeenCall = {
      method: request.method ?? '',
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      authorization: request.headers.authorization,
      body: text === '' ? undefined : (JSON.parse(text) as unknown),
    };
    this.calls.push(call);
    const script = this.httpScript.shift() ?? ordinaryHttpAnswer(call);
    if (script === 'silence') return;
    if (script === 'cut') {
      request.socket.destroy();
      return;
    }
    this.#later(() => {
      response.writeHead(script.status, { 'content-type': 'application/json', ...script.headers });
      response.end(typeof script.body === 'string' ? script.body : JSON.stringify(script.body));
    });
  }

  #later(run: () => void): void {
    if (this.slowMs === 0) return run();
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      run();
    }, this.slowMs);
    this.#timers.add(timer);
  }
}

export function ordinaryAnswer(request: Json): Json {
  const { action, id } = request;
  const tag = id === undefined ? {} : { id };
  if (action === 'ping') return { e: 'pong', ...tag, t: Date.now() };
  if (action === 'subscribe') return { e: 'ack', ...tag, main: request['main'], sub: request['sub'] };
  if (action === 'order') return { e: 'ack', ...tag, order: ack(request['order'] as Json) };
  return { e: 'ack', ...tag };
}

function ordinaryHttpAnswer({ method, path, query, body }: SeenCall): HttpScript {
  const sent = (body ?? {}) as Json;
  if (path === '/orders/batch') {
    const orders = (sent['orders'] as Json[]).map((order) => ack({ symbol: sent['symbol'], ...order }));
    return { status: 202, body: { symbol: sent['symbol'], orders } };
  }
  if (method === 'GET' && path === '/orders') return { status: 200, body: { orders: [] } };
  if (method === 'GET' && path.startsWith('/orders/'))
    return { status: 200, body: { symbol: query['symbol'], order_id: path.split('/')[2], status: 'ACCEPTED' } };
  if (path === '/fills') return { status: 200, body: { fills: [] } };
  if (path === '/tickers') return { status: 200, body: { tickers: [{ s: 'TEST', state: 'open', stale: false }] } };
  if (path.startsWith('/trades/')) return { status: 200, body: { symbol: path.split('/')[2], trades: [] } };
  if (path.startsWith('/orders')) {
    const order_id = path.split('/')[2] ?? sent['order_id'];
    return { status: 202, body: ack({ symbol: query['symbol'], request_id: query['request_id'], ...sent, order_id }) };
  }
  if (path === '/symbols') return { status: 200, body: { symbols: [{ symbol: 'TEST', state: 'open' }] } };
  if (path === '/chart')
    return { status: 200, body: { symbol: query['symbol'], interval: query['interval'], data: [] } };
  if (path.startsWith('/depth/')) return { status: 200, body: depth({ s: path.split('/')[2] }) };
  return { status: 404, body: { error: { code: 'NOT_FOUND', message: `${method} ${path}` } } };
}

function ack(order: Json): Json {
  return { order_id: order['order_id'], request_id: order['request_id'], symbol: order['symbol'] };
}

export function depth(fields: Json = {}): Json {
  return { e: 'd', s: 'TEST', t: 1_733_896_438_267, b: [[150, 30]], a: [[151, 30]], u: 1, ...fields };
}

/** An unsigned token: the fake checks none. */
export function token(claims: { sub: string; expiresInMs?: number; mark?: string }): string {
  const { expiresInMs = 3_600_000, ...rest } = claims;
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${encode({ alg: 'none' })}.${encode({ ...rest, exp: (Date.now() + expiresInMs) / 1000 })}.x`;
}
