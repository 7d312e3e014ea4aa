import { awsEnvironment } from './endpoints.js';
import type { Ports } from './ports.js';

export const LOOPBACK = '127.0.0.1';

export function httpAt(port: number): string {
  return `http://${LOOPBACK}:${port}`;
}

/**
 * What every part gets of this process's own environment: all but what belongs to npm and to somebody's AWS account. A
 * profile or a session token left in the shell must neither be used nor sent anywhere.
 */
export function inheritedEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(AWS_|npm_)/i.test(name)));
}

/** Settings a developer may give that the parts take as they are. */
export type Given = NodeJS.ProcessEnv;

export function awsOf(ports: Ports): Record<string, string> {
  return awsEnvironment({ kinesis: httpAt(ports.kinesis), dynamodb: httpAt(ports.dynamodb), s3: httpAt(ports.s3) });
}

export function depthCacheOf(ports: Ports): Record<string, string> {
  return { VALKEY_HOST: LOOPBACK, VALKEY_PORT: String(ports.valkeyDepth), VALKEY_TLS: 'false', VALKEY_PASSWORD: '' };
}

export function engineEnvironment(ports: Ports, given: Given): Record<string, string> {
  return {
    ...awsOf(ports),
    REDIS_HOST: LOOPBACK,
    REDIS_PORT: String(ports.valkeyBackup),
    REDIS_TLS: 'false',
    REDIS_PASSWORD: '',
    DEPTH_CACHE_HOST: LOOPBACK,
    DEPTH_CACHE_PORT: String(ports.valkeyDepth),
    DEPTH_CACHE_TLS: 'false',
    DEPTH_CACHE_PASSWORD: '',
    METRICS_PORT: String(ports.engineMetrics),
    GRPC_PORT: String(ports.engineGrpc),
    // Kinesis takes five reads a second of a shard, the local server any number.
    KINESIS_POLL_MS: given['KINESIS_POLL_MS'] ?? '100',
    KINESIS_CONSUMER: given['KINESIS_CONSUMER'] ?? 'polling',
    // A killed engine is started again at once, and waits so long for what it held before.
    LEASE_MS: given['LEASE_MS'] ?? '6000',
  };
}

export function streamerEnvironment(ports: Ports): Record<string, string> {
  return {
    ...awsOf(ports),
    ...depthCacheOf(ports),
    WEBSOCKET_ENDPOINT: httpAt(ports.connections),
    METRICS_PORT: String(ports.streamerMetrics),
  };
}

/** Lambdas get nothing of this process's environment: whatever they take is named here. */
export function lambdaEnvironment(ports: Ports, jwks: string, given: Given): Record<string, string> {
  const taken = ['LOG_LEVEL', 'CORS_ORIGINS', 'VALKEY_HASH_TAGS'].flatMap((name) => {
    const value = given[name];
    return value === undefined ? [] : [[name, value]];
  });
  return {
    ...awsOf(ports),
    ...depthCacheOf(ports),
    STAGE: 'local',
    ALLOW_TEST_MODE: given['ALLOW_TEST_MODE'] ?? 'true',
    SUPABASE_URL: httpAt(ports.public),
    SUPABASE_ANON_KEY: 'local-anon-key',
    SUPABASE_JWKS: jwks,
    JWT_AUDIENCE: 'authenticated',
    WEBSOCKET_ENDPOINT: httpAt(ports.connections),
    ...(Object.fromEntries(taken) as Record<string, string>),
  };
}
