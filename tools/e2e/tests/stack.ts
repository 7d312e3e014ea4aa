import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { createClient, type SupernobaClient } from '@supernoba/sdk-client';
import { awsEnvironment, startExchange, type Endpoints, type RunningExchange } from '@supernoba/local';
import { createDynamoClient, createKinesisClient, createValkey, type Valkey } from '@supernoba/runtime';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WebSocket } from 'ws';

/** A running exchange of the test's own, with what looks into it from outside. */
export interface Stack {
  exchange: RunningExchange;
  endpoints: Endpoints;
  kinesis: KinesisClient;
  dynamo: DynamoDBClient;
  depthCache: Valkey;
  pid(part: string): number;
  /** A client of the SDK, logged in with one of the exchange's tokens, or anonymous. */
  client(user?: keyof Endpoints['tokens']): SupernobaClient;
  stop(): Promise<void>;
}

export async function startStack(dataDir?: string): Promise<Stack> {
  const exchange = await startExchange(dataDir === undefined ? {} : { dataDir });
  const { endpoints } = exchange;
  Object.assign(process.env, awsEnvironment(endpoints));
  const kinesis = createKinesisClient({ region: 'ap-northeast-2' });
  const dynamo = createDynamoClient({ region: 'ap-northeast-2' });
  const { hostname, port } = new URL(endpoints.valkeyDepth);
  const depthCache = createValkey({ host: hostname, port: Number(port), name: 'e2e' });
  depthCache.on('error', (error: Error) => process.stderr.write(`e2e: Valkey: ${error.message}\n`));
  await depthCache.connect();
  const clients: SupernobaClient[] = [];
  return {
    exchange,
    endpoints,
    kinesis,
    dynamo,
    depthCache,
    pid: (part) =>
      (JSON.parse(readFileSync(join(exchange.dataDir, 'pids.json'), 'utf8')) as Record<string, number>)[part]!,
    client(user) {
      const auth = user === undefined ? {} : { auth: () => endpoints.tokens[user] };
      const client = createClient({ url: endpoints.http, ws: WebSocket, ...auth });
      client.on('error', (error) => process.stderr.write(`e2e: SDK: ${error.message}\n`));
      clients.push(client);
      return client;
    },
    async stop() {
      for (const client of clients) client.close();
      kinesis.destroy();
      dynamo.destroy();
      depthCache.disconnect();
      await exchange.stop();
    },
  };
}
