import type { Keys } from '@supernoba/valkey-keys';
import { retry, type Lifetime, type RetryOptions } from './backoff.js';
import { EngineError } from './errors.js';
import { Checkpointer } from './journal/checkpointer.js';
import { FanOut } from './journal/fan-out.js';
import { takesKey } from './journal/hash-range.js';
import { fencedPorts, type HeldLease } from './journal/held-lease.js';
import { JournalReplay } from './journal/journal-replay.js';
import { LeaseTable, type LeaseRow } from './journal/lease-table.js';
import { ShardReader } from './journal/shard-reader.js';
import { ShardRunner } from './journal/shard-runner.js';
import { Ticker } from './journal/ticker.js';
import { RULES_VERSION, type BookFactory } from './matching/books.js';
import { ShardMatcher } from './matching/shard-matcher.js';
import type { EnginePorts, Shard } from './ports.js';
import { DeadLetters } from './publish/dead-letters.js';
import type { Destination } from './publish/destination.js';
import { fillsStream } from './publish/fills.js';
import { JournalArchive } from './publish/journal-archive.js';
import { MarketData } from './publish/market-data.js';
import { orderStatusStream } from './publish/order-status.js';
import { Pipeline } from './publish/pipeline.js';
import { PreviousDays } from './publish/previous-day.js';
import type { EngineSettings } from './settings.js';
import type { Manifest } from './snapshot/manifest.js';
import { RestoreSource } from './snapshot/restore-source.js';
import { SnapshotRetention } from './snapshot/snapshot-retention.js';
import { SnapshotStore } from './snapshot/snapshot-store.js';
import { Snapshotter } from './snapshot/snapshotter.js';
import { decodeSnapshot } from './snapshot/symbol-snapshot.js';

/** Longest wait for a part that is away while a shard is opened. */
const OPEN_MS: Partial<RetryOptions> & { forMs: number } = { forMs: 60_000 };
/** Books of a shard restored at a time. */
const MAX_DOWNLOADS = 8;
/** Records this much younger than the retention of the stream are there, whatever the clocks differ by. */
const RETENTION_MARGIN_MS = 3_600_000;

/** What the shards of an engine share. */
export interface AssemblyOptions {
  ports: EnginePorts;
  settings: EngineSettings;
  books: BookFactory;
  keys: Keys;
  /** Retention of the orders stream, ms. */
  retentionMs: number;
  /** Enhanced fan-out consumer; undefined where the shards are polled. */
  consumerArn: string | undefined;
  onFatal: (error: unknown) => void;
}

/**
 * Puts together what works one shard under a lease, and restores its books: from its own manifest, or from those of its
 * parents. Nothing of it writes once the lease has run out.
 *
 * @throws EngineError `JOURNAL_GAP`, `BAD_SNAPSHOT`, `RULES_UNKNOWN`; `STOPPED` once `life` has ended
 */
export async function openShard(
  options: AssemblyOptions,
  shard: Shard,
  row: LeaseRow,
  lease: HeldLease,
  life: Lifetime,
): Promise<ShardRunner> {
  const { settings, keys } = options;
  const ports = fencedPorts(options.ports, lease);
  const { shardId } = shard;
  // What a part of a shard that was let go of still runs into is nobody's concern.
  const onFatal = (error: unknown) => (life.ended ? undefined : options.onFatal(error));
  const leases = new LeaseTable(settings.leasesTable, ports.dynamo);
  const store = new SnapshotStore(
    { objects: ports.objects, cache: ports.backupCache, keys, epoch: lease.epoch },
    ports,
    life,
  );
  const matcher = new ShardMatcher(options.books);
  const manifest =
    row.manifest === undefined
      ? await inheritedManifest(shard, store, (parent) =>
          retry(() => leases.read(parent), ports, life, { label: 'leases', ...OPEN_MS }),
        )
      : await store.getManifest(shardId, row.manifest, OPEN_MS);
  if (manifest !== undefined) await restoreBooks(matcher, manifest, store);

  const retention = new SnapshotRetention(
    { shardId, objects: ports.objects, keepMs: settings.snapshotKeepMs, onFatal },
    ports,
    life,
  );
  const checkpointer = new Checkpointer(
    {
      leases,
      lease,
      checkpoint: row.checkpoint,
      manifest: row.manifest === undefined ? undefined : { key: row.manifest, reach: row.checkpoint },
      intervalMs: settings.checkpointIntervalMs,
      onStored: (key) => retention.stored(key),
      onFatal,
    },
    ports,
    life,
  );
  const marketData = new MarketData(
    { cache: ports.depthCache, keys, epoch: lease.epoch, machines: matcher.machines, onFatal },
    ports,
    life,
  );
  const previousDays = new PreviousDays(
    { cache: ports.backupCache, keys, epoch: lease.epoch, machines: matcher.machines },
    ports,
    life,
  );
  const pipeline = new Pipeline({
    destinations: [...destinations(shardId, row, settings, ports, life), marketData, previousDays],
    maxInFlight: settings.maxBatchesInFlight,
    clock: ports.clock,
    metrics: ports.metrics,
    onPublished: (position) => checkpointer.published(position),
    onFatal,
  });
  const reading = life.child();
  const restores = new RestoreSource(ports.objects, ports, reading);
  const runner = new ShardRunner(
    {
      shardId,
      replay: journalReplay(options, shard, row, matcher, restores, ports, reading),
      matcher,
      restores,
      pipeline,
      marketData,
      checkpointer,
      snapshotter: new Snapshotter({ shardId, matcher, store, retention, restored: manifest, timers: ports.timers }),
      ticker: new Ticker(settings.ordersStream, shard, ports.kinesis, ports),
      hasManifest: row.manifest !== undefined,
      snapshotIntervalMs: settings.snapshotIntervalMs,
      onFatal,
    },
    ports,
    life,
    reading,
  );
  await runner.restore();
  previousDays.open();
  retention.start(manifest, row.manifest);
  return runner;
}

