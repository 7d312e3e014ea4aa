import type { Duplex } from 'node:stream';
import { WebSocket, type RawData } from 'ws';
import { FrameScanner } from './frame-scanner.js';
import type { Limits } from './settings.js';
import type { CloseFacts, ConnectionFacts } from './websocket-event.js';

export interface Message {
  data: Buffer;
  isBinary: boolean;
}

export interface ConnectionEvents {
  /** Handles one message; never rejects. Called in the order of arrival, several at a time within the bound. */
  onMessage(connection: Connection, message: Message): Promise<void>;
  /** The socket is closed and no message is under way any more; called once. */
  onEnd(connection: Connection, close: CloseFacts): void;
}

/** WebSocket close codes the gateway uses. */
export const CloseCode = { Normal: 1000, GoingAway: 1001, PolicyViolation: 1008, TooLarge: 1009 } as const;

/**
 * What one read of the socket can hold at the smallest frame size, about. Reading pauses when a connection's Lambdas
 * are at their bound, so more than this never waits.
 */
const MAX_WAITING = 16_384;

const TEXT = { binary: false } as const;

/** An accepted WebSocket: messages in, in order and bounded; frames out, bounded too. */
export class Connection implements ConnectionFacts {
  /** Epoch ms of the last message in either direction. */
  lastActiveAt = Date.now();
  readonly id: string;
  readonly connectedAt: number;
  readonly sourceIp: string;
  readonly userAgent: string;
  readonly domainName: string;
  readonly stage: string;
  readonly #socket: WebSocket;
  readonly #limits: Limits;
  readonly #events: ConnectionEvents;
  readonly #waiting: Message[] = [];
  #inFlight = 0;
  #received = 0;
  /** Messages from this one on are dropped: 0 once the gateway has decided to close. */
  #refuseFrom = Infinity;
  #close: CloseFacts | undefined;
  #ended = false;

  constructor(facts: ConnectionFacts, socket: WebSocket, transport: Duplex, limits: Limits, events: ConnectionEvents) {
    this.id = facts.id;
    this.connectedAt = facts.connectedAt;
    this.sourceIp = facts.sourceIp;
    this.userAgent = facts.userAgent;
    this.domainName = facts.domainName;
    this.stage = facts.stage;
    this.#socket = socket;
    this.#limits = limits;
    this.#events = events;
    this.#watchFrames(transport);
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    socket.on('close', (code, reason) => this.#closed({ code, reason: reason.toString() }));
    // A broken stream (a frame over the bound, an unmasked one): `ws` closes with the right code, `close` follows.
    socket.on('error', () => (this.#refuseFrom = 0));
  }

  get open(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /** Sends one text frame; false where the connection is closed, or is closed now because its reader is too slow. */
  send(text: Buffer | string): boolean {
    if (!this.open) return false;
    if (this.#socket.bufferedAmount + text.length > this.#limits.maxBufferedBytes) {
      this.close(CloseCode.PolicyViolation, 'Too slow a reader');
      return false;
    }
    this.lastActiveAt = Date.now();
    this.#socket.send(text, TEXT);
    return true;
  }

  /** Begins the closing handshake; a peer that does not take part is cut off by the server's close timeout. */
  close(code: number, reason: string): void {
    this.#closeAfter(0, code, reason);
  }

  terminate(): void {
    this.#refuseFrom = 0;
    this.#socket.terminate();
  }

  #closeAfter(messages: number, code: number, reason: string): void {
    this.#refuseFrom = Math.min(this.#refuseFrom, messages);
    this.#socket.close(code, reason);
    // Paused, it would never see the client's side of the handshake.
    this.#socket.resume();
  }

  #watchFrames(transport: Duplex): void {
    const scanner = new FrameScanner(this.#limits.frameBytes);
    const scan = (chunk: Buffer) => {
      if (!scanner.exceeds(chunk)) return;
      transport.off('data', scan);
      this.#closeAfter(scanner.messages, CloseCode.TooLarge, 'Frame too large');
    };
    // Before `ws` sees the bytes, so that the message inside such a frame is dropped, but none before it.
    transport.prependListener('data', scan);
  }

  #receive(data: RawData, isBinary: boolean): void {
    if (this.#received++ >= this.#refuseFrom) return;
    this.lastActiveAt = Date.now();
    if (this.#waiting.length >= MAX_WAITING) return this.close(CloseCode.PolicyViolation, 'Too many messages');
    this.#waiting.push({ data: data as Buffer, isBinary });
    this.#pump();
    if (this.#waiting.length > 0) this.#socket.pause();
  }

  #pump(): void {
    while (this.#inFlight < this.#limits.inFlightPerConnection) {
      const message = this.#waiting.shift();
      if (message === undefined) break;
      this.#inFlight++;
      void this.#events.onMessage(this, message).finally(() => {
        this.#inFlight--;
        this.#pump();
      });
    }
    if (this.#waiting.length > 0) return;
    if (this.#socket.isPaused) this.#socket.resume();
    this.#endWhenIdle();
  }

  #closed(close: CloseFacts): void {
    this.#close = close;
    this.#endWhenIdle();
  }

  #endWhenIdle(): void {
    if (this.#close === undefined || this.#ended || this.#inFlight > 0 || this.#waiting.length > 0) return;
    this.#ended = true;
    this.#events.onEnd(this, this.#close);
  }
}
