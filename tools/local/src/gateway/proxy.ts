import { Agent, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { endToEndHeaders, forwardedHeaders, type Target } from './request.js';
import type { Refusal } from './errors.js';
import type { ProxySettings } from './settings.js';

const MAX_SOCKETS = 64;
const TIMEOUT_MS = 30_000;

const NO_UPSTREAM: Refusal = {
  status: 503,
  code: 'UNAVAILABLE',
  message: 'The service behind this address does not answer.',
};
const SLOW_UPSTREAM: Refusal = {
  status: 504,
  code: 'GATEWAY_TIMEOUT',
  message: 'The service behind this address took too long.',
};

class TooSlow extends Error {}

/** Hands requests below a prefix on to another server, path and all, bodies streamed. */
export class Proxy {
  readonly #prefix: string;
  readonly #target: URL;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: MAX_SOCKETS });

  constructor({ prefix, target }: ProxySettings) {
    this.#prefix = prefix;
    this.#target = new URL(target);
  }

  matches(path: string): boolean {
    return path === this.#prefix || path.startsWith(`${this.#prefix}/`);
  }

  /**
   * Resolves when answered; to a refusal where the other server gave no answer.
   *
   * @throws when either side leaves in the middle of the answer
   */
  async forward(target: Target, request: IncomingMessage, response: ServerResponse): Promise<Refusal | undefined> {
    let upstream: IncomingMessage;
    try {
      upstream = await this.#ask(target, request, response);
    } catch (error) {
      return error instanceof TooSlow ? SLOW_UPSTREAM : NO_UPSTREAM;
    }
    response.writeHead(upstream.statusCode ?? 502, endToEndHeaders(upstream.rawHeaders).flat());
    await pipeline(upstream, response);
    return undefined;
  }

  close(): void {
    this.#agent.destroy();
  }

  #ask({ path, query }: Target, request: IncomingMessage, response: ServerResponse): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const outgoing = httpRequest(this.#target, {
        method: request.method,
        path: query === '' ? path : `${path}?${query}`,
        headers: forwardedHeaders(request).flat(),
        agent: this.#agent,
        timeout: TIMEOUT_MS,
      });
      outgoing.on('timeout', () => outgoing.destroy(new TooSlow()));
      outgoing.on('response', resolve);
      outgoing.on('error', reject);
      // A client that leaves needs no answer.
      response.on('close', () => outgoing.destroy());
      pipeline(request, outgoing).catch(reject);
    });
  }
}
