import { fullJitterMs } from './backoff.js';
import { asSupernobaError, ClientErrorCode, SupernobaError } from './errors.js';
import type { RetryPolicy } from './options.js';
import type { WebSocketConstructor, WebSocketLike } from './websocket.js';

export type ConnectionState = 'disconnected' | 'connecting' | 'connected';

/** Why the connection changed, or why a try failed. */
export const ConnectionCode = {
  /** `connect()` was called. */
  ConnectCalled: 'CONNECT_CALLED',
  /** The socket is open. */
  Opened: 'OPENED',
  /** `close()` was called. */
  CloseCalled: 'CLOSE_CALLED',
  /** A try to open a socket failed; the next one follows in `retryInMs`. */
  OpenFailed: 'OPEN_FAILED',
  /** A try did not open within `connectTimeoutMs`. */
  OpenTimeout: 'OPEN_TIMEOUT',
  /** The token source failed; it is asked again in `retryInMs`. */
  AuthFailed: 'AUTH_FAILED',
  /** The open socket was closed by the other side or by the network; `closeCode` says how. */
  Lost: 'LOST',
  /** As `LOST`, announced by the server beforehand or with close code 1001. */
  ServerShutdown: 'SERVER_SHUTDOWN',
  /** A ping was answered with nothing for `pongTimeoutMs`. */
  NoPong: 'NO_PONG',
  /** Another user logged in or the user logged out: the connection is made anew. */
  IdentityChanged: 'IDENTITY_CHANGED',
  /** The subscription could not be restored: the connection is made anew. */
  ResubscribeFailed: 'RESUBSCRIBE_FAILED',
  /** `reconnect.attempts` tries in a row failed, or the first try can never succeed. */
  GaveUp: 'GAVE_UP',
} as const;
export type ConnectionCode = (typeof ConnectionCode)[keyof typeof ConnectionCode];

export interface ConnectionEvent {
  state: ConnectionState;
  previous: ConnectionState;
  code: ConnectionCode;
  /** For people. */
  reason: string;
  /** Failed tries in a row. */
  attempt: number;
  /** When the next try begins, ms. */
  retryInMs?: number;
  /** Close code of the WebSocket (RFC 6455), where one was closed. */
  closeCode?: number;
}

export interface ConnectionPorts {
  webSocket(): Promise<WebSocketConstructor>;
  /** Address with its query, asked for at every try. */
  address(): Promise<string>;
  changed(event: ConnectionEvent): void;
  frame(data: unknown): void;
  /** Asks the server for a sign of life. */
  ping(): void;
  random(): number;
}

export interface ConnectionSettings {
  readonly connectTimeoutMs: number;
  readonly pingIntervalMs: number;
  readonly pongTimeoutMs: number;
  readonly reconnect: RetryPolicy;
}

/** A socket that lived this long was no failed try. */
const STABLE_MS = 5_000;
const OPEN = 1;
const GOING_AWAY = 1001;
const ABNORMAL_CLOSURE = 1006;
const CLOSE_AFTER_ERROR_MS = 50;

/** The life of one WebSocket after another: three states, and a code and a reason for every step between them. */
export class Connection {
  readonly #ports: ConnectionPorts;
  readonly #settings: ConnectionSettings;
  #state: ConnectionState = 'disconnected';
  #socket: WebSocketLike | undefined;
  /** Counts tries: what belongs to an earlier one is ignored. */
  #generation = 0;
  #attempt = 0;
  #openedAt = 0;
  #heardAt = 0;
  #shutdownAnnounced = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(ports: ConnectionPorts, settings: ConnectionSettings) {
    this.#ports = ports;
    this.#settings = settings;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  open(): void {
    if (this.#state !== 'disconnected') return;
    this.#attempt = 0;
    // Every step is taken before it is told: a listener may call open or close itself.
    void this.#try();
    this.#become('connecting', ConnectionCode.ConnectCalled, 'connect() was called');
  }

