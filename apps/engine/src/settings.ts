import { DEFAULT_BUCKET, STREAMS, TABLES } from '@supernoba/protocol';
import { envBoolean, envInteger, envPort, envText, LOG_LEVELS, readSettings } from '@supernoba/runtime';
import { z } from 'zod';

const CONSUMERS = ['polling', 'efo'] as const;
const LOOPBACK = ['127.0.0.1', '::1', 'localhost'];
const TOKEN_PATTERN = /^[!-~]{16,256}$/;

const schema = z.object({
  AWS_REGION: envText('ap-northeast-2'),
  KINESIS_ORDERS_STREAM: envText(STREAMS.orders.name),
  KINESIS_FILLS_STREAM: envText(STREAMS.fills.name),
  KINESIS_STATUS_STREAM: envText(STREAMS.orderStatus.name),
  /** Least time between two reads of a shard, ms. Kinesis takes 5 reads a second. */
  KINESIS_POLL_MS: envInteger(1, 10_000, 200),
  /** How records are read: polled, or pushed by enhanced fan-out (polled whenever that fails). */
  KINESIS_CONSUMER: z.enum(CONSUMERS, { error: `must be one of ${CONSUMERS.join(', ')}` }).default('polling'),
  /** Name of the enhanced fan-out consumer that all engines share. */
  KINESIS_CONSUMER_NAME: envText('supernoba-engine'),
  /** How long a shard is left to an engine that no longer renews its lease, ms. */
  LEASE_MS: envInteger(1_000, 60_000, 6_000),
  /** Least retention of the orders stream, hours: what a restart can replay. */
  JOURNAL_MIN_RETENTION_HOURS: envInteger(24, 8_760, 168),
  LEASES_TABLE: envText(TABLES.leases.name),
  DEAD_LETTERS_TABLE: envText(TABLES.deadLetters.name),
  SNAPSHOT_BUCKET: envText(DEFAULT_BUCKET),
  SNAPSHOT_INTERVAL_MS: envInteger(100, 3_600_000, 60_000),
  /** How long snapshots are kept once newer ones have replaced them, ms. */
  SNAPSHOT_KEEP_MS: envInteger(60_000, 604_800_000, 3_600_000),
  CHECKPOINT_INTERVAL_MS: envInteger(0, 60_000, 250),
  /** Least time between two segments of the journal's archive, ms, a shard. The checkpoint waits for them. */
  ARCHIVE_INTERVAL_MS: envInteger(0, 60_000, 500),
  /** Batches of a shard that may wait for an acknowledgement. */
  MAX_BATCHES_IN_FLIGHT: envInteger(1, 1_000, 16),
  REDIS_HOST: envText(),
  REDIS_PORT: envPort(6379),
  REDIS_TLS: envBoolean(false),
  REDIS_PASSWORD: envText().optional(),
  DEPTH_CACHE_HOST: envText(),
  DEPTH_CACHE_PORT: envPort(6379),
  DEPTH_CACHE_TLS: envBoolean(false),
  DEPTH_CACHE_PASSWORD: envText().optional(),
  VALKEY_HASH_TAGS: envBoolean(false),
  METRICS_HOST: envText('127.0.0.1'),
  /** /metrics, /health, /ready; 0 lets the system choose. */
  METRICS_PORT: envPort(9464),
  /** The operator's service; 0 lets the system choose. Without a token nobody but this machine reaches it. */
  GRPC_PORT: envPort(50_051),
  GRPC_HOST: envText('127.0.0.1'),
  GRPC_TOKEN: z
    .string()
    .regex(TOKEN_PATTERN, 'must be 16 to 256 characters of the printable ASCII, no space')
    .optional(),
  /** Where changes of the operator's service leave their rows. */
  AUDIT_TABLE: envText(TABLES.audit.name),
  LOG_LEVEL: z.enum(LOG_LEVELS, { error: `must be one of ${LOG_LEVELS.join(', ')}` }).default('INFO'),
});

const guarded = schema.refine(
  // Looked at whatever else is wrong: all mistakes stand in one message.
  ({ GRPC_HOST, GRPC_TOKEN }) => GRPC_TOKEN !== undefined || GRPC_HOST === undefined || LOOPBACK.includes(GRPC_HOST),
  { path: ['GRPC_HOST'], error: 'a host other than the loopback needs a GRPC_TOKEN', when: () => true },
);

export type Environment = Readonly<z.infer<typeof schema>>;

/** The part of the settings that the engine itself goes by. */
export interface EngineSettings {
  ordersStream: string;
  fillsStream: string;
  statusStream: string;
  pollMs: number;
  minRetentionHours: number;
  leasesTable: string;
  deadLettersTable: string;
  consumer: (typeof CONSUMERS)[number];
  consumerName: string;
  leaseMs: number;
  snapshotIntervalMs: number;
  snapshotKeepMs: number;
  checkpointIntervalMs: number;
  archiveIntervalMs: number;
  maxBatchesInFlight: number;
  hashTags: boolean;
}

/** @throws SettingsError naming every variable that is missing or wrong */
export function readEnvironment(env: NodeJS.ProcessEnv): Environment {
  return readSettings(guarded, env);
}

export function engineSettings(env: Environment): EngineSettings {
  return {
    ordersStream: env.KINESIS_ORDERS_STREAM,
    fillsStream: env.KINESIS_FILLS_STREAM,
    statusStream: env.KINESIS_STATUS_STREAM,
    pollMs: env.KINESIS_POLL_MS,
    minRetentionHours: env.JOURNAL_MIN_RETENTION_HOURS,
    leasesTable: env.LEASES_TABLE,
    deadLettersTable: env.DEAD_LETTERS_TABLE,
    consumer: env.KINESIS_CONSUMER,
    consumerName: env.KINESIS_CONSUMER_NAME,
    leaseMs: env.LEASE_MS,
    snapshotIntervalMs: env.SNAPSHOT_INTERVAL_MS,
    snapshotKeepMs: env.SNAPSHOT_KEEP_MS,
    checkpointIntervalMs: env.CHECKPOINT_INTERVAL_MS,
    archiveIntervalMs: env.ARCHIVE_INTERVAL_MS,
    maxBatchesInFlight: env.MAX_BATCHES_IN_FLIGHT,
    hashTags: env.VALKEY_HASH_TAGS,
  };
}