/** Where the outcome of every batch goes, market data aside. */
function destinations(
  shardId: string,
  row: LeaseRow,
  settings: EngineSettings,
  ports: EnginePorts,
  life: Lifetime,
): Destination[] {
  return [
    fillsStream(settings.fillsStream, ports.kinesis, ports, life),
    orderStatusStream(settings.statusStream, ports.kinesis, ports, life),
    new DeadLetters(shardId, settings.deadLettersTable, ports.dynamo, ports, life),
    new JournalArchive(
      { shardId, after: row.checkpoint, intervalMs: settings.archiveIntervalMs, objects: ports.objects },
      ports,
      life,
    ),
  ];
}

function journalReplay(
  options: AssemblyOptions,
  { shardId }: Shard,
  row: LeaseRow,
  matcher: ShardMatcher,
  restores: RestoreSource,
  ports: EnginePorts,
  reading: Lifetime,
): JournalReplay {
  const { settings, consumerArn, retentionMs } = options;
  const { ordersStream: stream, pollMs } = settings;
  const fanOut = consumerArn === undefined ? undefined : new FanOut({ shardId, consumerArn }, ports.kinesis, ports);
  const retainedMs = retentionMs - RETENTION_MARGIN_MS;
  return new JournalReplay(
    {
      shardId,
      matcher,
      restores,
      readerAfter: (after, caughtUpAt) =>
        new ShardReader(
          { stream, shardId, pollMs, fanOut, retainedMs, caughtUpAt },
          after,
          ports.kinesis,
          ports,
          reading,
        ),
      to: row.checkpoint,
      caughtUpAt: row.caughtUpAt,
      objects: ports.objects,
      ...OPEN_MS,
    },
    ports,
    reading,
  );
}

/** What a shard without a manifest of its own begins with: the symbols of its parents that fall into its range. */
async function inheritedManifest(
  shard: Shard,
  store: SnapshotStore,
  rowOf: (shardId: string) => Promise<LeaseRow>,
): Promise<Manifest | undefined> {
  if (shard.parents.length === 0) return undefined;
  const symbols: Manifest['symbols'] = {};
  for (const parent of shard.parents) {
    const row = await rowOf(parent);
    if (!row.ended || row.manifest === undefined) {
      throw new EngineError('JOURNAL_GAP', `${shard.shardId}: its parent ${parent} was not read to its end`);
    }
    const manifest = await store.getManifest(parent, row.manifest, OPEN_MS);
    for (const [symbol, ref] of Object.entries(manifest.symbols)) {
      // Positions are those of the parent: of this shard, no record has been applied.
      if (takesKey(shard, symbol)) symbols[symbol] = { ...ref, position: '' };
    }
  }
  return { shard: shard.shardId, position: '', rules: RULES_VERSION, symbols };
}

async function restoreBooks(matcher: ShardMatcher, manifest: Manifest, store: SnapshotStore): Promise<void> {
  const symbols = Object.entries(manifest.symbols);
  for (let first = 0; first < symbols.length; first += MAX_DOWNLOADS) {
    const some = symbols.slice(first, first + MAX_DOWNLOADS).map(async ([symbol, ref]) => {
      const { book, state } = decodeSnapshot(await store.get(symbol, ref, OPEN_MS));
      matcher.restore(symbol, book, { ...state, position: ref.position });
    });
    await Promise.all(some);
  }
  matcher.position = manifest.position;
}
