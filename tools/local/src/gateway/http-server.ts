import type { IncomingMessage, ServerResponse } from 'node:http';
import { Cors } from './cors.js';
import {
  BAD_ADDRESS,
  CLOSING,
  INTERNAL,
  METHOD_NOT_ALLOWED,
  NOT_FOUND,
  refusalBody,
  refusalOf,
  tooLarge,
  TOO_MANY_REQUESTS,
  UPGRADE_REQUIRED,
  type Refusal,
} from './errors.js';
import { httpApiAnswer, restApiAnswer, type HttpAnswer } from './http-answer.js';
import { httpApiEvent } from './http-api-event.js';
import { findLambda, type Invoker } from './invoker.js';
import type { GatewayLog } from './log.js';
import { Proxy } from './proxy.js';
import type { Rate } from './rate.js';
import { describeRequest, gatewayId, parseTarget, readBody, type GatewayRequest, type Target } from './request.js';
import { restApiEvent } from './rest-api-event.js';
import { RouteTable, type RouteMatch } from './routes.js';
import type { GatewaySettings } from './settings.js';
import { StaticFiles } from './static-files.js';

export interface HttpPorts {
  lambdas: Readonly<Record<string, Invoker>>;
  requests: Rate;
  log: GatewayLog;
}

/** The public HTTP side: proxies, then routes, then files. A path that has a route is never a file. */
export class HttpServer {
  readonly #settings: GatewaySettings;
  readonly #ports: HttpPorts;
  readonly #routes: RouteTable;
  readonly #proxies: readonly Proxy[];
  readonly #files: StaticFiles | undefined;
  readonly #cors: Cors | undefined;
  #closing = false;

  /** @throws GatewayError `BAD_SETTINGS` when a route names an unknown Lambda */
  constructor(settings: GatewaySettings, ports: HttpPorts) {
    for (const { method, path, lambda } of settings.routes)
      findLambda(ports.lambdas, lambda, `route ${method} ${path}`);
    this.#settings = settings;
    this.#ports = ports;
    this.#routes = new RouteTable(settings.routes);
    this.#proxies = settings.proxies.map((proxy) => new Proxy(proxy));
    this.#files = settings.staticDir === undefined ? undefined : new StaticFiles(settings.staticDir);
    this.#cors = settings.cors === undefined ? undefined : new Cors(settings.cors);
  }

  /** Answers a request; never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const refusal = await this.#dispatch(request, response);
      if (refusal !== undefined) this.#refuse(request, response, refusal);
    } catch (error) {
      if (!response.headersSent && !response.destroyed) {
        this.#ports.log.error({ err: error, method: request.method, url: request.url }, 'a request failed');
        this.#refuse(request, response, INTERNAL);
      } else {
        // Client or upstream left in the middle of the answer: it cannot be finished.
        response.destroy();
      }
    }
  }

  /** New requests are answered 503 from now on; those under way go on. */
  stopTaking(): void {
    this.#closing = true;
  }

  /** Cuts what is still being proxied. */
  close(): void {
    for (const proxy of this.#proxies) proxy.close();
  }

  async #dispatch(request: IncomingMessage, response: ServerResponse): Promise<Refusal | undefined> {
    const method = request.method ?? 'GET';
    const target = parseTarget(request.url ?? '');
    if (this.#closing) return CLOSING;
    if (target === undefined) return BAD_ADDRESS;
    if (target.path === this.#settings.webSocket?.path) return UPGRADE_REQUIRED;
    const proxy = this.#proxies.find((candidate) => candidate.matches(target.path));
    if (proxy !== undefined) return proxy.forward(target, request, response);
    const found = this.#findRoute(method, target.path);
    if (found === 'malformed') return BAD_ADDRESS;
    if (found !== undefined && this.#answerPreflight(request, response)) return undefined;
    if (found === 'elsewhere') return METHOD_NOT_ALLOWED;
    if (found !== undefined) return this.#callLambda(found, target, request, response);
    const readable = method === 'GET' || method === 'HEAD';
    if (readable && (await this.#files?.serve(target.path, request, response)) === true) return undefined;
    return NOT_FOUND;
  }

  #findRoute(method: string, path: string) {
    try {
      return this.#routes.find(method, path);
    } catch (error) {
      if (error instanceof URIError) return 'malformed';
      throw error;
    }
  }

  #answerPreflight(request: IncomingMessage, response: ServerResponse): boolean {
    const { origin } = request.headers;
    const asks = request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined;
    if (this.#cors === undefined || !asks || origin === undefined) return false;
    response.writeHead(204, this.#cors.preflight(origin)).end();
    return true;
  }

  async #callLambda(match: RouteMatch, target: Target, request: IncomingMessage, response: ServerResponse) {
    const { limits } = this.#settings;
    if (!this.#ports.requests.take()) return TOO_MANY_REQUESTS;
    const body = await readBody(request, limits.bodyBytes);
    if (body === undefined) return tooLarge(limits.bodyBytes);
    const lambda = findLambda(this.#ports.lambdas, match.route.lambda, 'route');
    try {
      const answer = await this.#ask(lambda, match, describeRequest(request, target, body));
      this.#send(request, response, answer);
      return undefined;
    } catch (error) {
      this.#ports.log.warn({ err: error, lambda: match.route.lambda, path: target.path }, 'a Lambda gave no answer');
      return refusalOf(error);
    }
  }

  async #ask(lambda: Invoker, match: RouteMatch, request: GatewayRequest): Promise<HttpAnswer> {
    if (match.route.payload === '1.0') {
      return restApiAnswer(await lambda.invoke(restApiEvent(request, match, this.#settings.stage)));
    }
    return httpApiAnswer(await lambda.invoke(httpApiEvent(request, match)));
  }

  #send(request: IncomingMessage, response: ServerResponse, { status, headers, body }: HttpAnswer): void {
    response.statusCode = status;
    for (const [name, value] of headers) {
      if (this.#cors === undefined || !name.startsWith('access-control-')) response.setHeader(name, value);
    }
    this.#addCors(request, response);
    response.setHeader('apigw-requestid', gatewayId());
    if (status !== 204 && status !== 304) response.setHeader('content-length', body.length);
    response.end(body);
  }

  #refuse(request: IncomingMessage, response: ServerResponse, refusal: Refusal): void {
    const body = refusalBody(refusal);
    this.#addCors(request, response);
    response.writeHead(refusal.status, {
      ...refusal.headers,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    });
    response.end(body);
    // The rest of a refused body is read and dropped: a client that still sends would not see the answer otherwise.
    request.resume();
  }

  #addCors(request: IncomingMessage, response: ServerResponse): void {
    const { origin } = request.headers;
    if (this.#cors === undefined || origin === undefined) return;
    for (const [name, value] of Object.entries(this.#cors.answer(origin))) response.setHeader(name, value);
  }
}
