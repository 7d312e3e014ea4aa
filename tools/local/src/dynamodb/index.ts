import { closeReadIterators } from './close-iterators.js';
import dynalite from 'dynalite';
import { mkdirSync } from 'node:fs';
import type { AddressInfo } from 'node:net';

interface DynamoDbOptions {
  /** Folder of the LevelDB store; one process at a time can hold it. */
  dir: string;
  /** 0 lets the system choose. */
  port?: number;
}

interface DynamoDbServer {
  port: number;
  endpoint: string;
  close(): Promise<void>;
}

/**
 * DynamoDB's API on the loopback, by dynalite over LevelDB: every answered write survives the end of the process.
 * Transactions, TTL and backups are unknown to it.
 */
export async function startDynamoDbServer({ dir, port = 0 }: DynamoDbOptions): Promise<DynamoDbServer> {
  closeReadIterators();
  mkdirSync(dir, { recursive: true });
  const server = dynalite({ path: dir, createTableMs: 0, updateTableMs: 0, deleteTableMs: 0 });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  return {
    port: bound,
    endpoint: `http://127.0.0.1:${bound}`,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      }),
  };
}
