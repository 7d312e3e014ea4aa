import { awsEnvironment, type Endpoints } from '@supernoba/local';

/** Where a local exchange's stores are, in the engine's variables. */
export function localEnvironment(endpoints: Endpoints): Record<string, string> {
  const depth = new URL(endpoints.valkeyDepth);
  const backup = new URL(endpoints.valkeyBackup);
  return {
    ...awsEnvironment(endpoints),
    DEPTH_CACHE_HOST: depth.hostname,
    DEPTH_CACHE_PORT: depth.port,
    REDIS_HOST: backup.hostname,
    REDIS_PORT: backup.port,
  };
}
