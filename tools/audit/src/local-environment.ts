import { awsEnvironment, type Endpoints } from '@supernoba/local';

/** Where a local exchange's stores are, in the engine's variables. */
export function localEnvironment(endpoints: Endpoints): Record<string, string> {
  const { hostname, port } = new URL(endpoints.valkeyDepth);
  return { ...awsEnvironment(endpoints), DEPTH_CACHE_HOST: hostname, DEPTH_CACHE_PORT: port };
}
