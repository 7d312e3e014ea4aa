import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { createSymbolTable, lambdaClientOptions, logError, openDynamo, readEnv, text } from '@supernoba/edge';
import { CandleTable, MarketArchive } from '@supernoba/market-history';
import { DEFAULT_BUCKET, TABLES } from '@supernoba/protocol';
import { createHandler } from './handler.js';

const settings = readEnv(
  {
    AWS_REGION: text('ap-northeast-2'),
    SYMBOLS_TABLE: text(TABLES.symbols.name),
    CANDLES_TABLE: text(TABLES.candleHistory.name),
    ARCHIVE_BUCKET: text(DEFAULT_BUCKET),
  },
  process.env,
);
const openTable = openDynamo(settings.AWS_REGION);
// Every call may be repeated: one that is throttled is no reason to leave a symbol for the next run.
const options = { ...(await lambdaClientOptions(settings.AWS_REGION)), maxAttempts: 4 };
const dynamo = new DynamoDBClient(options);

export const handler = createHandler({
  table: createSymbolTable({ dynamo: openTable, table: settings.SYMBOLS_TABLE }),
  candles: new CandleTable(dynamo, settings.CANDLES_TABLE),
  archive: new MarketArchive(new S3Client(options), settings.ARCHIVE_BUCKET),
  log: logError,
});
