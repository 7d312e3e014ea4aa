import type { Audience, Connection } from './audience.js';
import { payloadOf, type ConnectionGateway, type Payload, type PostResult } from './gateway.js';

/** A message for a connection, and what to note down once it has arrived. */
export interface Message {
  text: string;
  commit(): void;
}

export interface PusherOptions {
  gateway: ConnectionGateway;
  audience: Audience;
  /** The newest message for a connection, made when it is sent; undefined where it has heard everything. */
  compose: (connection: Connection) => Message | undefined;
  maxInFlight: number;
  retryFirstMs: number;
  retryMaxMs: number;
  /** Monotonic clock, ms. */
  now: () => number;
  /** From 0 to below 1. */
  random: () => number;
  onResult: (result: PostResult, tookMs: number, bytes: number) => void;
}

/**
 * Sends connections their newest state. What waits is the connection, never a message: at most one message is on its
 * way to a connection, and the next one is made when its turn comes, so a slow reader skips states instead of queueing them.
 */
export class Pusher {
  readonly #options: PusherOptions;
  /** Connections with something to hear, until their loop comes round. */
  readonly #due = new Set<Connection>();
  /** Connections whose turn has come, in order. */
  readonly #ready = new Set<Connection>();
  readonly #payloads = new Map<string, Payload>();
  #inFlight = 0;
  #farewell: Payload | undefined;
  #onIdle: (() => void) | undefined;

  constructor(options: PusherOptions) {
    this.#options = options;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Connections that wait for their loop, a retry or a free place. */
  get waiting(): number {
    return this.#due.size + this.#ready.size;
  }

  /** A connection has something to hear. */
  markDue(connection: Connection): void {
    this.#due.add(connection);
  }

  /** Begins to send what is due: the fast loop to real-time and new connections, the slow one to all. */
  flush(loop: 'fast' | 'slow'): void {
    this.#payloads.clear();
    const nowMs = this.#options.now();
    for (const connection of this.#due) {
      if (connection.isGone) this.#due.delete(connection);
      else if (connection.isBusy || nowMs < connection.retryAtMs) continue;
      else if (loop === 'slow' || connection.isRealtime || connection.isFresh) {
        this.#due.delete(connection);
        this.#ready.add(connection);
      }
    }
    this.#pump();
  }

  /** Sends one last message to every connection, in place of everything else, and waits for the answers at most `timeoutMs`. */
  async farewell(text: string, timeoutMs: number): Promise<void> {
    this.#farewell = payloadOf(text);
    this.#due.clear();
    for (const connection of this.#options.audience.connections.values()) this.#ready.add(connection);
    let timer: NodeJS.Timeout | undefined;
    const isIdle = new Promise<void>((resolve) => {
      this.#onIdle = resolve;
      timer = setTimeout(resolve, timeoutMs);
    });
    this.#pump();
    await isIdle;
    clearTimeout(timer);
    this.#ready.clear();
  }

  #pump(): void {
    for (const connection of this.#ready) {
      if (this.#inFlight >= this.#options.maxInFlight) return;
      if (connection.isBusy) continue;
      this.#ready.delete(connection);
      if (!connection.isGone) this.#send(connection);
    }
    if (this.#inFlight === 0 && this.#ready.size === 0) this.#onIdle?.();
  }

  #send(connection: Connection): void {
    const message = this.#farewell ? undefined : this.#options.compose(connection);
    const payload = this.#farewell ?? (message && this.#payloadOf(message.text));
    const wasFresh = connection.isFresh;
    connection.isFresh = false;
    if (!payload) return;
    connection.isBusy = true;
    this.#inFlight += 1;
    const startedMs = this.#options.now();
    void this.#options.gateway.post(connection.id, payload).then((result) => {
      const nowMs = this.#options.now();
      connection.isBusy = false;
      this.#inFlight -= 1;
      this.#settle(connection, message, result, nowMs, wasFresh);
      this.#options.onResult(result, nowMs - startedMs, payload.body.length);
      this.#pump();
    });
  }

  #settle(
    connection: Connection,
    message: Message | undefined,
    result: PostResult,
    nowMs: number,
    wasFresh: boolean,
  ): void {
    if (result.outcome === 'sent') {
      message?.commit();
      connection.failures = 0;
      return;
    }
    if (result.outcome === 'gone') {
      this.#options.audience.drop(connection, nowMs);
      return;
    }
    const { retryFirstMs, retryMaxMs, random } = this.#options;
    const pauseMs = Math.min(retryFirstMs * 2 ** Math.min(connection.failures, 20), retryMaxMs);
    connection.failures += 1;
    connection.isFresh ||= wasFresh;
    connection.retryAtMs = nowMs + pauseMs * (0.5 + random() / 2);
    if (!this.#farewell) this.#due.add(connection);
  }

  /** Connections in the same state get the same message: its bytes and digest are made once a tick. */
  #payloadOf(text: string): Payload {
    let payload = this.#payloads.get(text);
    if (!payload) {
      payload = payloadOf(text);
      this.#payloads.set(text, payload);
    }
    return payload;
  }
}
