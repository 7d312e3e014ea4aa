import { RequestSigner, sha256Hex } from '@supernoba/runtime';
import { Pool, type Dispatcher } from 'undici';
import type { CredentialCache } from './credentials.js';

/** A message for one or many connections, its digest computed once. */
export interface Payload {
  body: Buffer;
  bodySha256: string;
}

export function payloadOf(text: string): Payload {
  const body = Buffer.from(text);
  return { body, bodySha256: sha256Hex(body) };
}

/**
 * What became of a message. `gone`: the connection no longer exists. `throttled`: the gateway's quota is used up.
 * `refused`: the gateway answered something else, `unreachable`: it did not answer, `unsigned`: there are no credentials.
 */
export type PostResult =
  | { outcome: 'sent' }
  | { outcome: 'gone' }
  | { outcome: 'throttled'; statusCode: number }
  | { outcome: 'refused'; statusCode: number }
  | { outcome: 'unreachable'; error: Error }
  | { outcome: 'unsigned' };

/** Where messages for connections go. */
export interface ConnectionGateway {
  /** Never rejects. */
  post(connectionId: string, payload: Payload): Promise<PostResult>;
  close(): Promise<void>;
}

export interface ApiGatewayOptions {
  /** Base address of the connections API: `https://id.execute-api.region.amazonaws.com/stage`. */
  endpoint: URL;
  region: string;
  credentials: CredentialCache;
  /** Most requests at a time, each on a connection of its own that is kept alive. */
  maxConnections: number;
  /** Longest wait for an answer, in ms. */
  timeoutMs: number;
}

const CONTENT_TYPE = 'application/octet-stream';

/** `POST /@connections/{id}` of an API Gateway WebSocket API, signed here over a keep-alive pool. */
export function createApiGateway(options: ApiGatewayOptions): ConnectionGateway {
  const { endpoint, region, credentials, maxConnections, timeoutMs } = options;
  const pool = new Pool(endpoint.origin, {
    connections: maxConnections,
    pipelining: 1,
    connect: { timeout: timeoutMs },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    keepAliveTimeout: 30_000,
  });
  const signer = new RequestSigner({ region, service: 'execute-api' });
  const prefix = `${endpoint.pathname.replace(/\/+$/, '')}/@connections/`;

  return {
    async post(connectionId, { body, bodySha256 }) {
      const nowMs = Date.now();
      const identity = credentials.at(nowMs);
      if (!identity) return { outcome: 'unsigned' };
      try {
        const path = prefix + encodeURIComponent(connectionId);
        const request = { method: 'POST', host: endpoint.host, path, contentType: CONTENT_TYPE, bodySha256 };
        const headers = signer.sign(request, identity, nowMs);
        return await new Promise<PostResult>((resolve) => {
          pool.dispatch({ method: 'POST', path, headers, body }, new AnswerReader(resolve));
        });
      } catch (error) {
        return { outcome: 'unreachable', error: error instanceof Error ? error : new Error(String(error)) };
      }
    },
    close: () => pool.destroy(),
  };
}

/** Takes the status of an answer and drops the rest: half the cost of a body that nobody reads. */
class AnswerReader implements Dispatcher.DispatchHandler {
  readonly #resolve: (result: PostResult) => void;
  #statusCode = 0;

  constructor(resolve: (result: PostResult) => void) {
    this.#resolve = resolve;
  }

  onRequestStart(): void {
    this.#statusCode = 0;
  }

  onResponseStart(_controller: Dispatcher.DispatchController, statusCode: number): void {
    this.#statusCode = statusCode;
  }

  onResponseEnd(): void {
    this.#resolve(resultOf(this.#statusCode));
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#resolve({ outcome: 'unreachable', error });
  }
}

function resultOf(statusCode: number): PostResult {
  if (statusCode >= 200 && statusCode < 300) return { outcome: 'sent' };
  if (statusCode === 410) return { outcome: 'gone' };
  return { outcome: statusCode === 429 ? 'throttled' : 'refused', statusCode };
}
