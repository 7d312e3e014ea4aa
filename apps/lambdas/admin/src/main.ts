import {
  createJournal,
  createSymbolGuard,
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
import { createSymbolStore } from './symbol-store.js';

const settings = readEnv(
  {
    ...identitySettings,
    ...valkeySettings,
    AWS_REGION: text('ap-northeast-2'),
    KINESIS_ORDERS_STREAM: text(STREAMS.orders.name),
    SYMBOLS_TABLE: text(TABLES.symbols.name),
    AUDIT_TABLE: text(TABLES.audit.name),
    CORS_ORIGINS: list(),
  },
  process.env,
);
const { AWS_REGION: region, SYMBOLS_TABLE: symbols, AUDIT_TABLE: audit } = settings;
const keys = createKeys({ hashTags: settings.VALKEY_HASH_TAGS });
const valkey = openValkey(settings, 'admin');
const store = createSymbolStore({ dynamo: openDynamo(region), symbols, audit });

export const handler = createHandler({
  verify: openIdentity(settings),
  store,
  journal: createJournal({ kinesis: openKinesis(region), stream: settings.KINESIS_ORDERS_STREAM }),
  guard: createSymbolGuard({ valkey, keys, table: store }),
  corsOrigins: settings.CORS_ORIGINS,
  now: Date.now,
  log: logError,
});
