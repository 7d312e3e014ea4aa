import {
  PortError,
  type BlobCache,
  type EngineLogger,
  type EnginePorts,
  type JournalPage,
  type ScriptCache,
} from '@supernoba/engine/ports';
import { snapshotCopy } from '@supernoba/valkey-keys';
import type { Random } from '../random.js';
import type { CacheServer } from './cache-server.js';
import type { Service } from './network.js';
import type { VirtualProcess } from './process.js';
import { RETENTION_HOURS, type VirtualWorld } from './virtual-world.js';

/** The ports of one engine process in the virtual world. */
export function enginePorts(world: VirtualWorld, process: VirtualProcess, random: Random): EnginePorts {
  const { network, kinesis, dynamo, objects } = world;
  const { scheduler, trace } = world.options;
  const to =
    (service: Service) =>
    <T>(label: string, effect: () => T): Promise<T> =>
      network.call(process, service, label, effect);
  const toKinesis = to('kinesis');
  const toDynamo = to('dynamo');
  const toS3 = to('s3');
  const noFanOut = () => Promise.reject(new PortError('INVALID', 'the virtual Kinesis has no enhanced fan-out'));
  // Clocks of machines differ, and no event may show it.
  const skewMs = random.integer(-400, 400);
  const bootedAt = scheduler.now - random.integer(1_000, 1_000_000);

  return {
    clock: {
      now: () => Math.floor(world.epochNow() + skewMs),
      monotonic: () => scheduler.now - bootedAt,
    },
    timers: {
      after: (ms, task) => process.after(ms, task),
      breathe: () => new Promise((resolve) => process.after(0, resolve)),
    },
    random,
    kinesis: {
      retentionHours: (stream) => toKinesis(`retention ${stream}`, () => RETENTION_HOURS),
      listShards: (stream) => toKinesis(`list ${stream}`, () => kinesis.listShards(stream)),
      iterator: (stream, shardId, start) =>
        toKinesis(`iterator ${shardId} ${start.type}`, () => kinesis.iterator(stream, shardId, start)),
      records: (iterator, limit): Promise<JournalPage> =>
        toKinesis('read', () => {
          const { page, shardId } = kinesis.records(iterator, limit);
          if (page.behindMs === 0 && network.isCalm('kinesis')) world.watch.tipRead(shardId, world.epochNow());
          return page;
        }),
      putRecords: (stream, records) =>
        toKinesis(`put ${records.length} to ${stream}`, () =>
          records.map((record) => {
            if (network.leavesOut('kinesis')) return 'ProvisionedThroughputExceededException';
            kinesis.put(stream, record, process.name);
            return undefined;
          }),
        ),
      registerConsumer: noFanOut,
      subscribe: noFanOut,
    },
    dynamo: {
      get: (table, key) => toDynamo(`get ${table}`, () => dynamo.get(table, key)),
      scan: (table) => toDynamo(`scan ${table}`, () => dynamo.rows(table)),
      putBatch: (table, items) =>
        toDynamo(`put ${items.length} to ${table}`, () =>
          items.filter((item) => {
            if (network.leavesOut('dynamo')) return true;
            dynamo.put(table, item);
            return false;
          }),
        ),
      update: (table, key, set, expect) =>
        toDynamo(`update ${JSON.stringify(key)} ${JSON.stringify(set)}`, () => {
          const before = dynamo.get(table, key) ?? {};
          dynamo.update(table, key, set, expect);
          if (table !== world.leasesTable) return;
          world.watch.lease(String(key['leaseKey']), before, dynamo.get(table, key) ?? {}, set, process.name);
        }),
      delete: (table, key, expect) =>
        toDynamo(`delete ${JSON.stringify(key)}`, () => dynamo.delete(table, key, expect)),
      increment: (table, key, attribute) =>
        toDynamo(`increment ${attribute}`, () => dynamo.increment(table, key, attribute)),
    },
    objects: {
      put: (key, bytes) => toS3(`put ${key}`, () => objects.put(key, bytes)),
      get: (key) => toS3(`get ${key}`, () => objects.get(key)),
      delete: (key) => toS3(`delete ${key}`, () => objects.delete(key)),
      list: (prefix, after) => toS3(`list ${prefix}`, () => objects.list(prefix, after)),
    },
    depthCache: cachePort(world.depth, process, to('depth'), (keys) => world.watchMarketData(keys, process.name)),
    backupCache: cachePort(world.backup, process, to('backup'), () => undefined),
    metrics: { count: () => undefined, gauge: () => undefined, observe: () => undefined },
    logger: tracingLogger((line) => trace(`${process.name} ${line}`)),
  };
}

function cachePort(
  server: CacheServer,
  process: VirtualProcess,
  call: <T>(label: string, effect: () => T) => Promise<T>,
  afterScript: (keys: readonly string[]) => void,
): ScriptCache & BlobCache {
  return {
    run: (script, keys, args) =>
      call(`${script.name} ${keys[1] ?? keys[0] ?? ''} ${args.slice(0, 3).join(' ')}`, () => {
        server.replicate();
        const answer = server.valkey.run(script, keys, args);
        afterScript(keys);
        return answer;
      }),
    onReady: (listener) => server.onReady(() => process.deliver(listener)),
    set: (key, bytes, fence) =>
      call(`copy ${key}`, () => {
        server.replicate();
        const args = [server.tokenOf(bytes), fence.epoch, fence.seq];
        return server.valkey.run(snapshotCopy, [key, fence.key], args) === 'OK';
      }),
    get: (key) => call(`get ${key}`, () => server.bytesOf(key)),
  };
}

function tracingLogger(trace: (line: string) => void): EngineLogger {
  const line = (level: string) => (fields: object, message: string) =>
    trace(`${level}: ${message} ${JSON.stringify(fields)}`);
  return { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') };
}
