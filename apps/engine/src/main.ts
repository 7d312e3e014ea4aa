import {
  createDynamoClient,
  createKinesisClient,
  createKinesisPushClient,
  createLogger,
  createS3Client,
  createValkey,
  onShutdown,
  SettingsError,
  type Logger,
} from '@supernoba/runtime';
import { assertLoopback, deleteOwnKeys, keyPatterns } from '@supernoba/valkey-keys';
import { collectDefaultMetrics } from 'prom-client';
import { DynamoAdapter } from './adapters/dynamodb.js';
import { KinesisAdapter } from './adapters/kinesis.js';
import { S3Adapter } from './adapters/s3.js';
import { systemClock, systemRandom, systemTimers } from './adapters/system.js';
import { ValkeyAdapter } from './adapters/valkey.js';
import { BookAdmin } from './admin/book-admin.js';
import { startGrpc } from './admin/grpc-server.js';
import { startAdmin } from './admin/http.js';
import { collectEngine, PrometheusMetrics } from './admin/metrics.js';
import { OperatorSnapshots } from './admin/operator-snapshots.js';
import { createEngine } from './engine.js';
import type { EnginePorts } from './ports.js';
import { engineSettings, readEnvironment, type Environment } from './settings.js';

const DRAIN_MS = 20_000;

function depthConnection(env: Environment) {
  return connection(env.DEPTH_CACHE_HOST, env.DEPTH_CACHE_PORT, env.DEPTH_CACHE_TLS, env.DEPTH_CACHE_PASSWORD);
}

function backupConnection(env: Environment) {
  return connection(env.REDIS_HOST, env.REDIS_PORT, env.REDIS_TLS, env.REDIS_PASSWORD);
}

function connection(host: string, port: number, tls: boolean, password: string | undefined) {
  return { host, port, tls, name: 'supernoba-engine', ...(password === undefined ? {} : { password }) };
}

/** `--dev`: forgets what the caches hold of this engine. The journal and the snapshots stay: everything comes back from them. */
async function clearCaches(env: Environment, logger: Logger): Promise<void> {
  const caches = [
    { cache: 'depth', options: depthConnection(env) },
    { cache: 'backup', options: backupConnection(env) },
  ] as const;
  for (const { options } of caches) assertLoopback(options.host);
  for (const { cache, options } of caches) {
    const client = createValkey(options);
    client.on('error', (error: Error) => logger.warn({ cache, error: error.message }, 'the cache is away'));
    try {
      await client.connect();
      const patterns = keyPatterns({ cache, owner: 'engine' });
      const deleted = await deleteOwnKeys(client, { host: options.host, patterns });
      logger.info({ cache, deleted }, 'cache cleared');
    } finally {
      client.disconnect();
    }
  }
}

async function run(env: Environment, logger: Logger): Promise<void> {
  if (process.argv.includes('--dev')) await clearCaches(env, logger);
  const aws = { region: env.AWS_REGION, maxAttempts: 1 };
  const depthCache = new ValkeyAdapter(createValkey(depthConnection(env)), 'depth', logger);
  const backupCache = new ValkeyAdapter(createValkey(backupConnection(env)), 'backup', logger);
  const metrics = new PrometheusMetrics();
  collectDefaultMetrics({ register: metrics.registry });
  const ports: EnginePorts = {
    clock: systemClock,
    timers: systemTimers,
    random: systemRandom,
    kinesis: new KinesisAdapter(createKinesisClient(aws), createKinesisPushClient(aws)),
    dynamo: new DynamoAdapter(createDynamoClient(aws)),
    objects: new S3Adapter(createS3Client(aws), env.SNAPSHOT_BUCKET),
    depthCache,
    backupCache,
    metrics,
    logger,
  };
  const engine = createEngine(ports, engineSettings(env));
  collectEngine(metrics.registry, engine);
  const admin = await startAdmin({
    host: env.METRICS_HOST,
    port: env.METRICS_PORT,
    registry: metrics.registry,
    health: () => engine.health(),
  });
  logger.info({ host: env.METRICS_HOST, port: admin.port }, 'metrics');
  const grpc = await startGrpc({
    host: env.GRPC_HOST,
    port: env.GRPC_PORT,
    token: env.GRPC_TOKEN,
    admin: new BookAdmin({
      engine,
      ports,
      snapshots: new OperatorSnapshots(ports.objects),
      ordersStream: env.KINESIS_ORDERS_STREAM,
      auditTable: env.AUDIT_TABLE,
    }),
    engine,
    logger,
  });
  logger.info({ host: env.GRPC_HOST, port: grpc.port, needsToken: env.GRPC_TOKEN !== undefined }, 'gRPC');
  onShutdown(
    async (signal) => {
      logger.info({ signal }, 'draining');
      await engine.stop();
      grpc.close();
      logger.info({}, 'stopped');
    },
    { timeoutMs: DRAIN_MS, onError: (error) => logger.error({ err: error }, 'the engine could not drain') },
  );
  depthCache.connect();
  backupCache.connect();
  await engine.start();
  await engine.ended;
}

function main(): void {
  let env: Environment;
  try {
    env = readEnvironment(process.env);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(2);
  }
  const logger = createLogger({ name: 'engine', level: env.LOG_LEVEL });
  run(env, logger).catch((error: unknown) => {
    // Going on would be wrong: whoever started the engine sees the code and starts it anew.
    logger.error({ err: error }, 'the engine has ended');
    process.exit(1);
  });
}

main();
