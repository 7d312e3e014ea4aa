import { DEFAULT_BUCKET, STREAMS, TABLES } from '@supernoba/protocol';
import { createDynamoClient, createKinesisClient, createS3Client, envText, readSettings } from '@supernoba/runtime';
import { z } from 'zod';

/** The variables of engine and Lambdas: the stores are where these wrote. */
const schema = z.object({
  AWS_REGION: envText('ap-northeast-2'),
  KINESIS_ORDERS_STREAM: envText(STREAMS.orders.name),
  DYNAMODB_TABLE: envText(TABLES.tradeHistory.name),
  ORDER_HISTORY_TABLE: envText(TABLES.orderHistory.name),
  CANDLES_TABLE: envText(TABLES.candleHistory.name),
  SYMBOLS_TABLE: envText(TABLES.symbols.name),
  LEASES_TABLE: envText(TABLES.leases.name),
  /** Where the archives of journal and market data lie. */
  SNAPSHOT_BUCKET: envText(DEFAULT_BUCKET),
  ARCHIVE_BUCKET: envText(DEFAULT_BUCKET),
});

export type RebuildSettings = Readonly<z.infer<typeof schema>>;

/** @throws SettingsError naming every variable that is wrong */
export function rebuildSettings(env: NodeJS.ProcessEnv): RebuildSettings {
  return readSettings(schema, env);
}

/** Throttled calls go again many times: a rebuild may wait. */
const MAX_ATTEMPTS = 10;

export type Clients = ReturnType<typeof openClients>;

/** Endpoints and credentials come from the AWS SDK's own variables. */
export function openClients({ AWS_REGION: region }: RebuildSettings) {
  const options = { region, maxAttempts: MAX_ATTEMPTS };
  return {
    kinesis: createKinesisClient(options),
    dynamo: createDynamoClient(options),
    s3: createS3Client(options),
  };
}
