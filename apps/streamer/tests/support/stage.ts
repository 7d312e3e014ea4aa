import { createLogger, createValkey, type Valkey } from '@supernoba/runtime';
import { eventually, startValkey, type TestValkey } from '@supernoba/testing';
import { createKeys, type Keys } from '@supernoba/valkey-keys';
import { CredentialCache } from '../../src/push/credentials.js';
import { createApiGateway } from '../../src/push/gateway.js';
import { Streamer, type StreamerOptions } from '../../src/streamer.js';
import { TestGateway } from './gateway.js';
import { TestEngine, TestRegistry } from './market.js';

export interface Stage {
  server: TestValkey;
  /** The tests' own client. */
  valkey: Valkey;
  keys: Keys;
  gateway: TestGateway;
  registry: TestRegistry;
  streamer: Streamer;
  engine(symbol: string, epoch?: number): TestEngine;
  /** Starts the cache again on its port, empty. */
  restartCache(): Promise<void>;
  /** The value of a counter or gauge of the streamer. */
  metric(name: string, labels?: Record<string, string>): Promise<number>;
  close(): Promise<void>;
}

const silentLogger = createLogger({ name: 'streamer-test', level: 'ERROR' });
silentLogger.level = 'silent';

export interface StageOptions extends Partial<StreamerOptions> {
  hashTags?: boolean;
  timeoutMs?: number;
}

async function client(server: TestValkey, name: string): Promise<Valkey> {
  const valkey = createValkey({ host: server.host, port: server.port, name, commandTimeoutMs: 1_000 });
  valkey.on('error', () => undefined);
  await valkey.connect();
  return valkey;
}

/** A real cache, the gateway's stand-in, and a running streamer between them. */
export async function setUp({ hashTags = false, timeoutMs = 2_000, ...options }: StageOptions = {}): Promise<Stage> {
  const server = await startValkey();
  const [valkey, own] = [await client(server, 'test'), await client(server, 'streamer')];
  const gateway = new TestGateway();
  await gateway.listen();
  const keys = createKeys({ hashTags });
  const identity = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
  const credentials = new CredentialCache(
    () => Promise.resolve(identity),
    () => undefined,
  );
  await credentials.renew(0);
  const streamer = new Streamer({
    valkey: own,
    keys,
    gateway: createApiGateway({
      endpoint: gateway.endpoint,
      region: 'ap-northeast-2',
      credentials,
      maxConnections: 32,
      timeoutMs,
    }),
    log: silentLogger,
    ...options,
  });
  streamer.start();
  const servers = [server];
  return {
    server,
    valkey,
    keys,
    gateway,
    registry: new TestRegistry(valkey, keys),
    streamer,
    engine: (symbol, epoch) => new TestEngine(valkey, keys, symbol, epoch),
    async restartCache() {
      servers.push(await startValkey({ port: server.port }));
      await eventually(() => valkey.status === 'ready');
    },
    async metric(name, labels = {}) {
      const found = await streamer.metrics.registry.getSingleMetric(name)?.get();
      const matching = found?.values.filter((value) =>
        Object.entries(labels).every(([label, wanted]) => (value.labels as Record<string, unknown>)[label] === wanted),
      );
      return matching?.reduce((sum, { value }) => sum + value, 0) ?? 0;
    },
    async close() {
      await streamer.stop();
      await gateway.close();
      valkey.disconnect();
      own.disconnect();
      for (const each of servers) await each.stop();
    },
  };
}

export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
