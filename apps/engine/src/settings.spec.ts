import { engineSettings, readEnvironment } from './settings.js';

const hosts = { REDIS_HOST: 'backup.internal', DEPTH_CACHE_HOST: 'depth.internal' };

test('the variables of the document have the defaults of the document', () => {
  const env = readEnvironment(hosts);
  expect(env).toMatchObject({
    AWS_REGION: 'ap-northeast-2',
    KINESIS_ORDERS_STREAM: 'supernoba-orders',
    KINESIS_FILLS_STREAM: 'supernoba-fills',
    KINESIS_STATUS_STREAM: 'supernoba-order-status',
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

test('the operator’s port is for this machine alone, unless there is a token', () => {
  const token = 'a-token-of-some-length';
  expect(readEnvironment(hosts)).toMatchObject({ GRPC_HOST: '127.0.0.1', GRPC_TOKEN: undefined });
  expect(readEnvironment({ ...hosts, GRPC_HOST: '0.0.0.0', GRPC_TOKEN: token })).toMatchObject({ GRPC_TOKEN: token });
  expect(() => readEnvironment({ ...hosts, GRPC_HOST: '0.0.0.0' })).toThrow(
    /1 mistake:[^]*GRPC_HOST=0.0.0.0: a host other than the loopback needs a GRPC_TOKEN/,
  );
  expect(() => readEnvironment({ GRPC_HOST: '0.0.0.0' })).toThrow(/3 mistakes:[^]*GRPC_HOST=0.0.0.0/);
});

test('a token that is too short is refused without being told', () => {
  const read = () => readEnvironment({ ...hosts, GRPC_TOKEN: 'letmein' });
  expect(read).toThrow(/GRPC_TOKEN=…: must be 16 to 256/);
  expect(read).not.toThrow(/letmein/);
});
