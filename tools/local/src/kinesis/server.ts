import type { KinesisContext, KinesisLog } from './context.js';
import { CONTROL_PREFIX, serveControl } from './control.js';
import { lockFolder } from './data-lock.js';
import { Faults } from './faults.js';
import { listen, type HttpHandler } from './listener.js';
import { operationNames } from './operations/index.js';
import { serveApi } from './protocol.js';
import { StreamCatalog } from './stream-catalog.js';
import { Subscriptions } from './subscriptions.js';

export interface KinesisServerOptions {
  /** Folder of the catalogue and the logs; made where it is missing, held by one server at a time. */
  readonly dataDir: string;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: the system chooses a free one. */
  readonly port?: number;
  /** Default ap-northeast-2. Stands in ARNs. */
  readonly region?: string;
  /** Twelve digits, default 000000000000. Stands in ARNs and messages. */
  readonly accountId?: string;
  /** Enforces the rates of the real service a shard. Default false. */
  readonly limits?: boolean;
  /** Answers a write only when the disk has it. Default false: the operating system has it, which survives kill -9. */
  readonly fsync?: boolean;
  /** Open shards of all streams together, default 500. */
  readonly shardLimit?: number;
  /** How long CREATING, UPDATING and DELETING last, default 0 ms. */
  readonly transitionMs?: number;
  /** A log file is closed and a new one begun at this size (default 16 MiB) … */
  readonly segmentBytes?: number;
  /** … or at this age (default 1 hour): retention lets go of whole files. */
  readonly segmentMs?: number;
  /** Newest records kept in memory, a shard: default 1 MiB. */
  readonly recentBytes?: number;
  /** Life of shard iterators and page tokens, default 5 minutes. */
  readonly tokenMs?: number;
  /** SubscribeToShard: silence before an empty event (default 5 s), … */
  readonly heartbeatMs?: number;
  /** … life of a subscription (default 5 minutes), … */
  readonly subscriptionMs?: number;
  /** … and how long it is safe from being taken over (default 5 s). */
  readonly takeoverMs?: number;
  /** How often retention is looked after, default 60 s. */
  readonly trimEveryMs?: number;
  /** Epoch milliseconds, default the system's clock. */
  readonly now?: () => number;
  readonly log?: KinesisLog;
}

export interface KinesisServer {
  readonly host: string;
  readonly port: number;
  /** `http://host:port`, HTTP/1.1 and HTTP/2 alike. */
  readonly endpoint: string;
  /** The faults in force, also at `/_control/faults`. */
  readonly faults: Faults;
  /** Lets go of what is past retention now. */
  trim(): Promise<void>;
  /** Ends subscriptions, lets running requests finish for up to a second, closes the logs. */
  close(): Promise<void>;
}

const MIB = 1024 * 1024;
const LOCK_WAIT_MS = 3000;
const CLOSE_GRACE_MS = 1000;

/**
 * Starts the server on what the data folder holds.
 * @throws KinesisDataError when the folder is held by another process or damaged; a system error when the port is taken
 */
export async function startKinesisServer(options: KinesisServerOptions): Promise<KinesisServer> {
  const { dataDir, host = '127.0.0.1', log = () => undefined } = options;
  const unlock = await lockFolder(dataDir, LOCK_WAIT_MS);
  try {
    const context = createContext(options, log);
    const faults = new Faults(operationNames);
    await context.catalog.trim(context.now());
    const listener = await listen(host, options.port ?? 0, handlerOf(context, faults));
    const trimming = setInterval(() => {
      context.catalog
        .trim(context.now())
        .catch((error: unknown) => log('error', 'trimming failed', { error: String(error) }));
    }, options.trimEveryMs ?? 60_000);
    return {
      host,
      port: listener.port,
      endpoint: `http://${host.includes(':') ? `[${host}]` : host}:${listener.port}`,
      faults,
      trim: () => context.catalog.trim(context.now()),
      close: async () => {
        clearInterval(trimming);
        context.subscriptions.endAll();
        await listener.close(CLOSE_GRACE_MS);
        await context.catalog.close();
        unlock();
      },
    };
  } catch (error) {
    unlock();
    throw error;
  }
}

function createContext(options: KinesisServerOptions, log: KinesisLog): KinesisContext {
  const { heartbeatMs = 5000, subscriptionMs = 300_000, takeoverMs = 5000 } = options;
  return {
    account: { region: options.region ?? 'ap-northeast-2', accountId: options.accountId ?? '000000000000' },
    catalog: new StreamCatalog({
      dataDir: options.dataDir,
      transitionMs: options.transitionMs ?? 0,
      log: {
        fsync: options.fsync ?? false,
        segmentBytes: options.segmentBytes ?? 16 * MIB,
        segmentMs: options.segmentMs ?? 3_600_000,
        recentBytes: options.recentBytes ?? MIB,
      },
      onTorn: ({ file, keptBytes, cutBytes }) =>
        log('warn', 'the end of a log was a write that had been cut off; it was removed', {
          file,
          keptBytes,
          cutBytes,
        }),
    }),
    subscriptions: new Subscriptions({ heartbeatMs, lifeMs: subscriptionMs, takeoverMs }),
    limits: options.limits ?? false,
    shardLimit: options.shardLimit ?? 500,
    tokenMs: options.tokenMs ?? 300_000,
    now: options.now ?? Date.now,
    log,
  };
}

const handlerOf =
  (context: KinesisContext, faults: Faults): HttpHandler =>
  (request, answer, hangUp) => {
    const served = request.url?.startsWith(CONTROL_PREFIX)
      ? serveControl(faults, request, answer)
      : serveApi(context, faults, request, answer, hangUp);
    served.catch((error: unknown) => {
      context.log('error', 'a request failed without an answer', { error: String(error) });
      hangUp();
    });
  };
