import {
  createConnectionRegistry,
  createSymbolGuard,
  createSymbolTable,
  identitySettings,
  logError,
  openDynamo,
  openIdentity,
  openValkey,
  readEnv,
  text,
  valkeySettings,
} from '@supernoba/edge';
import { TABLES } from '@supernoba/protocol';
import { createKeys } from '@supernoba/valkey-keys';
import { createHandler } from './handler.js';

const settings = readEnv(
  {
    ...identitySettings,
    ...valkeySettings,
    AWS_REGION: text('ap-northeast-2'),
    SYMBOLS_TABLE: text(TABLES.symbols.name),
  },
  process.env,
);
const keys = createKeys({ hashTags: settings.VALKEY_HASH_TAGS });
const valkey = openValkey(settings, 'subscribe');
const table = createSymbolTable({ dynamo: openDynamo(settings.AWS_REGION), table: settings.SYMBOLS_TABLE });

export const handler = createHandler({
  verify: openIdentity(settings),
  connections: createConnectionRegistry(valkey, keys),
  guard: createSymbolGuard({ valkey, keys, table }),
  now: Date.now,
  log: logError,
});
