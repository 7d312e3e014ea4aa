import {
  ANONYMOUS,
  bearerToken,
  EdgeError,
  TEST_USER_PREFIX,
  toEdgeError,
  type Connection,
  type ConnectionRegistry,
  type ErrorLog,
  type VerifyToken,
  type WebSocketAnswer,
  type WebSocketEvent,
} from '@supernoba/edge';

export interface ConnectDeps {
  verify: VerifyToken;
  connections: ConnectionRegistry;
  /** Opens the test mode: `ALLOW_TEST_MODE=true` and a stage that is not production. */
  allowTestMode: boolean;
  /** Epoch ms. */
  now: () => number;
  log: ErrorLog;
}

/** How long a test user may place orders: longer than a connection lives. */
const TEST_MODE_LIFE_S = 7_500;
const TEST_NAME = /^[A-Za-z0-9._-]{1,64}$/;

/** `$connect`: who is it? A token that is not valid refuses the connection; without one it is anonymous. */
export function createHandler({ verify, connections, allowTestMode, now, log }: ConnectDeps) {
  const identify = async (event: WebSocketEvent): Promise<Omit<Connection, 'connectedAt'>> => {
    const query = event.queryStringParameters ?? {};
    const authorization = Object.entries(event.headers ?? {}).find(
      ([name]) => name.toLowerCase() === 'authorization',
    )?.[1];
    // A token that is there but empty is a mistake of the client's, never a wish to be anonymous.
    const token = query['token'] ?? (authorization === undefined ? undefined : bearerToken(authorization));
    if (token !== undefined) {
      const { userId, exp } = await verify(token);
      return { userId, isLoggedIn: true, exp };
    }
    if (query['testMode'] === 'true') return testUser(query['userId']);
    return ANONYMOUS;
  };

  const testUser = (name = ''): Omit<Connection, 'connectedAt'> => {
    if (!allowTestMode) throw new EdgeError('UNAUTHORIZED', 'the test mode is closed here');
    if (!TEST_NAME.test(name))
      throw new EdgeError('UNAUTHORIZED', `userId: a name matching ${TEST_NAME.source} is required`);
    return { userId: TEST_USER_PREFIX + name, isLoggedIn: true, exp: Math.floor(now() / 1000) + TEST_MODE_LIFE_S };
  };

  return async (event: WebSocketEvent): Promise<WebSocketAnswer> => {
    try {
      const identity = await identify(event);
      await connections.open(event.requestContext.connectionId, { ...identity, connectedAt: now() });
      return { statusCode: 200 };
    } catch (error) {
      const { status, body } = toEdgeError(error, log);
      return { statusCode: status, body: JSON.stringify(body) };
    }
  };
}
