import type {
  AckFrame,
  BatchAck,
  ChartAnswer,
  ClientRequest,
  DepthFrame,
  FillsAnswer,
  NewOrder,
  OrderAck,
  OrderChange,
  OrderRequest,
  OrdersAnswer,
  OrderState,
  SymbolsAnswer,
  TickersAnswer,
  TradesAnswer,
} from '@supernoba/protocol';
import { resolveIdentity } from './auth.js';
import { fullJitterMs } from './backoff.js';
import { Connection, ConnectionCode, type ConnectionEvent, type ConnectionState } from './connection.js';
import { Emitter } from './emitter.js';
import { decodeFrame, encodeRequest, type RawEvent } from './encoder.js';
import { asSupernobaError, ClientErrorCode, serverError, SupernobaError } from './errors.js';
import { dispatch, type ClientEvents } from './events.js';
import { Freshness } from './freshness.js';
import { type FillsQuery, type OrderName, type OrdersQuery, readFills, readOrder, readOrders } from './history.js';
import { HttpRoutes } from './http.js';
import {
  type ChartQuery,
  readChart,
  readDepth,
  readSymbols,
  readTickers,
  readTrades,
  type TradesQuery,
} from './market.js';
import { checkRetryWindow, resolveSettings, type ClientOptions, type Settings } from './options.js';
import { type Batch, type CancelAll, type CancelAllAck, type OrderCancel, Orders } from './orders.js';
import type { ReadOptions } from './read.js';
import { RequestTable } from './request-table.js';
import { Session } from './session.js';
import { type Subscription, Subscriptions } from './subscriptions.js';
import { readClaims } from './token.js';
import { checkFields, checkSubscription } from './validate.js';
import { findWebSocket } from './websocket.js';

/** What the server says the connection now watches. */
export interface Watched {
  main?: string;
  sub?: string[];
}

type RequestBody = ClientRequest extends infer Request
  ? Request extends ClientRequest
    ? Omit<Request, 'id'>
    : never
  : never;

const RESUBSCRIBE_TRIES = 3;

/** A client of one exchange: HTTP calls at any time, pushed events between `connect()` and `close()`. */
class Client {
  readonly #settings: Settings;
  readonly #session: Session;
  readonly #emitter = new Emitter<ClientEvents>();
  readonly #fresh = new Freshness();
  readonly #subscriptions = new Subscriptions();
  readonly #requests: RequestTable<RawEvent>;
  readonly #connection: Connection;
  readonly #http: HttpRoutes;
  readonly #orders: Orders;
  /** The token the open socket was made or last authorised with. */
  #socketToken: string | null = null;
  #resubscribed: Promise<void> = Promise.resolve();
  #authorised: Promise<void> = Promise.resolve();

