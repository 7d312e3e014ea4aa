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
const [dynamo, options] = await Promise.all([openTable(), lambdaClientOptions(settings.AWS_REGION)]);

export const handler = createHandler({
  table: createSymbolTable({ dynamo: openTable, table: settings.SYMBOLS_TABLE }),
  candles: new CandleTable(dynamo, settings.CANDLES_TABLE),
  archive: new MarketArchive(new S3Client({ ...options, maxAttempts: 3 }), settings.ARCHIVE_BUCKET),
  log: logError,
});
