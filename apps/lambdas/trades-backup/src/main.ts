import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import {
  createSymbolTable,
  lambdaClientOptions,
  logError,
  openDynamo,
  openValkey,
  readEnv,
  text,
  valkeySettings,
} from '@supernoba/edge';
import { CandleTable, MarketArchive, TradeTable } from '@supernoba/market-history';
import { DEFAULT_BUCKET, TABLES } from '@supernoba/protocol';
import { createKeys } from '@supernoba/valkey-keys';
import { createHandler } from './handler.js';

const settings = readEnv(
  {
    ...valkeySettings,
    AWS_REGION: text('ap-northeast-2'),
    SYMBOLS_TABLE: text(TABLES.symbols.name),
    CANDLES_TABLE: text(TABLES.candleHistory.name),
    DYNAMODB_TABLE: text(TABLES.tradeHistory.name),
    ARCHIVE_BUCKET: text(DEFAULT_BUCKET),
  },
  process.env,
);
const keys = createKeys({ hashTags: settings.VALKEY_HASH_TAGS });
const valkey = openValkey(settings, 'trades-backup');
const openTable = openDynamo(settings.AWS_REGION);
// Every call may be repeated: one that is throttled is no reason to leave a symbol for the next run.
const options = { ...(await lambdaClientOptions(settings.AWS_REGION)), maxAttempts: 4 };
const dynamo = new DynamoDBClient(options);

export const handler = createHandler({
  valkey,
  keys,
  table: createSymbolTable({ dynamo: openTable, table: settings.SYMBOLS_TABLE }),
  candles: new CandleTable(dynamo, settings.CANDLES_TABLE),
  trades: new TradeTable(dynamo, settings.DYNAMODB_TABLE),
  archive: new MarketArchive(new S3Client(options), settings.ARCHIVE_BUCKET),
  log: logError,
});
