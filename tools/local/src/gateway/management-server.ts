import { isUtf8 } from 'node:buffer';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { CloseCode } from './connection.js';
import { INTERNAL, NOT_FOUND, refusalBody, refusalOf, type Refusal } from './errors.js';
import type { GatewayLog } from './log.js';
import type { Rate } from './rate.js';
import { gatewayId, readBody } from './request.js';
import type { Schedules } from './schedules.js';
import type { WebSocketGateway } from './websocket-server.js';

export interface ManagementPorts {
  webSockets: WebSocketGateway | undefined;
  schedules: Schedules;
  requests: Rate;
  /** Largest message, bytes. */
  messageBytes: number;
  /** Taken as a prefix of the path, as in the cloud's endpoint. */
  stage: string;
  log: GatewayLog;
}

/** An error in the shape of the API Gateway Management API: the SDK takes the class from the header. */
interface ApiError {
  status: number;
  type: string;
  body: Buffer;
}

function apiError(status: number, type: string, message: string): ApiError {
  return { status, type, body: Buffer.from(JSON.stringify({ message })) };
}

const GONE = apiError(410, 'GoneException', 'Gone');
const TOO_LARGE = apiError(413, 'PayloadTooLargeException', 'Payload too large');
const LIMIT_EXCEEDED = apiError(429, 'LimitExceededException', 'Too Many Requests');
const UNSIGNED = apiError(403, 'ForbiddenException', 'Missing Authentication Token');
const BROWSER = apiError(403, 'ForbiddenException', 'Not for pages');
const NO_METHOD = apiError(405, 'MethodNotAllowedException', 'Method Not Allowed');

const CONNECTIONS = /^\/(?:@|%40)connections\/([^/?]+)$/;
const SCHEDULES = /^\/_local\/schedules\/([^/?]+)$/;

/**
 * `/@connections/{id}`, and `/_local/schedules/{name}` to run a schedule now. A callback call must carry a Signature V4
 * `Authorization` header, which is not verified: the port listens on the loopback only.
 */
export class ManagementServer {
  readonly #ports: ManagementPorts;
  readonly #prefix: string;

  constructor(ports: ManagementPorts) {
    this.#ports = ports;
    this.#prefix = `/${ports.stage}/`;
  }

  /** Answers a request; never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#dispatch(request, response);
    } catch (error) {
      // A caller that left in the middle of its body needs no answer.
      if (!request.complete) return void response.destroy();
      this.#ports.log.error({ err: error, url: request.url }, 'a callback call failed');
      answerRefusal(response, INTERNAL);
    }
  }

  async #dispatch(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // No page may drive this port with a "simple" request.
    if (request.headers.origin !== undefined) return fail(request, response, BROWSER);
    const path = this.#path(request.url ?? '');
    const id = CONNECTIONS.exec(path)?.[1];
    if (id !== undefined) return this.#connection(decodeId(id), request, response);
    const schedule = SCHEDULES.exec(path)?.[1];
    if (schedule !== undefined && request.method === 'POST') return this.#runSchedule(decodeId(schedule), response);
    return answerRefusal(response, NOT_FOUND);
  }

  #path(url: string): string {
    return url.startsWith(this.#prefix) ? url.slice(this.#prefix.length - 1) : url;
  }

  async #connection(id: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.headers.authorization?.startsWith('AWS4-HMAC-SHA256 ') !== true)
      return fail(request, response, UNSIGNED);
    if (!this.#ports.requests.take()) return fail(request, response, LIMIT_EXCEEDED);
    const connection = this.#ports.webSockets?.find(id);
    switch (request.method) {
      case 'POST': {
        const body = await readBody(request, this.#ports.messageBytes);
        if (body === undefined) return fail(request, response, TOO_LARGE);
        const sent = connection?.send(isUtf8(body) ? body : body.toString('utf8')) ?? false;
        return sent ? succeed(response, 200) : fail(request, response, GONE);
      }
      case 'GET': {
        if (connection?.open !== true) return fail(request, response, GONE);
        const { connectedAt, lastActiveAt, sourceIp, userAgent } = connection;
        const facts = {
          connectedAt: new Date(connectedAt).toISOString(),
          identity: { sourceIp, userAgent },
          lastActiveAt: new Date(lastActiveAt).toISOString(),
        };
        return succeed(response, 200, JSON.stringify(facts));
      }
      case 'DELETE':
        if (connection?.open !== true) return fail(request, response, GONE);
        connection.close(CloseCode.Normal, 'Connection Closed Normally');
        return succeed(response, 204);
      default:
        return fail(request, response, NO_METHOD);
    }
  }

  async #runSchedule(name: string, response: ServerResponse): Promise<void> {
    if (!this.#ports.schedules.has(name)) return answerRefusal(response, NOT_FOUND);
    try {
      const result = await this.#ports.schedules.run(name);
      succeed(response, 200, JSON.stringify(result) ?? 'null');
    } catch (error) {
      answerRefusal(response, refusalOf(error));
    }
  }
}

function decodeId(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    // A malformed escape names nothing that exists.
    return text;
  }
}

function succeed(response: ServerResponse, status: 200 | 204, body = ''): void {
  const length = Buffer.byteLength(body);
  response.setHeader('x-amzn-requestid', gatewayId());
  if (length > 0) response.setHeader('content-type', 'application/json');
  if (status === 200) response.setHeader('content-length', length);
  response.statusCode = status;
  response.end(body);
}

function fail(request: IncomingMessage, response: ServerResponse, { status, type, body }: ApiError): void {
  response.writeHead(status, {
    'x-amzn-requestid': gatewayId(),
    'x-amzn-errortype': type,
    'content-type': 'application/json',
    'content-length': body.length,
  });
  response.end(body);
  request.resume();
}

function answerRefusal(response: ServerResponse, refusal: Refusal): void {
  response.writeHead(refusal.status, { ...refusal.headers, 'content-type': 'application/json' });
  response.end(refusalBody(refusal));
}