  constructor(options: ClientOptions) {
    const settings = resolveSettings(options);
    checkRetryWindow(settings);
    this.#settings = settings;
    this.#session = new Session(resolveIdentity(options.auth), settings.tokenMarginMs);
    this.#requests = new RequestTable(settings.maxPending);
    this.#http = new HttpRoutes(settings, this.#session);
    this.#orders = new Orders({
      http: this.#http,
      ask: (order) => this.#askOrder(order),
      transport: settings.orderTransport,
      retry: settings.retry,
    });
    this.#connection = new Connection(
      {
        webSocket: () => findWebSocket(settings.webSocket),
        address: () => this.#address(),
        changed: (event) => this.#connectionChanged(event),
        frame: (data) => this.#frame(data),
        ping: () => this.#ping(),
        random: Math.random,
      },
      settings,
    );
  }

  get state(): ConnectionState {
    return this.#connection.state;
  }

  /** Listens to one kind of event. Returns the undo. */
  on<Name extends keyof ClientEvents>(name: Name, listener: (payload: ClientEvents[Name]) => void): () => void {
    return this.#emitter.on(name, listener);
  }

  /**
   * Opens the WebSocket and keeps it open until `close()`.
   *
   * @returns when it is open. @throws SupernobaError `TIMEOUT` after `connectTimeoutMs` (the client goes on trying),
   * `CLOSED`, or the reason why it gave up
   */
  async connect(): Promise<void> {
    if (this.#connection.state === 'disconnected') {
      this.#session.start({
        tokenChanged: (token) => this.#tokenChanged(token),
        failed: (error) => this.#emitter.emit('error', error),
      });
      this.#connection.open();
    }
    return this.#whenConnected(this.#settings.connectTimeoutMs);
  }

  /** Ends the connection; waiting WebSocket requests are rejected with `CLOSED`. HTTP calls go on to their own bounds. */
  close(): void {
    this.#connection.close();
  }

  /**
   * Watches symbols, until `unsubscribe` and over every reconnection.
   *
   * @throws SupernobaError The subscription stands when the error is `retryable` (it is sent again with the next
   * connection), and does not when the server refused it.
   */
  async subscribe(subscription: Subscription): Promise<Watched> {
    const fields = checkFields(subscription, 'subscribe', ['main', 'sub', 'tf']);
    checkSubscription(
      fields,
      (symbols) =>
        new Set(symbols.filter((symbol) => !this.#subscriptions.has(symbol))).size + this.#subscriptions.count,
    );
    if (subscription.main === undefined && !subscription.sub?.length && subscription.tf === undefined) {
      throw new SupernobaError(ClientErrorCode.InvalidArgument, 'subscribe names main, sub or tf');
    }
    const undo = this.#subscriptions.add(subscription);
    try {
      await this.#whenSubscribed();
      const request = this.#subscriptions.request();
      return request ? watched(await this.#ask(request, 'subscribe')) : {};
    } catch (thrown) {
      if (thrown instanceof SupernobaError && !thrown.retryable) undo();
      throw thrown;
    }
  }

  /** Watches these no longer; without an argument, nothing any more. */
  async unsubscribe(what?: { main?: string; sub?: readonly string[] }): Promise<void> {
    if (what !== undefined) checkSubscription(checkFields(what, 'unsubscribe', ['main', 'sub']), () => 0);
    const { main, sub } = what ?? this.#subscriptions.all();
    this.#subscriptions.remove({ ...(main === undefined ? {} : { main }), ...(sub === undefined ? {} : { sub }) });
    // Without a connection nothing is watched; the next one begins with what is still wanted.
    if (this.#connection.state !== 'connected' || (main === undefined && !sub?.length)) return;
    await this.#ask(
      {
        action: 'unsubscribe',
        ...(main === undefined ? {} : { main }),
        ...(sub === undefined ? {} : { sub: [...sub] }),
      },
      'unsubscribe',
    );
  }

  /** Places one order. @returns once the journal has it; matching is asynchronous. @throws SupernobaError */
  placeOrder(order: NewOrder): Promise<OrderAck> {
    return this.#orders.place(order);
  }

  /** Up to 100 actions of one symbol in one request, applied in order. Always over HTTP. @throws SupernobaError */
  placeOrders(batch: Batch): Promise<BatchAck> {
    return this.#orders.batch(batch);
  }

  /** Changes an open order; `quantity` is its new total. @throws SupernobaError */
  replaceOrder(change: OrderChange): Promise<OrderAck> {
    return this.#orders.replace(change);
  }

  /** @throws SupernobaError */
  cancelOrder(cancel: OrderCancel): Promise<OrderAck> {
    return this.#orders.cancel(cancel);
  }

  /** Cancels the user's open orders of a symbol. @throws SupernobaError */
  cancelAll(cancel: CancelAll): Promise<CancelAllAck> {
    return this.#orders.cancelAll(cancel);
  }

  /** Candles, ascending, the active one last. @throws SupernobaError */
  getChart(query: ChartQuery, options?: ReadOptions): Promise<ChartAnswer> {
    return readChart(this.#http, query, options);
  }

  /** @throws SupernobaError */
  getSymbols(options?: ReadOptions): Promise<SymbolsAnswer['symbols']> {
    return readSymbols(this.#http, options);
  }

  /** @throws SupernobaError */
  getDepth(symbol: string, options?: ReadOptions): Promise<DepthFrame> {
    return readDepth(this.#http, symbol, options);
  }

  /** Every symbol's figures; `stale` where no engine keeps them alive. @throws SupernobaError */
  getTickers(options?: ReadOptions): Promise<TickersAnswer['tickers']> {
    return readTickers(this.#http, options);
  }

  /** Trades of a symbol, newest first, in pages. @throws SupernobaError */
  getTrades(query: TradesQuery, options?: ReadOptions): Promise<TradesAnswer> {
    return readTrades(this.#http, query, options);
  }

  /** One's own orders, newest first, in pages; a moment behind the events. @throws SupernobaError */
  getOrders(query: OrdersQuery = {}, options?: ReadOptions): Promise<OrdersAnswer> {
    return readOrders(this.#http, query, options);
  }

  /** One of one's own orders. @throws SupernobaError `NOT_FOUND`, also for a moment after it was placed */
  getOrder(order: OrderName, options?: ReadOptions): Promise<OrderState> {
    return readOrder(this.#http, order, options);
  }

  /** One's own executions, newest first, in pages. @throws SupernobaError */
  getFills(query: FillsQuery = {}, options?: ReadOptions): Promise<FillsAnswer> {
    return readFills(this.#http, query, options);
  }

  async #address(): Promise<string> {
    const query = new URLSearchParams();
    if (this.#session.testUser !== undefined) {
      query.set('testMode', 'true');
      query.set('userId', this.#session.testUser);
    } else {
      this.#socketToken = await this.#session.ask({ forceRefresh: false });
      if (this.#socketToken !== null) query.set('token', this.#socketToken);
    }
    return query.size > 0 ? `${this.#settings.ws}?${query.toString()}` : this.#settings.ws;
  }

  #connectionChanged(event: ConnectionEvent): void {
    if (event.previous === 'connected') {
      const isEnd = event.state === 'disconnected';
      const code = isEnd ? ClientErrorCode.Closed : ClientErrorCode.Disconnected;
      this.#requests.rejectAll(new SupernobaError(code, event.reason, { retryable: !isEnd }));
    }
    if (event.state === 'disconnected') this.#session.stop();
    if (event.code === ConnectionCode.Opened) {
      this.#fresh.newConnection();
      this.#resubscribed = this.#resubscribe();
      // The token may have changed while the socket was opening.
      this.#tokenChanged(this.#session.current);
    }
    this.#emitter.emit('connection', event);
  }

  /** Asks again for everything wanted; without it the connection is of no use, so a failure makes another. */
  async #resubscribe(): Promise<void> {
    for (let attempt = 1; this.#connection.state === 'connected'; attempt++) {
      const request = this.#subscriptions.request();
      if (!request) return;
      try {
        await this.#ask(request, 'subscribe');
        return;
      } catch (thrown) {
        const error = asSupernobaError(thrown, ClientErrorCode.BadAnswer, 'subscribe');
        if (error.code === ClientErrorCode.Disconnected || error.code === ClientErrorCode.Closed) return;
        this.#emitter.emit('error', error);
        if (!error.retryable) return;
        if (attempt >= RESUBSCRIBE_TRIES)
          return this.#connection.restart(ConnectionCode.ResubscribeFailed, error.message);
        await new Promise((resolve) =>
          setTimeout(
            resolve,
            fullJitterMs(attempt, this.#settings.retry.baseMs, this.#settings.retry.maxMs, Math.random),
          ),
        );
      }
    }
  }

  #whenSubscribed(): Promise<void> {
    if (this.#connection.state === 'disconnected') {
      return Promise.reject(new SupernobaError(ClientErrorCode.NotConnected, 'call connect() first'));
    }
    return this.#whenConnected(this.#settings.requestTimeoutMs).then(() => this.#resubscribed);
  }

  #whenConnected(timeoutMs: number): Promise<void> {
    if (this.#connection.state === 'connected') return Promise.resolve();
    return new Promise((resolve, reject) => {
      let last = '';
      const timer = setTimeout(() => {
        undo();
        reject(
          new SupernobaError(ClientErrorCode.Timeout, `not connected within ${timeoutMs} ms${last}`, {
            retryable: true,
          }),
        );
      }, timeoutMs);
      const undo = this.#emitter.on('connection', (event) => {
        if (event.state === 'connecting') {
          last = `: ${event.reason}`;
          return;
        }
        clearTimeout(timer);
        undo();
        if (event.state === 'connected') resolve();
        else
          reject(
            new SupernobaError(
              event.code === ConnectionCode.GaveUp ? ClientErrorCode.Disconnected : ClientErrorCode.Closed,
              event.reason,
            ),
          );
      });
    });
  }

  #ask(request: RequestBody, what: string): Promise<RawEvent> {
    return this.#requests.request(
      (id) => this.#connection.send(encodeRequest({ ...request, id })),
      this.#settings.requestTimeoutMs,
      what,
    );
  }

  /** Whether the answer comes is seen by the connection: any frame is a sign of life. */
  #ping(): void {
    try {
      this.#connection.send(encodeRequest({ action: 'ping' }));
    } catch (thrown) {
      this.#emitter.emit('error', asSupernobaError(thrown, ClientErrorCode.Disconnected, 'ping'));
    }
  }

  #frame(data: unknown): void {
    let events: RawEvent[];
    try {
      events = decodeFrame(data);
    } catch (thrown) {
      return this.#emitter.emit('error', asSupernobaError(thrown, ClientErrorCode.BadAnswer, 'frame'));
    }
    for (const event of events) {
      try {
        this.#event(event);
      } catch (thrown) {
        this.#emitter.emit('error', asSupernobaError(thrown, ClientErrorCode.BadAnswer, 'frame'));
      }
    }
  }

  #event(event: RawEvent): void {
    switch (event['e']) {
      case 'ack':
      case 'pong':
        this.#requests.resolve(event['id'], event);
        return;
      case 'err': {
        const error = serverError(
          String(event['code']),
          typeof event['message'] === 'string' ? event['message'] : 'refused',
        );
        // Nobody asked, or nobody waits any more: it still concerns this client.
        if (!this.#requests.reject(event['id'], error)) this.#emitter.emit('error', error);
        return;
      }
      case 'serverShutdown':
        this.#connection.announceShutdown();
        this.#emitter.emit('serverShutdown', { in: typeof event['in'] === 'number' ? event['in'] : 0 });
        return;
      default:
        if (!dispatch(event, this.#emitter, this.#fresh)) this.#gatewayError(event);
    }
  }

  /** API Gateway's own words when a route behind it failed: they name no request. Other unknown events are ignored. */
  #gatewayError(event: RawEvent): void {
    if (typeof event['message'] !== 'string' || typeof event['connectionId'] !== 'string') return;
    this.#emitter.emit(
      'error',
      new SupernobaError('UNAVAILABLE', `the gateway says: ${event['message']}`, { retryable: true }),
    );
  }

  #tokenChanged(token: string | null): void {
    if (this.#connection.state !== 'connected' || token === this.#socketToken) return;
    const isSameUser =
      token !== null && this.#socketToken !== null && readClaims(token).sub === readClaims(this.#socketToken).sub;
    if (token === null || !isSameUser) {
      this.#connection.restart(
        ConnectionCode.IdentityChanged,
        token === null ? 'the user logged out' : 'another user logged in',
      );
      return;
    }
    this.#authorised = this.#ask({ action: 'auth', token }, 'auth').then(
      () => {
        this.#socketToken = token;
      },
      (thrown: unknown) => {
        this.#emitter.emit('error', asSupernobaError(thrown, ClientErrorCode.AuthFailed, 'auth'));
      },
    );
  }

  /** A socket that outlived its token is given a fresh one, and the order goes again, once. */
  async #askOrder(order: OrderRequest['order']): Promise<unknown> {
    const ask = async (): Promise<unknown> => (await this.#ask({ action: 'order', order }, 'order'))['order'];
    try {
      return await ask();
    } catch (thrown) {
      if (!(thrown instanceof SupernobaError) || thrown.code !== 'TOKEN_EXPIRED') throw thrown;
      await this.#session.ask({ forceRefresh: true });
      await this.#authorised;
      return ask();
    }
  }
}

function watched(event: RawEvent): Watched {
  const { main, sub } = event as Partial<AckFrame>;
  return { ...(main === undefined ? {} : { main }), ...(sub === undefined ? {} : { sub }) };
}

export type SupernobaClient = Client;

/** @throws SupernobaError `INVALID_ARGUMENT` naming the option that is wrong */
export function createClient(options: ClientOptions): SupernobaClient {
  return new Client(options);
}
