import { DEFAULT_BUCKET, STREAMS, TABLES } from '@supernoba/protocol';
import {
  createDynamoClient,
  createKinesisClient,
  createLogger,
  createS3Client,
  createValkey,
  envBoolean,
  envPort,
  envText,
  readSettings,
} from '@supernoba/runtime';
import { createKeys } from '@supernoba/valkey-keys';
import { z } from 'zod';
import { createBucket, createStreams, createTables, registerSymbols } from '../set-up/index.js';

/** The symbols that every exchange on one machine begins with. */
const SYMBOLS = ['TEST', 'BTCUSD'];

const schema = z.object({
  AWS_REGION: envText('ap-northeast-2'),
  SNAPSHOT_BUCKET: envText(DEFAULT_BUCKET),
  VALKEY_HOST: envText(),
  VALKEY_PORT: envPort(6379),
  VALKEY_HASH_TAGS: envBoolean(false),
});

/** What a deployment makes once: tables, streams, bucket, symbols. Whatever exists is left as it is. */
async function setUp(): Promise<void> {
  const settings = readSettings(schema, process.env);
  const { AWS_REGION: region } = settings;
  const dynamo = createDynamoClient({ region });
  const kinesis = createKinesisClient({ region });
  const s3 = createS3Client({ region });
  const valkey = createValkey({ host: settings.VALKEY_HOST, port: settings.VALKEY_PORT, name: 'set-up' });
  const keys = createKeys({ hashTags: settings.VALKEY_HASH_TAGS });
  try {
    await Promise.all([
      valkey.connect(),
      createTables(dynamo, Object.values(TABLES)),
      createStreams(kinesis, Object.values(STREAMS)),
      createBucket(s3, settings.SNAPSHOT_BUCKET),
    ]);
    const stores = { dynamo, table: TABLES.symbols.name, kinesis, stream: STREAMS.orders.name, valkey, keys };
    await registerSymbols(stores, SYMBOLS);
  } finally {
    valkey.disconnect();
    for (const client of [dynamo, kinesis, s3]) client.destroy();
  }
}

setUp().catch((error: unknown) => {
  createLogger({ name: 'set-up' }).error({ err: error }, 'the set-up failed');
  process.exitCode = 1;
});
