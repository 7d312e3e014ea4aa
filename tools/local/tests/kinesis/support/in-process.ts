import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { startKinesisServer, type KinesisServer, type KinesisServerOptions } from '../../../src/kinesis/index.js';
import { Bench } from './bench.js';
import { kinesisClient } from './clients.js';
import { newFolder, removeFolders } from './own-server.js';

const servers = new Set<KinesisServer>();
const clients = new Set<KinesisClient>();

/** Our server in this process; {@link closeAll} ends it. */
export async function ownServer(options: Partial<KinesisServerOptions> = {}): Promise<KinesisServer> {
  const server = await startKinesisServer({ dataDir: newFolder(), ...options });
  servers.add(server);
  return server;
}

export async function closeServer(server: KinesisServer): Promise<void> {
  servers.delete(server);
  await server.close();
}

export function benchOf(endpoint: string, protocol: 'http1' | 'http2' = 'http1', maxAttempts = 1): Bench {
  const client = kinesisClient(endpoint, protocol, maxAttempts);
  clients.add(client);
  return new Bench(client, endpoint);
}

export async function closeAll(): Promise<void> {
  for (const client of clients) client.destroy();
  clients.clear();
  for (const server of servers) await closeServer(server);
  removeFolders();
}
