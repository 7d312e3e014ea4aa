import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { z } from 'zod';
import { GatewayError } from './errors.js';
import { KinesisEventSource } from './event-source/index.js';
import { HttpServer } from './http-server.js';
import { findLambda, type Invoker } from './invoker.js';
import { Listener } from './listener.js';
import type { GatewayLog } from './log.js';
import { ManagementServer } from './management-server.js';
import { Rate } from './rate.js';
import { Schedules } from './schedules.js';
import { gatewaySettings, type GatewaySettings, type GatewaySettingsInput } from './settings.js';
import { WebSocketGateway } from './websocket-server.js';

export interface GatewayOptions extends GatewaySettingsInput {
  /** The Lambdas that routes and sources name. The gateway does not close them. */
  lambdas: Readonly<Record<string, Invoker>>;
  /** Reads the streams of `eventSources`; needed with them. */
  kinesis?: KinesisClient | undefined;
  log: GatewayLog;
}

/** Bounds of `close`: its parts run side by side, the callback API ends last. */
const CLOSE_MS = 1_000;
const CLOSE_MANAGEMENT_MS = 100;

/**
 * API Gateway and its event sources on this machine: HTTP routes, files, proxies and a WebSocket on one port,
 * `/@connections` on another, schedules and Kinesis event sources; all of them call the given Lambdas.
 */
export class Gateway {
  readonly #http: HttpServer;
  readonly #webSockets: WebSocketGateway | undefined;
  readonly #schedules: Schedules;
  readonly #sources: readonly KinesisEventSource[];
  readonly #listener: Listener;
  readonly #management: Listener;

  private constructor(parts: Parts, listener: Listener, management: Listener, sources: readonly KinesisEventSource[]) {
    this.#http = parts.http;
    this.#webSockets = parts.webSockets;
    this.#schedules = parts.schedules;
    this.#sources = sources;
    this.#listener = listener;
    this.#management = management;
  }

  /**
   * @throws GatewayError `BAD_SETTINGS` naming the mistakes, `PORT_IN_USE` naming the port; nothing stays behind
   */
  static async start({ lambdas, kinesis, log, ...given }: GatewayOptions): Promise<Gateway> {
    const settings = parseSettings(given);
    const openSources = prepareSources(settings, { lambdas, kinesis, log });
    const parts = createParts(settings, lambdas, log);
    const { http, management, webSockets, schedules } = parts;
    const opened: Listener[] = [];
    const open = async (port: number, part: HttpServer | ManagementServer) => {
      const listener = await Listener.open(
        port,
        settings.host,
        (request, response) => void part.handle(request, response),
      );
      opened.push(listener);
      return listener;
    };
    try {
      const callbacks = await open(settings.managementPort, management);
      const listener = await open(settings.port, http);
      if (webSockets !== undefined) listener.onUpgrade((...upgrade) => webSockets.upgrade(...upgrade));
      schedules.start();
      return new Gateway(parts, listener, callbacks, openSources());
    } catch (error) {
      await Promise.all([webSockets?.close(0), ...opened.map((listener) => listener.close(0))]);
      throw error;
    }
  }

  /** The public port. */
  get port(): number {
    return this.#listener.port;
  }

  /** The port of `/@connections` and `/_local`. */
  get managementPort(): number {
    return this.#management.port;
  }

  /** WebSocket connections at the moment. */
  get connections(): number {
    return this.#webSockets?.size ?? 0;
  }

  /** Ends everything within 1.1 seconds: sockets with 1001, `$disconnect` delivered as far as the time allows. */
  async close(): Promise<void> {
    this.#http.stopTaking();
    await Promise.all([
      this.#listener.close(CLOSE_MS),
      this.#webSockets?.close(CLOSE_MS),
      this.#schedules.close(CLOSE_MS),
      ...this.#sources.map((source) => source.close(CLOSE_MS)),
    ]);
    this.#http.close();
    await this.#management.close(CLOSE_MANAGEMENT_MS);
  }
}

/** @see Gateway.start */
export function startGateway(options: GatewayOptions): Promise<Gateway> {
  return Gateway.start(options);
}

interface Parts {
  http: HttpServer;
  webSockets: WebSocketGateway | undefined;
  schedules: Schedules;
  management: ManagementServer;
}

function parseSettings(given: GatewaySettingsInput): GatewaySettings {
  const parsed = gatewaySettings.safeParse(given);
  if (!parsed.success) throw new GatewayError('BAD_SETTINGS', z.prettifyError(parsed.error));
  return parsed.data;
}

function createParts(settings: GatewaySettings, lambdas: GatewayOptions['lambdas'], log: GatewayLog): Parts {
  const { region, stage, limits, webSocket } = settings;
  const requests = new Rate(limits.requestsPerSecond);
  const ports = { lambdas, requests, log };
  // The WebSocket side has a timer: it comes last, as each may refuse its settings.
  const http = new HttpServer(settings, ports);
  const schedules = new Schedules(settings.schedules, { lambdas, region, log });
  const webSockets = webSocket === undefined ? undefined : new WebSocketGateway(webSocket, settings, ports);
  const { messageBytes } = limits;
  const management = new ManagementServer({ webSockets, schedules, requests, messageBytes, stage, log });
  return { http, webSockets, schedules, management };
}

/** Checks what the event sources need; they begin to read when the result is called. */
function prepareSources(
  { eventSources, dataDir, region }: GatewaySettings,
  { lambdas, kinesis, log }: Pick<GatewayOptions, 'lambdas' | 'kinesis' | 'log'>,
): () => KinesisEventSource[] {
  if (eventSources.length === 0) return () => [];
  if (dataDir === undefined) throw new GatewayError('BAD_SETTINGS', 'eventSources need dataDir');
  if (kinesis === undefined) throw new GatewayError('BAD_SETTINGS', 'eventSources need a Kinesis client');
  const ready = eventSources.map((source) => {
    const lambda = findLambda(lambdas, source.lambda, `event source ${source.name}`);
    return () => new KinesisEventSource(source, { kinesis, lambda, dataDir, region, log });
  });
  return () => ready.map((open) => open());
}
