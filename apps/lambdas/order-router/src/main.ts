import {
  createConnectionRegistry,
  createJournal,
  createSymbolGuard,
  createSymbolTable,
  identitySettings,
  list,
  logError,
  openDynamo,
  openIdentity,
  openKinesis,
  openValkey,
  readEnv,
  text,
  valkeySettings,
} from '@supernoba/edge';
import { STREAMS, TABLES } from '@supernoba/protocol';
import { createKeys } from '@supernoba/valkey-keys';
import { createHandler } from './handler.js';

const settings = readEnv(
  {
    ...identitySettings,
    ...valkeySettings,
    AWS_REGION: text('ap-northeast-2'),
    KINESIS_ORDERS_STREAM: text(STREAMS.orders.name),
    SYMBOLS_TABLE: text(TABLES.symbols.name),
    CORS_ORIGINS: list(),
  },
  process.env,
);
const keys = createKeys({ hashTags: settings.VALKEY_HASH_TAGS });
const valkey = openValkey(settings, 'order-router');
const table = createSymbolTable({ dynamo: openDynamo(settings.AWS_REGION), table: settings.SYMBOLS_TABLE });

const kinesis = openKinesis(settings.AWS_REGION);
// A cold start has more CPU than the first request: the client is made now. Should that fail, the first append tries again.
kinesis().catch((error: unknown) => logError('no Kinesis client yet', error));

export const handler = createHandler({
  verify: openIdentity(settings),
  connections: createConnectionRegistry(valkey, keys),
  guard: createSymbolGuard({ valkey, keys, table }),
  journal: createJournal({ kinesis, stream: settings.KINESIS_ORDERS_STREAM }),
  corsOrigins: settings.CORS_ORIGINS,
  now: Date.now,
  log: logError,
});
