import {
  EdgeError,
  errFrame,
  frameAnswer,
  parseJson,
  readBody,
  requestTagOf,
  withId,
  type AnswerFrame,
  type ConnectionRegistry,
  type ErrorLog,
  type RequestTag,
  type SymbolGuard,
  type VerifyToken,
  type WebSocketAnswer,
  type WebSocketEvent,
} from '@supernoba/edge';
import { PUSHED_INTERVALS } from '@supernoba/protocol';
import {
  authRequest,
  parse,
  pingRequest,
  subscribeRequest,
  unsubscribeRequest,
  type Parsed,
} from '@supernoba/protocol/schemas';

export interface SubscribeDeps {
  verify: VerifyToken;
  connections: ConnectionRegistry;
  guard: SymbolGuard;
  /** Epoch ms. */
  now: () => number;
  log: ErrorLog;
}

/** The routes `subscribe`, `unsubscribe`, `auth`, `ping` and `$default` of the WebSocket. */
export function createHandler({ verify, connections, guard, now, log }: SubscribeDeps) {
  const renew = ({ connectionId, connectedAt = now() }: WebSocketEvent['requestContext']) =>
    connections.renew(connectionId, connectedAt);

  const subscribe = async (
    context: WebSocketEvent['requestContext'],
    id: RequestTag,
    input: unknown,
  ): Promise<AnswerFrame> => {
    const { main, sub = [], tf = '1m', symbols = [] } = valid(parse(subscribeRequest, input));
    const timeframe = PUSHED_INTERVALS.find((interval) => interval === tf);
    if (timeframe === undefined) {
      throw new EdgeError('NOT_AVAILABLE', `candles of ${tf} are not pushed: ${PUSHED_INTERVALS.join(', ')} are`);
    }
    // The legacy form: the first is main, all are sub.
    const call = { main: main ?? symbols[0], timeframe, sub: [...sub, ...symbols], isLegacy: symbols.length > 0 };
    if (call.main === undefined && call.sub.length === 0) {
      throw new EdgeError('BAD_REQUEST', 'main, sub or symbols: at least one symbol is required');
    }
    const named = new Set([...call.sub, ...(call.main === undefined ? [] : [call.main])]);
    await Promise.all([...named].map((symbol) => guard.stateOf(symbol)));
    await renew(context);
    return { e: 'ack', ...withId(id), ...(await connections.subscribe(context.connectionId, call)) };
  };

  const unsubscribe = async (
    { connectionId }: WebSocketEvent['requestContext'],
    id: RequestTag,
    input: unknown,
  ): Promise<AnswerFrame> => {
    const call = valid(parse(unsubscribeRequest, input));
    return { e: 'ack', ...withId(id), ...(await connections.unsubscribe(connectionId, call)) };
  };

  const auth = async (
    context: WebSocketEvent['requestContext'],
    id: RequestTag,
    input: unknown,
  ): Promise<AnswerFrame> => {
    const { userId, exp } = await verify(valid(parse(authRequest, input)).token);
    const { connectedAt } = await renew(context);
    await connections.open(context.connectionId, { userId, isLoggedIn: true, connectedAt, exp });
    return { e: 'ack', ...withId(id) };
  };

  const ping = async (
    context: WebSocketEvent['requestContext'],
    id: RequestTag,
    input: unknown,
  ): Promise<AnswerFrame> => {
    valid(parse(pingRequest, input));
    await renew(context);
    return { e: 'pong', ...withId(id), t: now() };
  };

  return async (event: WebSocketEvent): Promise<WebSocketAnswer> => {
    let id: RequestTag;
    try {
      const input = parseJson(readBody(event));
      id = requestTagOf(input);
      const context = event.requestContext;
      switch (actionOf(input)) {
        case 'subscribe':
          return frameAnswer(await subscribe(context, id, input));
        case 'unsubscribe':
          return frameAnswer(await unsubscribe(context, id, input));
        case 'auth':
          return frameAnswer(await auth(context, id, input));
        case 'ping':
          return frameAnswer(await ping(context, id, input));
        default:
          throw new EdgeError('UNKNOWN_ACTION', 'action: one of subscribe, unsubscribe, order, auth, ping is required');
      }
    } catch (error) {
      return frameAnswer(errFrame(error, id, log));
    }
  };
}

/** The action of a request; the legacy form names none. */
function actionOf(input: unknown): unknown {
  if (typeof input !== 'object' || input === null) return undefined;
  const { action, symbols } = input as { action?: unknown; symbols?: unknown };
  return action === undefined && Array.isArray(symbols) ? 'subscribe' : action;
}

function valid<T>(parsed: Parsed<T>): T {
  if (!parsed.ok) throw new EdgeError(parsed.error.code, parsed.error.message);
  return parsed.value;
}
