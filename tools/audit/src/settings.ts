import { DEFAULT_BUCKET, STREAMS, TABLES } from '@supernoba/protocol';
import { envBoolean, envPort, envText, readSettings } from '@supernoba/runtime';
import { z } from 'zod';

/** The engine's own variables: the audit looks where the engine wrote. */
const schema = z.object({
  AWS_REGION: envText('ap-northeast-2'),
  KINESIS_ORDERS_STREAM: envText(STREAMS.orders.name),
  KINESIS_FILLS_STREAM: envText(STREAMS.fills.name),
  KINESIS_STATUS_STREAM: envText(STREAMS.orderStatus.name),
  DYNAMODB_TABLE: envText(TABLES.tradeHistory.name),
  ORDER_TABLE: envText(TABLES.orderHistory.name),
  CANDLE_TABLE: envText(TABLES.candleHistory.name),
  LEASES_TABLE: envText(TABLES.leases.name),
  DEAD_LETTERS_TABLE: envText(TABLES.deadLetters.name),
  SNAPSHOT_BUCKET: envText(DEFAULT_BUCKET),
  /** Where `trades-backup` and `candle-rollup` write. */
  ARCHIVE_BUCKET: envText(DEFAULT_BUCKET),
  DEPTH_CACHE_HOST: envText(),
  DEPTH_CACHE_PORT: envPort(6379),
  DEPTH_CACHE_TLS: envBoolean(false),
  DEPTH_CACHE_PASSWORD: envText().optional(),
  /** The backup cache; without it the previous days are not compared. */
  REDIS_HOST: envText().optional(),
  REDIS_PORT: envPort(6379),
  REDIS_TLS: envBoolean(false),
  REDIS_PASSWORD: envText().optional(),
  VALKEY_HASH_TAGS: envBoolean(false),
});

export type AuditSettings = Readonly<z.infer<typeof schema>>;

/** @throws SettingsError naming every variable that is missing or wrong */
export function auditSettings(env: NodeJS.ProcessEnv): AuditSettings {
  return readSettings(schema, env);
}
