import type { AckFrame, ErrFrame, PongFrame } from '@supernoba/protocol';
import { toEdgeError } from './error.js';
import type { ErrorLog } from './error.js';

type Texts = Readonly<Record<string, string | undefined>>;

/** What is read of an API Gateway WebSocket event. */
export interface WebSocketEvent {
  requestContext: { connectionId: string; routeKey?: string; connectedAt?: number };
  headers?: Texts | null;
  queryStringParameters?: Texts | null;
  body?: string | null;
  isBase64Encoded?: boolean;
}

/** The body of an answer goes back to the caller as one frame (route responses are on). */
export interface WebSocketAnswer {
  statusCode: number;
  body?: string;
}

export type AnswerFrame = AckFrame | ErrFrame | PongFrame;

/** Whether an event came over a WebSocket. */
export function isWebSocketEvent(event: object): event is WebSocketEvent {
  const context = 'requestContext' in event ? event.requestContext : undefined;
  return typeof context === 'object' && context !== null && 'connectionId' in context;
}

/** Sends a frame back. Errors travel in frames, so the status is always 200: the socket itself is well. */
export function frameAnswer(frame: AnswerFrame): WebSocketAnswer {
  return { statusCode: 200, body: JSON.stringify(frame) };
}

/** A failure as an `err` frame that repeats the request's id. */
export function errFrame(error: unknown, id: RequestTag, log: ErrorLog): ErrFrame {
  const { code, message } = toEdgeError(error, log);
  return { e: 'err', ...withId(id), code, message };
}

export type RequestTag = number | string | undefined;

/** The `id` of a request that may be malformed in other ways. */
export function requestTagOf(request: unknown): RequestTag {
  if (typeof request !== 'object' || request === null || !('id' in request)) return undefined;
  const { id } = request;
  if (typeof id === 'number') return Number.isSafeInteger(id) ? id : undefined;
  return typeof id === 'string' && id.length <= 64 ? id : undefined;
}

export function withId(id: RequestTag): { id?: number | string } {
  return id === undefined ? {} : { id };
}