  close(): void {
    if (this.#state === 'disconnected') return;
    this.#abandon();
    this.#become('disconnected', ConnectionCode.CloseCalled, 'close() was called');
  }

  /** Gives up the socket and makes another at once. */
  restart(code: ConnectionCode, reason: string): void {
    if (this.#state === 'disconnected') return;
    this.#abandon();
    this.#retry(code, reason);
  }

  /** The server said that it ends: the close that follows is no surprise. */
  announceShutdown(): void {
    this.#shutdownAnnounced = true;
  }

  /** @throws SupernobaError `NOT_CONNECTED` */
  send(text: string): void {
    if (this.#state === 'disconnected') {
      throw new SupernobaError(ClientErrorCode.NotConnected, 'call connect() first');
    }
    if (this.#state === 'connecting' || this.#socket?.readyState !== OPEN) {
      throw new SupernobaError(ClientErrorCode.NotConnected, 'the WebSocket is not open', { retryable: true });
    }
    this.#socket.send(text);
  }

  async #try(): Promise<void> {
    clearTimeout(this.#timer);
    const generation = ++this.#generation;
    const isMine = (): boolean => generation === this.#generation;
    this.#timer = setTimeout(() => {
      this.#abandon();
      this.#retry(ConnectionCode.OpenTimeout, `the socket did not open within ${this.#settings.connectTimeoutMs} ms`);
    }, this.#settings.connectTimeoutMs);
    try {
      const WebSocket = await this.#ports.webSocket();
      const address = await this.#ports.address();
      if (isMine()) this.#listen(new WebSocket(address), isMine);
    } catch (thrown) {
      if (!isMine()) return;
      this.#abandon();
      const error = asSupernobaError(thrown, ClientErrorCode.Network, 'the socket could not be made');
      const isAuth = error.code === ClientErrorCode.AuthFailed;
      if (!isAuth || error.retryable)
        this.#retry(isAuth ? ConnectionCode.AuthFailed : ConnectionCode.OpenFailed, error.message, undefined, error);
      else this.#giveUp(error.message);
    }
  }

  #listen(socket: WebSocketLike, isMine: () => boolean): void {
    this.#socket = socket;
    let failure = '';
    socket.onopen = (): void => {
      if (isMine()) this.#opened();
    };
    socket.onmessage = (event: { data: unknown }): void => {
      if (!isMine()) return;
      this.#heardAt = performance.now();
      this.#ports.frame(event.data);
    };
    // Node's implementations say here what browsers keep to themselves.
    socket.onerror = (event: { message?: unknown }): void => {
      if (typeof event.message === 'string') failure = event.message;
      if (isMine()) this.#closesSoon(() => failure);
    };
    socket.onclose = (event: { code: number; reason?: string }): void => {
      if (isMine()) this.#closed(event.code, event.reason ?? '', failure);
    };
  }

  #opened(): void {
    clearTimeout(this.#timer);
    this.#openedAt = this.#heardAt = performance.now();
    this.#shutdownAnnounced = false;
    this.#watchLife(this.#settings.pingIntervalMs);
    this.#become('connected', ConnectionCode.Opened, 'the socket is open');
  }

  /** A close follows an error, says the standard; that of Node 22 leaves it out when a socket does not open. */
  #closesSoon(failure: () => string): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#closed(ABNORMAL_CLOSURE, '', failure()), CLOSE_AFTER_ERROR_MS);
  }

  #closed(closeCode: number, reason: string, failure: string): void {
    const wasOpen = this.#state === 'connected';
    this.#abandon();
    const text = [`close code ${closeCode}`, reason, failure].filter(Boolean).join(', ');
    if (!wasOpen) return this.#retry(ConnectionCode.OpenFailed, `the socket did not open: ${text}`, closeCode);
    const code =
      this.#shutdownAnnounced || closeCode === GOING_AWAY ? ConnectionCode.ServerShutdown : ConnectionCode.Lost;
    this.#retry(code, `the socket was closed: ${text}`, closeCode);
  }

  /** Pings after silence, and takes silence after a ping for death: a half-open socket reports nothing by itself. */
  #watchLife(inMs: number): void {
    this.#timer = setTimeout(() => {
      const silentMs = performance.now() - this.#heardAt;
      if (silentMs < this.#settings.pingIntervalMs) return this.#watchLife(this.#settings.pingIntervalMs - silentMs);
      const askedAt = performance.now();
      this.#ports.ping();
      this.#timer = setTimeout(() => {
        if (this.#heardAt >= askedAt) return this.#watchLife(this.#settings.pingIntervalMs);
        // A closing handshake with a dead peer would wait for it.
        this.#socket?.terminate?.();
        this.restart(ConnectionCode.NoPong, `no answer to a ping within ${this.#settings.pongTimeoutMs} ms`);
      }, this.#settings.pongTimeoutMs);
    }, inMs);
  }

  #retry(code: ConnectionCode, reason: string, closeCode?: number, cause?: SupernobaError): void {
    if (this.#state === 'connected' && performance.now() - this.#openedAt >= STABLE_MS) this.#attempt = 0;
    const { attempts, baseMs, maxMs } = this.#settings.reconnect;
    if (cause?.code === ClientErrorCode.NoWebSocket) return this.#giveUp(reason);
    if (++this.#attempt > attempts) return this.#giveUp(`${attempts} tries failed, the last: ${reason}`, closeCode);
    const retryInMs = fullJitterMs(this.#attempt - 1, baseMs, maxMs, () => this.#ports.random());
    this.#timer = setTimeout(() => void this.#try(), retryInMs);
    this.#become('connecting', code, reason, { retryInMs, ...(closeCode === undefined ? {} : { closeCode }) });
  }

  #giveUp(reason: string, closeCode?: number): void {
    this.#become('disconnected', ConnectionCode.GaveUp, reason, closeCode === undefined ? {} : { closeCode });
  }

  /** Forgets the socket of the moment: whatever it still does is ignored. */
  #abandon(): void {
    clearTimeout(this.#timer);
    this.#generation++;
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close(1000);
  }

  #become(
    state: ConnectionState,
    code: ConnectionCode,
    reason: string,
    more: { retryInMs?: number; closeCode?: number } = {},
  ): void {
    const previous = this.#state;
    this.#state = state;
    this.#ports.changed({ state, previous, code, reason, attempt: this.#attempt, ...more });
  }
}
