import { engineSettings, readEnvironment } from './settings.js';

const hosts = { REDIS_HOST: 'backup.internal', DEPTH_CACHE_HOST: 'depth.internal' };

test('the variables of the document have the defaults of the document', () => {
  const env = readEnvironment(hosts);
  expect(env).toMatchObject({
    AWS_REGION: 'ap-northeast-2',
    KINESIS_ORDERS_STREAM: 'supernoba-orders',
    KINESIS_FILLS_STREAM: 'supernoba-fills',
    KINESIS_STATUS_STREAM: 'supernoba-order-status',
    DYNAMODB_TABLE: 'trade_history',
    REDIS_PORT: 6379,
    DEPTH_CACHE_PORT: 6379,
    DEPTH_CACHE_TLS: false,
    GRPC_PORT: 50_051,
    LOG_LEVEL: 'INFO',
    METRICS_HOST: '127.0.0.1',
  });
  expect(Object.isFrozen(env)).toBe(true);
  expect(engineSettings(env)).toMatchObject({ ordersStream: 'supernoba-orders', pollMs: 200, hashTags: false });
});

test('all mistakes stand in one message, each with its variable', () => {
  const broken = {
    REDIS_HOST: 'x',
    LOG_LEVEL: 'LOUD',
    REDIS_TLS: 'yes',
    SNAPSHOT_INTERVAL_MS: '1.5',
    KINESIS_POLL_MS: '0',
  };
  expect(() => readEnvironment(broken)).toThrow(
    /5 mistakes[^]*KINESIS_POLL_MS=0[^]*SNAPSHOT_INTERVAL_MS=1.5[^]*REDIS_TLS=yes[^]*DEPTH_CACHE_HOST is not set[^]*LOG_LEVEL=LOUD/,
  );
});
