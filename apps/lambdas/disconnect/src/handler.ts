import {
  toEdgeError,
  type ConnectionRegistry,
  type ErrorLog,
  type WebSocketAnswer,
  type WebSocketEvent,
} from '@supernoba/edge';

export interface DisconnectDeps {
  connections: ConnectionRegistry;
  log: ErrorLog;
}

/** `$disconnect`: forgets the connection. What a failure leaves behind goes when a push finds the connection gone. */
export function createHandler({ connections, log }: DisconnectDeps) {
  return async (event: WebSocketEvent): Promise<WebSocketAnswer> => {
    try {
      await connections.close(event.requestContext.connectionId);
      return { statusCode: 200 };
    } catch (error) {
      return { statusCode: toEdgeError(error, log).status };
    }
  };
}
