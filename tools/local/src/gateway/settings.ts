import { z } from 'zod';

const name = z.string().min(1).max(128);
const positive = z.number().int().positive();

/** A list of things with names of their own. */
export function named<T extends z.ZodType<{ name: string }>>(thing: T) {
  const unique = (list: { name: string }[]) => new Set(list.map((entry) => entry.name)).size === list.length;
  return z.array(thing).refine(unique, 'holds a name twice');
}

/** `/orders/{id}`, `/files/{path+}`: literal segments, parameters, and a greedy parameter at the end. */
const routePath = z
  .string()
  .regex(/^(?:\/(?:[^/{}]+|\{\w+\}))*(?:\/|\/\{\w+\+\})?$/, 'must be a path like /orders/{id}');

const limits = z.strictObject({
  /** Largest WebSocket message in either direction, bytes; a larger one closes with 1009, or is answered 413. */
  messageBytes: positive.default(128 * 1024),
  /** Largest WebSocket frame from a client, bytes; a larger one closes with 1009. */
  frameBytes: positive.default(32 * 1024),
  /** Largest HTTP request body, bytes. */
  bodyBytes: positive.default(10 * 1024 * 1024),
  /** Bytes that may wait for a slow reader before its connection is closed with 1008. */
  maxBufferedBytes: positive.default(1024 * 1024),
  /** WebSocket connections at a time, those under way in `$connect` included. */
  maxConnections: positive.default(10_000),
  /** Messages of one connection that its Lambdas hold at a time; further ones wait in order. */
  inFlightPerConnection: positive.default(8),
  /** A connection without a message in either direction is closed with 1001 (API Gateway: after 600,000 ms). */
  idleMs: positive.optional(),
  /** A connection is closed with 1001 at this age (API Gateway: 7,200,000 ms). */
  lifeMs: positive.optional(),
  /** New WebSocket connections a second (a second's worth at once); more are answered 429 (API Gateway: 500). */
  connectionsPerSecond: positive.optional(),
  /** Routed HTTP requests, WebSocket messages and callback calls a second, together; more are answered 429 (API Gateway: 10,000). */
  requestsPerSecond: positive.optional(),
});

const httpRoute = z.strictObject({
  /** An HTTP method, or `ANY`. */
  method: z.string().regex(/^[A-Z]+$/, 'must be upper case'),
  path: routePath,
  lambda: name,
  /** Event and answer format: `2.0` as an HTTP API, `1.0` as a REST API. */
  payload: z.enum(['1.0', '2.0']).default('2.0'),
});

const webSocket = z.strictObject({
  path: z.string().startsWith('/').default('/ws'),
  /** Route key (`$connect`, `$disconnect`, `$default`, or an `action`) → Lambda. Each may be left out. */
  routes: z.record(name, name),
});

const proxy = z.strictObject({
  /** `/auth/v1`: this path and everything below it. */
  prefix: z.string().regex(/^(?:\/[^/]+)+$/, 'must be a path without a slash at its end'),
  /** Origin that the whole path is asked of, as `http://127.0.0.1:4000`. */
  target: z
    .url({ protocol: /^http$/ })
    .refine((url) => new URL(url).pathname === '/', 'must be an origin without a path'),
});

/** As the CORS setting of an HTTP API: preflights are answered here, and a Lambda's own CORS headers are replaced. */
const cors = z.strictObject({
  /** Origins, or `*`. */
  allowOrigins: z.array(z.string()).min(1),
  allowMethods: z.array(z.string()).default(['GET', 'POST', 'PUT', 'DELETE']),
  allowHeaders: z.array(z.string()).default(['authorization', 'content-type']),
  exposeHeaders: z.array(z.string()).default([]),
  allowCredentials: z.boolean().default(false),
  maxAgeSeconds: z.number().int().min(0).max(86_400).default(0),
});

const schedule = z.strictObject({
  name,
  lambda: name,
  everyMs: positive.max(2 ** 31 - 1),
  /** The event's `detail`. */
  detail: z.record(z.string(), z.unknown()).default({}),
});

const eventSource = z.strictObject({
  /** Names the file that holds the progress. */
  name: z.string().regex(/^[\w.-]{1,128}$/, 'may hold letters, digits, dots, dashes and underscores'),
  stream: name,
  lambda: name,
  /** Most records of one invocation. */
  batchSize: positive.max(10_000).default(100),
  /** Where to begin as long as nothing was read. */
  startingPosition: z.enum(['TRIM_HORIZON', 'LATEST']).default('TRIM_HORIZON'),
  /** Pause after a read without records. */
  pollMs: positive.default(250),
  /** Further tries after a failed one; then the records are dropped and the loss is logged. */
  maximumRetryAttempts: z.number().int().min(0).max(10_000).default(10),
  /** Whether the Lambda answers `{batchItemFailures:[{itemIdentifier}]}`, to be called again from the first of them. */
  reportBatchItemFailures: z.boolean().default(false),
});

/** Everything of a gateway that is plain data. */
export const gatewaySettings = z.strictObject({
  /** The public port; 0 takes a free one. */
  port: z.number().int().min(0).max(65_535),
  /** The port of `/@connections` and of `/_local`; 0, the default, takes a free one. */
  managementPort: z.number().int().min(0).max(65_535).default(0),
  host: z.string().default('127.0.0.1'),
  /** The stage named in REST and WebSocket events, and taken as a prefix of `/@connections`. */
  stage: name.default('local'),
  region: name.default('ap-northeast-2'),
  routes: z.array(httpRoute).default([]),
  webSocket: webSocket.optional(),
  proxies: z.array(proxy).default([]),
  cors: cors.optional(),
  /** Folder of files served for GET and HEAD where no route or proxy matches. */
  staticDir: z.string().optional(),
  schedules: named(schedule).default([]),
  eventSources: named(eventSource).default([]),
  /** Folder for progress over restarts; needed with `eventSources`. */
  dataDir: z.string().optional(),
  limits: limits.prefault({}),
});

export type GatewaySettings = z.output<typeof gatewaySettings>;
export type GatewaySettingsInput = z.input<typeof gatewaySettings>;
export type Limits = z.output<typeof limits>;
export type HttpRoute = z.output<typeof httpRoute>;
export type WebSocketSettings = z.output<typeof webSocket>;
export type ProxySettings = z.output<typeof proxy>;
export type CorsSettings = z.output<typeof cors>;
export type ScheduleSettings = z.output<typeof schedule>;
export type EventSourceSettings = z.output<typeof eventSource>;
