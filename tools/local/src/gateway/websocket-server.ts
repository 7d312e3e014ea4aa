import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type ServerOptions, type WebSocket } from 'ws';
import { CloseCode, Connection, type Message } from './connection.js';
import { BAD_ADDRESS, CLOSING, NOT_FOUND, refusalBody, refusalOf, TOO_MANY_REQUESTS, type Refusal } from './errors.js';
import { findLambda, type Invoker } from './invoker.js';
import type { GatewayLog } from './log.js';
import { settleWithin } from './pause.js';
import { Rate } from './rate.js';
import { describeRequest, gatewayId, parseTarget } from './request.js';
import type { GatewaySettings, Limits, WebSocketSettings } from './settings.js';
import { TaskQueue } from './task-queue.js';
import {
  connectEvent,
  disconnectEvent,
  messageEvent,
  type CloseFacts,
  type ConnectionFacts,
} from './websocket-event.js';
import { answerFrame, failureFrame, refusalOfConnect, selectRoute, subprotocolOf } from './websocket-routes.js';

export interface WebSocketPorts {
  lambdas: Readonly<Record<string, Invoker>>;
  requests: Rate;
  log: GatewayLog;
}

/** A client that takes no part in the closing handshake is cut off after this. */
const CLOSE_TIMEOUT_MS = 1_000;
/** `$disconnect` invocations at a time: a mass departure does not crowd out the living. */
const DISCONNECTS_AT_ONCE = 32;
/** Idle and old connections are looked for at least this often. */
const MAX_SWEEP_MS = 1_000;

/** A handshake that `$connect` let through. */
interface Admitted {
  facts: ConnectionFacts;
  subprotocol: string | undefined;
  opened: boolean;
}

type HandshakeAnswer = (accepted: boolean, status?: number, body?: string, headers?: Record<string, string>) => void;

/** The WebSocket side: handshakes through `$connect`, messages to their routes, `$disconnect` once a connection. */
export class WebSocketGateway {
  readonly #settings: WebSocketSettings;
  readonly #stage: string;
  readonly #limits: Limits;
  readonly #ports: WebSocketPorts;
  readonly #routes: ReadonlyMap<string, Invoker>;
  readonly #server: WebSocketServer;
  readonly #connections = new Map<string, Connection>();
  readonly #admitted = new WeakMap<IncomingMessage, Admitted>();
  readonly #newConnections: Rate;
  readonly #disconnects = new TaskQueue(DISCONNECTS_AT_ONCE);
  readonly #sweep: NodeJS.Timeout;
  /** Handshakes under way. */
  #connecting = 0;
  /** Set by `close`; called when no handshake and no connection is left. */
  #onEmpty: (() => void) | undefined;

