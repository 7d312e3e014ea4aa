import { build } from 'esbuild';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from '@supernoba/testing';
import WebSocket from 'ws';
import { startGateway, type Gateway, type GatewayOptions } from '../../src/gateway/index.js';
import { startLambda, type LambdaFunction, type LambdaOptions } from '../../src/lambda-host/index.js';

const SOURCES = join(__dirname, '../../src');
const FOLDER = tempDir();
let files = 0;

/** Builds an entry point as the project's own build does, into a folder that goes with the tests. */
export async function buildEntry(source: string): Promise<string> {
  const outfile = join(FOLDER, `entry-${files++}.mjs`);
  await build({
    entryPoints: [join(SOURCES, source)],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['@supernoba/source', 'module'],
    mainFields: ['module', 'main'],
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: 'error',
  });
  return outfile;
}

/** An empty folder that goes with the tests. */
export function newFolder(): string {
  const folder = join(FOLDER, String(files++));
  mkdirSync(folder);
  return folder;
}

let runner: Promise<string> | undefined;
export function buildRunner(): Promise<string> {
  runner ??= buildEntry('lambda-host/runner.ts');
  return runner;
}

export function writeModule(source: string): string {
  const file = join(newFolder(), 'main.mjs');
  writeFileSync(file, source);
  return file;
}

/** Answers with its event, as text. */
export const ECHO = `export const handler = async (event) => ({ statusCode: 200, body: JSON.stringify(event) });`;

/**
 * Does what the event's body says: `{result}` is returned as it stands, `throw` thrown, `waitMs` waited for first,
 * `exit` ends the process, `spin` never yields.
 */
export const OBEY = `
export const handler = async (event) => {
  const order = JSON.parse(event.body ?? JSON.stringify(event));
  if (order.waitMs) await new Promise((resolve) => setTimeout(resolve, order.waitMs));
  if (order.say) console.log(order.say);
  if (order.exit !== undefined) process.exit(order.exit);
  while (order.spin);
  if (order.throw) throw new TypeError(order.throw);
  return order.result;
};`;

/** Prints every event as a line, and answers with `{statusCode: 200}`. */
export const PRINT = `export const handler = async (event) => { console.log(JSON.stringify(event)); return { statusCode: 200 }; };`;

export interface LogLine {
  level: string;
  message: string;
  fields: Record<string, unknown>;
}

/** An event as a Lambda printed it, with the fields that tests read by name. */
export interface SeenEvent {
  [field: string]: unknown;
  id?: string;
  body?: string;
  isBase64Encoded?: boolean;
  pathParameters?: Record<string, string>;
  queryStringParameters?: Record<string, string>;
  requestContext: {
    routeKey: string;
    connectionId: string;
    connectedAt: number;
    disconnectStatusCode?: number;
    http: { sourceIp: string };
  };
  Records: { kinesis: { approximateArrivalTimestamp: number } }[];
}

export interface ClosedWith {
  code: number;
  reason: string;
}

/** A WebSocket client that keeps what it was told. */
export interface Client {
  socket: WebSocket;
  frames: string[];
  closed: Promise<ClosedWith>;
}

/** Everything a test opens, closed in the end. */
export class Rig {
  /** Lines the Lambdas wrote. */
  readonly lines: string[] = [];
  /** What the gateway logged. */
  readonly logged: LogLine[] = [];
  readonly #open: (() => Promise<unknown>)[] = [];

  async lambda(source: string, options: Partial<LambdaOptions> = {}): Promise<LambdaFunction> {
    const lambda = await startLambda({
      name: 'tested',
      file: writeModule(source),
      runner: await buildRunner(),
      onLog: (line) => this.lines.push(line),
      ...options,
    });
    this.closeLater(() => lambda.close());
    return lambda;
  }

  async gateway(options: Omit<GatewayOptions, 'port' | 'log'>): Promise<Gateway> {
    const log = (level: string) => (fields: object, message: string) => {
      this.logged.push({ level, message, fields: fields as Record<string, unknown> });
    };
    const gateway = await startGateway({
      port: 0,
      log: { info: log('info'), warn: log('warn'), error: log('error') },
      ...options,
    });
    this.closeLater(() => gateway.close());
    return gateway;
  }

  /** Resolves when the WebSocket is open; rejects with `Unexpected server response: STATUS` when it is refused. */
  async connect(
    gateway: Gateway,
    path = '/ws',
    options: WebSocket.ClientOptions = {},
    protocols?: string[],
  ): Promise<Client> {
    const socket = new WebSocket(`ws://127.0.0.1:${gateway.port}${path}`, protocols, options);
    const frames: string[] = [];
    socket.on('message', (data) => frames.push((data as Buffer).toString()));
    const closed = new Promise<ClosedWith>((resolve) => {
      socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }));
    });
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    this.closeLater(() => {
      socket.terminate();
      return closed;
    });
    return { socket, frames, closed };
  }

  /** The events a PRINT Lambda printed. */
  events(name = 'tested'): SeenEvent[] {
    const start = `[${name}] `;
    return this.lines
      .filter((line) => line.startsWith(start))
      .map((line) => JSON.parse(line.slice(start.length)) as SeenEvent);
  }

  closeLater(close: () => Promise<unknown>): void {
    this.#open.push(close);
  }

  async close(): Promise<void> {
    for (const close of this.#open.splice(0).reverse()) await close();
    this.lines.length = 0;
    this.logged.length = 0;
  }
}
