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
import { CandleTable, TradeTable } from '@supernoba/market-history';
import { TABLES } from '@supernoba/protocol';
import { createKeys } from '@supernoba/valkey-keys';
import { createHandler } from './handler.js';
import { KeptRows } from './kept-rows.js';

const settings = readEnv(
  {
    ...valkeySettings,
    AWS_REGION: text('ap-northeast-2'),
    SYMBOLS_TABLE: text(TABLES.symbols.name),
    CANDLES_TABLE: text(TABLES.candleHistory.name),
    DYNAMODB_TABLE: text(TABLES.tradeHistory.name),
    CORS_ORIGINS: list(),
  },
  process.env,
);
const keys = createKeys({ hashTags: settings.VALKEY_HASH_TAGS });
const valkey = openValkey(settings, 'chart-data');
const openTable = openDynamo(settings.AWS_REGION);
const dynamo = await openTable();
const table = createSymbolTable({ dynamo: openTable, table: settings.SYMBOLS_TABLE });

export const handler = createHandler({
  valkey,
  keys,
  guard: createSymbolGuard({ valkey, keys, table }),
  table,
  candles: new CandleTable(dynamo, settings.CANDLES_TABLE),
  kept: new KeptRows(),
  trades: new TradeTable(dynamo, settings.DYNAMODB_TABLE),
  corsOrigins: settings.CORS_ORIGINS,
  log: logError,
});
