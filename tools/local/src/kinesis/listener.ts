import { createServer as createHttp1 } from 'node:http';
import { createServer as createHttp2, type ServerHttp2Session } from 'node:http2';
import { createServer as createTcp, type AddressInfo, type Socket } from 'node:net';

/** A request over either protocol, as far as the server looks at it. */
export interface HttpRequest extends AsyncIterable<Buffer> {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  /** False once the client went away before all of the request was here. */
  readonly complete: boolean;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface HttpAnswer {
  statusCode: number;
  setHeader(name: string, value: string | number): unknown;
  write(bytes: Buffer): boolean;
  end(): unknown;
  end(bytes: Buffer): unknown;
  on(event: 'drain' | 'close', listener: () => void): unknown;
}

/** @param hangUp closes the whole connection without an answer, as a network would */
export type HttpHandler = (request: HttpRequest, answer: HttpAnswer, hangUp: () => void) => void;

interface Listener {
  readonly host: string;
  readonly port: number;
  /** Takes no new connections, lets requests end for `graceMs`, then cuts what is left. */
  close(graceMs: number): Promise<void>;
}

const HTTP2_PREFACE = Buffer.from('PRI * HTTP/2', 'latin1');
/** A connection that says nothing is closed after this. */
const FIRST_BYTES_MS = 10_000;
/** Longer than clients keep idle connections, so that they never send into one that is just closing. */
const KEEP_ALIVE_MS = 75_000;
const MAX_CONNECTIONS = 1024;
/** HTTP/2 flow control: bodies of several MiB arrive without waiting for window updates. */
const WINDOW_BYTES = 1024 * 1024;
/** Megabytes an HTTP/2 session may hold: several answers of 10 MiB in base64. */
const SESSION_MEGABYTES = 256;

/** One port for HTTP/1.1 and HTTP/2 without TLS: the first bytes of a connection decide. */
export async function listen(host: string, port: number, handler: HttpHandler): Promise<Listener> {
  const sockets = new Set<Socket>();
  const sessions = new Set<ServerHttp2Session>();
  /** HTTP/1.1 connections with a request under way, and those that speak HTTP/2. */
  const busy = new Set<Socket>();
  const http1 = createHttp1({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, answer) => {
    const { socket } = request;
    busy.add(socket);
    answer.on('close', () => {
      busy.delete(socket);
      if (closing) socket.destroySoon();
    });
    handler(request, answer, () => socket.destroy());
  });
  const http2 = createHttp2(
    { settings: { initialWindowSize: WINDOW_BYTES }, maxSessionMemory: SESSION_MEGABYTES },
    (request, answer) => handler(request, answer, () => request.stream.session?.destroy()),
  );
  http2.on('session', (session) => {
    session.setLocalWindowSize(WINDOW_BYTES);
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
  });
  let closing = false;
  const tcp = createTcp((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('close', () => {
      sockets.delete(socket);
      busy.delete(socket);
    });
    // A peer that vanishes is an ordinary end here: requests on the socket see it as closed.
    socket.on('error', () => socket.destroy());
    socket.setTimeout(FIRST_BYTES_MS, () => socket.destroy());
    peek(socket, (protocol) => {
      socket.setTimeout(0);
      socket.removeAllListeners('timeout');
      if (protocol === 'http2') busy.add(socket);
      (protocol === 'http2' ? http2 : http1).emit('connection', socket);
    });
  });
  tcp.maxConnections = MAX_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    tcp.once('error', reject);
    tcp.listen(port, host, () => {
      tcp.off('error', reject);
      resolve();
    });
  });
  return {
    host,
    port: (tcp.address() as AddressInfo).port,
    close: async (graceMs) => {
      closing = true;
      const closed = new Promise<void>((resolve) => tcp.close(() => resolve()));
      for (const session of sessions) session.close();
      for (const socket of sockets) if (!busy.has(socket)) socket.destroy();
      const cut = setTimeout(() => {
        for (const session of sessions) session.destroy();
        for (const socket of sockets) socket.destroy();
      }, graceMs);
      await closed;
      clearTimeout(cut);
    },
  };
}

/** Looks at the first bytes and puts them back. */
function peek(socket: Socket, decided: (protocol: 'http1' | 'http2') => void): void {
  let seen = Buffer.alloc(0);
  const onData = (chunk: Buffer): void => {
    seen = Buffer.concat([seen, chunk]);
    const compared = Math.min(seen.length, HTTP2_PREFACE.length);
    const mayBeHttp2 = seen.subarray(0, compared).equals(HTTP2_PREFACE.subarray(0, compared));
    if (mayBeHttp2 && seen.length < HTTP2_PREFACE.length) return;
    socket.off('data', onData);
    socket.pause();
    socket.unshift(seen);
    decided(mayBeHttp2 ? 'http2' : 'http1');
    process.nextTick(() => socket.resume());
  };
  socket.on('data', onData);
}
