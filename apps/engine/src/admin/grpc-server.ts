import { createServer, ServerError, Status, type CallContext, type ServerMiddlewareCall } from 'nice-grpc';
import { HealthDefinition, HealthServiceImpl, HealthState } from 'nice-grpc-server-health';
import { ServerReflection, ServerReflectionService } from 'nice-grpc-server-reflection';
import { createHash, timingSafeEqual } from 'node:crypto';
import { DESCRIPTOR_SET } from './generated/descriptor-set.js';
import { SnapshotServiceDefinition } from './generated/supernoba/engine/v1/snapshot_service.js';
import type { BookAdmin } from './book-admin.js';
import { BookAdminError, type BookAdminErrorCode } from './book-admin-error.js';
import { isReady } from './http.js';
import { snapshotService } from './snapshot-service.js';
import type { Engine } from '../engine.js';
import type { EngineLogger } from '../ports.js';

/** No request of this service is large. */
const MAX_REQUEST_BYTES = 64 * 1024;
const MAX_STREAMS = 100;
const HEALTH_MS = 1_000;

const STATUS: Readonly<Record<BookAdminErrorCode, Status>> = {
  BAD_REQUEST: Status.INVALID_ARGUMENT,
  UNKNOWN_SYMBOL: Status.NOT_FOUND,
  SNAPSHOT_NOT_FOUND: Status.NOT_FOUND,
  BAD_SNAPSHOT: Status.DATA_LOSS,
  UNAUTHORIZED: Status.UNAUTHENTICATED,
  UNAVAILABLE: Status.UNAVAILABLE,
};

export interface GrpcOptions {
  host: string;
  /** 0 lets the system choose. */
  port: number;
  /** What callers show as `authorization: Bearer …`; undefined lets everybody in who reaches the port. */
  token: string | undefined;
  admin: BookAdmin;
  engine: Pick<Engine, 'health'>;
  logger: EngineLogger;
}

export interface GrpcServer {
  port: number;
  close(): void;
}

/**
 * The operator's gRPC service, the standard health service and server reflection. Health is told to everybody, all else to
 * who shows the token.
 */
export async function startGrpc({ host, port, token, admin, engine, logger }: GrpcOptions): Promise<GrpcServer> {
  const server = createServer({
    'grpc.max_receive_message_length': MAX_REQUEST_BYTES,
    'grpc.max_concurrent_streams': MAX_STREAMS,
  }).use(translateErrors(logger));
  const health = HealthState();
  server.add(HealthDefinition, HealthServiceImpl(health));
  const guarded = server.with(checkToken(token));
  guarded.add(SnapshotServiceDefinition, snapshotService(admin, engine));
  const { fullName } = SnapshotServiceDefinition;
  guarded.add(ServerReflectionService, ServerReflection(Buffer.from(DESCRIPTOR_SET, 'base64'), [fullName]));
  const tellHealth = () => {
    const status = isReady(engine.health()) ? 'healthy' : 'unhealthy';
    for (const service of ['', fullName]) health.setStatus(status, service);
  };
  tellHealth();
  const timer = setInterval(tellHealth, HEALTH_MS);
  timer.unref();
  const bound = await server.listen(host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`);
  return {
    port: bound,
    close() {
      clearInterval(timer);
      admin.close();
      server.forceShutdown();
    },
  };
}

type Middleware = <Request, Response>(
  call: ServerMiddlewareCall<Request, Response>,
  context: CallContext,
) => AsyncGenerator<Response, Response | void, undefined>;

function checkToken(token: string | undefined): Middleware {
  const expected = token === undefined ? undefined : digest(`Bearer ${token}`);
  return async function* (call, context) {
    const shown = digest(context.metadata.get('authorization') ?? '');
    if (expected !== undefined && !timingSafeEqual(shown, expected)) {
      throw new BookAdminError('UNAUTHORIZED', 'metadata authorization: Bearer and the GRPC_TOKEN of this engine');
    }
    return yield* call.next(call.request, context);
  };
}

/** Hashes have one length, so that comparing them tells nothing of the token. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function translateErrors(logger: EngineLogger): Middleware {
  return async function* (call, context) {
    try {
      return yield* call.next(call.request, context);
    } catch (error) {
      if (error instanceof BookAdminError) throw new ServerError(STATUS[error.code], `${error.code}: ${error.message}`);
      // Errors of the protocol itself, and calls that were given up, are the caller's.
      if (error instanceof ServerError || context.signal.aborted) throw error;
      logger.error({ err: error, method: call.method.path }, 'a gRPC call failed');
      throw new ServerError(Status.INTERNAL, 'INTERNAL: the log of the engine says why');
    }
  };
}
