import {
  bearerToken,
  EdgeError,
  errFrame,
  frameAnswer,
  httpHandler,
  isWebSocketEvent,
  parseJson,
  readBody,
  requestTagOf,
  withId,
  type ConnectionRegistry,
  type HttpAnswer,
  type HttpEvent,
  type HttpOptions,
  type RequestTag,
  type RouteAnswer,
  type VerifyToken,
  type WebSocketAnswer,
  type WebSocketEvent,
} from '@supernoba/edge';
import type { BatchAck } from '@supernoba/protocol';
import { orderRequest, parse, parseOrder } from '@supernoba/protocol/schemas';
import { readOrders, valid } from './http-orders.js';
import { createSubmit, type SubmitDeps } from './submit.js';

export interface OrderRouterDeps extends SubmitDeps, HttpOptions {
  verify: VerifyToken;
  connections: ConnectionRegistry;
}

/** Orders over HTTP (REST and HTTP APIs) and over the WebSocket route `order`, into the journal. */
export function createHandler(
  deps: OrderRouterDeps,
): (event: HttpEvent | WebSocketEvent) => Promise<HttpAnswer | WebSocketAnswer> {
  const { verify, connections, now, log } = deps;
  const submit = createSubmit(deps);

  const overHttp = httpHandler(async (request): Promise<RouteAnswer> => {
    const { userId } = await verify(bearerToken(request.header('authorization')));
    const { orders, isBatch } = readOrders(request);
    const acks = await submit(userId, orders);
    const batch: BatchAck = { symbol: orders[0].symbol, orders: acks };
    return { status: 202, body: isBatch ? batch : acks[0] };
  }, deps);

  /** Who a connection is, as long as its token lasts. */
  const userOf = async (connectionId: string): Promise<string> => {
    const connection = await connections.get(connectionId);
    if (!connection?.isLoggedIn || connection.userId === '') {
      throw new EdgeError('UNAUTHORIZED', 'log in on this connection first: {"action":"auth","token":…}');
    }
    if (connection.exp * 1000 <= now())
      throw new EdgeError('TOKEN_EXPIRED', 'the token has expired: send a new one with auth');
    return connection.userId;
  };

  const overSocket = async (event: WebSocketEvent): Promise<WebSocketAnswer> => {
    let id: RequestTag;
    try {
      const input = parseJson(readBody(event));
      id = requestTagOf(input);
      const { order } = valid(parse(orderRequest, withOrder(input)));
      const userId = await userOf(event.requestContext.connectionId);
      const [ack] = await submit(userId, [valid(parseOrder(order))]);
      return frameAnswer({ e: 'ack', ...withId(id), ...(ack === undefined ? {} : { order: ack }) });
    } catch (error) {
      return frameAnswer(errFrame(error, id, log));
    }
  };

  return (event) => (isWebSocketEvent(event) ? overSocket(event) : overHttp(event));
}

/** A new order may also stand in the request itself: `{"action":"order","symbol":…,"price":…}`. */
function withOrder(input: unknown): unknown {
  if (typeof input !== 'object' || input === null || 'order' in input || !('symbol' in input)) return input;
  const { action, id, ...order } = input as Record<string, unknown>;
  return { action, ...(id === undefined ? {} : { id }), order };
}
