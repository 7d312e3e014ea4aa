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
import { createTradeReader } from '@supernoba/history';
import { TABLES } from '@supernoba/protocol';
import { createKeys } from '@supernoba/valkey-keys';
import { createHandler } from './handler.js';

const settings = readEnv(
  {
    ...valkeySettings,
    AWS_REGION: text('ap-northeast-2'),
    SYMBOLS_TABLE: text(TABLES.symbols.name),
    DYNAMODB_TABLE: text(TABLES.tradeHistory.name),
    CORS_ORIGINS: list(),
  },
  process.env,
);
const keys = createKeys({ hashTags: settings.VALKEY_HASH_TAGS });
const valkey = openValkey(settings, 'market-data');
const dynamo = openDynamo(settings.AWS_REGION);
const table = createSymbolTable({ dynamo, table: settings.SYMBOLS_TABLE });

export const handler = createHandler({
  valkey,
  keys,
  guard: createSymbolGuard({ valkey, keys, table }),
  history: createTradeReader({ dynamo, name: settings.DYNAMODB_TABLE }),
  corsOrigins: settings.CORS_ORIGINS,
  log: logError,
});
