import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readLockHolder } from '../supervisor/lock.js';
import { isAlive } from '../supervisor/process-identity.js';

/** Where the parts of a running exchange are: the content of `endpoints.json`. */
export interface Endpoints {
  /** The public address: the page at `/`, every HTTP route. */
  http: string;
  /** The WebSocket, `ws://…/ws`. */
  ws: string;
  /** Base of the auth routes, `…/auth/v1`. */
  auth: string;
  kinesis: string;
  dynamodb: string;
  s3: string;
  /** `redis://host:port` of the cache that holds depth, tickers, candles and connections. */
  valkeyDepth: string;
  /** `redis://host:port` of the cache that holds copies of snapshots. */
  valkeyBackup: string;
  /** The callback API (`/@connections`), and `POST /_local/schedules/NAME`, which runs a scheduled Lambda now. */
  connections: string;
  /** The engine's Prometheus page; `/ready` and `/health` lie beside it. */
  engineMetrics: string;
  /** `host:port` of the engine's gRPC service for operators; a token is wanted only where `GRPC_TOKEN` is set. */
  engineGrpc: string;
  /** Access tokens of the predefined users, renewed in the file before they expire. */
  tokens: { alice: string; bob: string; admin: string };
}

export const ENDPOINTS_FILE = 'endpoints.json';

/** No exchange runs in that folder, or it is not ready yet. */
export class NotRunningError extends Error {
  constructor(folder: string) {
    super(`no exchange runs in ${folder}; start one with "npm start", or wait until it is ready`);
    this.name = 'NotRunningError';
  }
}

/**
 * The endpoints of the exchange that runs in a data folder. A file that a killed one left behind does not count.
 *
 * @throws NotRunningError
 */
export function readEndpoints(folder = '.local'): Endpoints {
  const holder = readLockHolder(folder);
  if (holder === undefined || !isAlive(holder)) throw new NotRunningError(folder);
  try {
    return JSON.parse(readFileSync(join(folder, ENDPOINTS_FILE), 'utf8')) as Endpoints;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new NotRunningError(folder);
    throw error;
  }
}

/** The AWS SDK's own variables: with them, any client of this machine talks to the exchange's servers. */
export function awsEnvironment({
  kinesis,
  dynamodb,
  s3,
}: Pick<Endpoints, 'kinesis' | 'dynamodb' | 's3'>): Record<string, string> {
  return {
    AWS_REGION: 'ap-northeast-2',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_ENDPOINT_URL_KINESIS: kinesis,
    AWS_ENDPOINT_URL_DYNAMODB: dynamodb,
    AWS_ENDPOINT_URL_S3: s3,
    AWS_REQUEST_CHECKSUM_CALCULATION: 'when_required',
    AWS_RESPONSE_CHECKSUM_VALIDATION: 'when_required',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  };
}
