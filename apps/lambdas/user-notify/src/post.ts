import { ApiGatewayManagementApiClient, PostToConnectionCommand } from '@aws-sdk/client-apigatewaymanagementapi';
import { lambdaClientOptions, lazy } from '@supernoba/edge';

/** Sends one message to one connection; `gone` when the connection has ended. @throws what made it fail, when a repeat may help */
export type Post = (connectionId: string, message: string) => Promise<'sent' | 'gone' | 'refused'>;

const MAX_TRIES = 3;
const FIRST_PAUSE_MS = 50;
const TRY_TIMEOUT_MS = 2_000;

/** `POST /@connections/{id}` of the WebSocket API at `endpoint`. */
export function openPost(endpoint: string, region: string): Post {
  const api = lazy(async () => new ApiGatewayManagementApiClient({ ...(await lambdaClientOptions(region)), endpoint }));
  return async (connectionId, message) => {
    const client = await api();
    const input = { ConnectionId: connectionId, Data: Buffer.from(message) };
    for (let attempt = 1; ; attempt++) {
      try {
        await client.send(new PostToConnectionCommand(input), { abortSignal: AbortSignal.timeout(TRY_TIMEOUT_MS) });
        return 'sent';
      } catch (error) {
        const status = statusOf(error);
        if (status === 410) return 'gone';
        if (status !== undefined && status < 500 && status !== 429) return 'refused';
        if (attempt === MAX_TRIES) throw error;
        await new Promise((resolve) => setTimeout(resolve, FIRST_PAUSE_MS * 2 ** (attempt - 1)));
      }
    }
  };
}

// A bare 410 has no error name: its status is what counts.
function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
}
