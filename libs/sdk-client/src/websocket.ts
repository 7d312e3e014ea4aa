import { ClientErrorCode, SupernobaError } from './errors.js';

/** The part of a WebSocket this client uses; the browser's, Node's and that of the package `ws` all have it. */
export interface WebSocketLike {
  readonly readyState: number;
  send(data: string): void;
  close(code?: number, reason?: string): void;
  /** Only the package `ws` has it. */
  terminate?(): void;
  /** Its listeners, of the kinds the standard names; every implementation types them its own way. */
  onopen: unknown;
  onmessage: unknown;
  onerror: unknown;
  onclose: unknown;
}

export type WebSocketConstructor = new (url: string) => WebSocketLike;

/**
 * The given WebSocket class, else the runtime's own (browsers, Node 22 and newer), else the package `ws` where it is
 * installed (Node 20).
 *
 * @throws SupernobaError `NO_WEBSOCKET`
 */
export async function findWebSocket(given: WebSocketConstructor | undefined): Promise<WebSocketConstructor> {
  if (given) return given;
  const own = (globalThis as { WebSocket?: WebSocketConstructor }).WebSocket;
  if (own) return own;
  // A name in a variable: a bundler for the browser must not look for the package, and never needs it.
  const name = 'ws';
  try {
    const loaded = (await import(/* webpackIgnore: true */ /* @vite-ignore */ name)) as {
      WebSocket: WebSocketConstructor;
    };
    return loaded.WebSocket;
  } catch (cause) {
    const message = "this runtime has no WebSocket: install the package 'ws', or pass a class as the option `ws`";
    throw new SupernobaError(ClientErrorCode.NoWebSocket, message, { cause });
  }
}
