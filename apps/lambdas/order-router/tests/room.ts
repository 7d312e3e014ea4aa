import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import {
  createConnectionRegistry,
  createJournal,
  createSymbolGuard,
  createSymbolTable,
  openValkey,
  toSymbolItem,
  type ConnectionRegistry,
  type Valkey,
} from '@supernoba/edge';
import {
  createIssuer,
  startDynamo,
  startKinesis,
  type TestDynamo,
  type TestIssuer,
  type TestKinesis,
} from '@supernoba/edge/testing';
import { TABLES, type SymbolState } from '@supernoba/protocol';
import { startValkey, type TestValkey } from '@supernoba/testing';
import { createKeys } from '@supernoba/valkey-keys';
import { createHandler } from '../src/handler.js';

export interface Room {
  handler: ReturnType<typeof createHandler>;
  issuer: TestIssuer;
  kinesis: TestKinesis;
  dynamo: TestDynamo;
  server: TestValkey;
  valkey: Valkey;
  connections: ConnectionRegistry;
  clock: { now: number };
  close(): Promise<void>;
}

/** The router between a real Valkey, kinesalite and dynalite; the symbols stand in the table, as after a deploy. */
export async function openRoom(symbols: Record<string, SymbolState>): Promise<Room> {
  const [server, kinesis, dynamo, issuer] = await Promise.all([
    startValkey(),
    startKinesis(),
    startDynamo(TABLES.symbols),
    createIssuer(),
  ]);
  for (const [symbol, state] of Object.entries(symbols)) {
    const Item = toSymbolItem({ symbol, state, config: {}, updated_at: 1, updated_by: 'root' });
    await dynamo.client.send(new PutItemCommand({ TableName: TABLES.symbols.name, Item }));
  }
  const at = { VALKEY_HOST: server.host, VALKEY_PORT: server.port, VALKEY_TLS: false, VALKEY_PASSWORD: undefined };
  const valkey = openValkey(at, 'test');
  const keys = createKeys();
  const table = createSymbolTable({ dynamo: () => Promise.resolve(dynamo.client), table: TABLES.symbols.name });
  const connections = createConnectionRegistry(valkey, keys);
  const clock = { now: Date.now() };
  return {
    handler: createHandler({
      verify: issuer.verify,
      connections,
      guard: createSymbolGuard({ valkey, keys, table }),
      journal: createJournal({ kinesis: () => Promise.resolve(kinesis.client), stream: kinesis.stream }),
      corsOrigins: [],
      now: () => clock.now,
      log: () => undefined,
    }),
    issuer,
    kinesis,
    dynamo,
    server,
    valkey,
    connections,
    clock,
    async close() {
      valkey.disconnect();
      await Promise.all([server.stop(), kinesis.stop(), dynamo.stop()]);
    },
  };
}
