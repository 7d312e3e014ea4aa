import { readSnapshots, type HeldMarketData, type HeldStores, type HeldStream } from '@supernoba/audit';
import { readArchive, type ArchivedRecord } from '@supernoba/journal-archive';
import { decodeEvents, TABLES } from '@supernoba/protocol';
import { createKeys } from '@supernoba/valkey-keys';
import { gunzipSync } from 'node:zlib';
import type { VirtualShard } from '../world/kinesis.js';
import { STREAM, type VirtualWorld } from '../world/virtual-world.js';

/** Everything that the stores of a settled world hold, as the audit takes it. */
export async function heldStores(world: VirtualWorld, symbols: readonly string[]): Promise<HeldStores> {
  const { kinesis, dynamo, objects } = world;
  const archive = {
    list: (prefix: string, after?: string) => Promise.resolve(objects.list(prefix, after)),
    listAll: (prefix: string) => Promise.resolve(objects.all(prefix)),
    get: (key: string) => Promise.resolve(objects.get(key)),
  };
  const leases = new Map(
    dynamo
      .rows(world.leasesTable)
      .map((row) => [String(row['leaseKey']), row] as const)
      .filter(([key]) => !key.startsWith('#')),
  );
  const shards = kinesis.shards(STREAM.orders).map(async (shard) => ({
    shardId: shard.shardId,
    parents: shard.parents,
    startingHashKey: String(shard.start),
    endingHashKey: String(shard.end),
    archive: await archivedRecords(archive, shard.shardId),
    // What was trimmed is compared too: the archive must have had it.
    stream: shard.records,
    publishedTo: shard.records.at(-1)?.sequenceNumber ?? '',
  }));
  return {
    shards: await Promise.all(shards),
    fills: eventsOf(kinesis.shards(STREAM.fills)),
    statuses: eventsOf(kinesis.shards(STREAM.statuses)),
    eventsKeptSince: 0,
    deadLetterRows: dynamo.rows(TABLES.deadLetters.name),
    marketData: new Map(symbols.map((symbol) => [symbol, marketDataOf(world, symbol)])),
    previousDays: new Map(symbols.map((symbol) => [symbol, previousDayOf(world, symbol)])),
    snapshots: await readSnapshots(archive, leases),
  };
}

async function archivedRecords(store: Parameters<typeof readArchive>[0], shardId: string): Promise<ArchivedRecord[]> {
  const records: ArchivedRecord[] = [];
  for await (const segment of readArchive(store, shardId)) records.push(...segment.records);
  return records;
}

function eventsOf(shards: readonly VirtualShard[]): HeldStream {
  return shards.map(({ records }) =>
    records.flatMap(({ data }) =>
      decodeEvents(data, (bytes, max) => gunzipSync(bytes, { maxOutputLength: max })).map((event) => ({
        symbol: event.symbol,
        seq: event.seq,
        text: JSON.stringify(event),
      })),
    ),
  );
}

function previousDayOf({ backup }: VirtualWorld, symbol: string): string | undefined {
  const bytes = backup.bytesOf(createKeys().previousDay(symbol));
  return bytes && Buffer.from(bytes).toString('utf8');
}

function marketDataOf({ depth: { valkey } }: VirtualWorld, symbol: string): HeldMarketData {
  const keys = createKeys();
  const text = (key: string) => (valkey.command('GET', [key]) || undefined) as string | undefined;
  const list = (key: string) => valkey.command('LRANGE', [key, '0', '-1']) as string[];
  const hash = (key: string) => {
    const words = valkey.command('HGETALL', [key]) as string[];
    return Object.fromEntries(words.flatMap((field, index) => (index % 2 === 0 ? [[field, words[index + 1]!]] : [])));
  };
  return {
    fence: hash(keys.marketData(symbol)),
    depth: text(keys.depth(symbol)),
    ticker: text(keys.ticker(symbol)),
    candle: hash(keys.candle(symbol)),
    closed: list(keys.closedCandles(symbol)),
    trades: list(keys.trades(symbol)),
  };
}
