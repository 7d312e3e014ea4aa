import {
  createSymbolGuard,
  createSymbolTable,
  list,
  logError,
  openDynamo,
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
    ...valkeySettings,
    AWS_REGION: text('ap-northeast-2'),
    SYMBOLS_TABLE: text(TABLES.symbols.name),
    CORS_ORIGINS: list(),
  },
  process.env,
);
const keys = createKeys({ hashTags: settings.VALKEY_HASH_TAGS });
const valkey = openValkey(settings, 'market-data');
const table = createSymbolTable({ dynamo: openDynamo(settings.AWS_REGION), table: settings.SYMBOLS_TABLE });

export const handler = createHandler({
  valkey,
  keys,
  guard: createSymbolGuard({ valkey, keys, table }),
  corsOrigins: settings.CORS_ORIGINS,
  log: logError,
});