  /** @throws GatewayError `BAD_SETTINGS` when a route names an unknown Lambda */
  constructor(settings: WebSocketSettings, { stage, limits }: GatewaySettings, ports: WebSocketPorts) {
    this.#settings = settings;
    this.#stage = stage;
    this.#limits = limits;
    this.#ports = ports;
    const routes = Object.entries(settings.routes);
    this.#routes = new Map(
      routes.map(([key, name]) => [key, findLambda(ports.lambdas, name, `WebSocket route ${key}`)]),
    );
    this.#newConnections = new Rate(limits.connectionsPerSecond);
    const options: ServerOptions & { closeTimeout: number } = {
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: limits.messageBytes,
      closeTimeout: CLOSE_TIMEOUT_MS,
      verifyClient: ({ req }: { req: IncomingMessage }, answer: HandshakeAnswer) => void this.#handshake(req, answer),
      // As API Gateway: the subprotocol is what `$connect` answers, none otherwise.
      handleProtocols: (_offered, request) => this.#admitted.get(request)?.subprotocol ?? false,
    };
    this.#server = new WebSocketServer(options);
    const { idleMs = Infinity, lifeMs = Infinity } = limits;
    const sweepMs = Math.min(MAX_SWEEP_MS, Math.ceil(Math.min(idleMs, lifeMs) / 4));
    this.#sweep = setInterval(() => this.#closeOld(idleMs, lifeMs), sweepMs);
  }

  /** Connections whose `$disconnect` is still to come. */
  get size(): number {
    return this.#connections.size;
  }

  find(id: string): Connection | undefined {
    return this.#connections.get(id);
  }

  /** Takes an upgrade request of the public server. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(request, socket, head, (webSocket) => this.#open(request, socket, webSocket));
  }

  /** Closes every connection with 1001 and delivers `$disconnect`; what takes longer than `withinMs` is cut off. */
  async close(withinMs: number): Promise<void> {
    clearInterval(this.#sweep);
    this.#server.close();
    const empty = new Promise<void>((resolve) => (this.#onEmpty = resolve));
    for (const connection of this.#connections.values()) connection.close(CloseCode.GoingAway, 'Going away');
    const cutOff = setTimeout(() => this.#terminateAll(), withinMs / 3);
    this.#checkEmpty();
    await settleWithin(
      withinMs,
      empty.then(() => this.#disconnects.idle()),
    );
    clearTimeout(cutOff);
    this.#terminateAll();
  }

  async #handshake(request: IncomingMessage, answer: HandshakeAnswer): Promise<void> {
    const refusal = await this.#admit(request);
    if (refusal !== undefined) {
      const headers = { ...refusal.headers, 'content-type': 'application/json' };
      return answer(false, refusal.status, refusalBody(refusal), headers);
    }
    answer(true);
    const admitted = this.#admitted.get(request);
    if (admitted !== undefined && !admitted.opened) {
      // The client left, or the gateway began to close, while `$connect` ran.
      this.#sayDisconnect(admitted.facts, { code: 1006, reason: '' });
    }
    this.#checkEmpty();
  }

  /** Runs `$connect`; undefined, with the request noted as admitted, when it agrees. Never rejects. */
  async #admit(request: IncomingMessage): Promise<Refusal | undefined> {
    const target = parseTarget(request.url ?? '');
    if (target === undefined) return BAD_ADDRESS;
    if (target.path !== this.#settings.path) return NOT_FOUND;
    if (this.#onEmpty !== undefined) return CLOSING;
    const full = this.#connections.size + this.#connecting >= this.#limits.maxConnections;
    if (full || !this.#newConnections.take()) return TOO_MANY_REQUESTS;
    const described = describeRequest(request, target, Buffer.alloc(0));
    const { sourceIp, userAgent, domainName, receivedAt } = described;
    const facts = { id: gatewayId(), connectedAt: receivedAt, sourceIp, userAgent, domainName, stage: this.#stage };
    this.#connecting++;
    try {
      const lambda = this.#routes.get('$connect');
      const result = lambda === undefined ? { statusCode: 200 } : await lambda.invoke(connectEvent(facts, described));
      const refusal = refusalOfConnect(result);
      if (refusal === undefined) {
        this.#admitted.set(request, { facts, subprotocol: subprotocolOf(result), opened: false });
      }
      return refusal;
    } catch (error) {
      this.#ports.log.warn({ err: error, connectionId: facts.id }, '$connect gave no answer');
      return refusalOf(error);
    } finally {
      this.#connecting--;
    }
  }

  #open(request: IncomingMessage, transport: Duplex, webSocket: WebSocket): void {
    const admitted = this.#admitted.get(request);
    if (admitted === undefined) throw new Error('a WebSocket was opened without its handshake');
    admitted.opened = true;
    const connection = new Connection(admitted.facts, webSocket, transport, this.#limits, {
      onMessage: (from, message) => this.#handle(from, message),
      onEnd: (ended, close) => {
        this.#connections.delete(ended.id);
        this.#sayDisconnect(ended, close);
        this.#checkEmpty();
      },
    });
    this.#connections.set(connection.id, connection);
  }

  async #handle(connection: Connection, message: Message): Promise<void> {
    const routeKey = selectRoute(message, (key) => this.#routes.has(key));
    const event = messageEvent(connection, routeKey, message.data, message.isBinary);
    const { requestId } = event.requestContext;
    const lambda = this.#routes.get(routeKey);
    const refusal = lambda === undefined ? 'Forbidden' : this.#ports.requests.take() ? undefined : 'Too Many Requests';
    if (lambda === undefined || refusal !== undefined) {
      connection.send(failureFrame(refusal ?? '', connection.id, requestId));
      return;
    }
    try {
      const frame = answerFrame(await lambda.invoke(event));
      if (frame !== undefined) connection.send(frame);
    } catch (error) {
      this.#ports.log.warn({ err: error, connectionId: connection.id, routeKey }, 'a message got no answer');
      connection.send(failureFrame('Internal server error', connection.id, requestId));
    }
  }

  #sayDisconnect(facts: ConnectionFacts, close: CloseFacts): void {
    const lambda = this.#routes.get('$disconnect');
    if (lambda === undefined) return;
    this.#disconnects.add(async () => {
      try {
        await lambda.invoke(disconnectEvent(facts, close));
      } catch (error) {
        // As in API Gateway, `$disconnect` is tried once.
        this.#ports.log.warn({ err: error, connectionId: facts.id }, '$disconnect failed');
      }
    });
  }

  #closeOld(idleMs: number, lifeMs: number): void {
    const now = Date.now();
    for (const connection of this.#connections.values()) {
      if (now - connection.lastActiveAt < idleMs && now - connection.connectedAt < lifeMs) continue;
      connection.close(CloseCode.GoingAway, 'Going away');
    }
  }

  #terminateAll(): void {
    for (const connection of this.#connections.values()) connection.terminate();
  }

  #checkEmpty(): void {
    if (this.#connections.size === 0 && this.#connecting === 0) this.#onEmpty?.();
  }
}
