import {
  CreateStreamCommand,
  GetRecordsCommand,
  ListShardsCommand,
  MergeShardsCommand,
  PutRecordsCommand,
  SplitShardCommand,
  UpdateShardCountCommand,
  type Shard,
  type ShardFilter,
} from '@aws-sdk/client-kinesis';
import { errorOf, MAX_HASH, texts, type Bench } from './support/bench.js';
import { benchOf, closeAll, closeServer, ownServer } from './support/in-process.js';
import { newFolder } from './support/own-server.js';

afterEach(closeAll);

const isOpen = (shard: Shard): boolean => shard.SequenceNumberRange?.EndingSequenceNumber === undefined;
const startOf = (shard: Shard): bigint => BigInt(shard.HashKeyRange?.StartingHashKey ?? -1);
const endOf = (shard: Shard): bigint => BigInt(shard.HashKeyRange?.EndingHashKey ?? -1);

const scale = (bench: Bench, StreamName: string, TargetShardCount: number) =>
  bench.client.send(new UpdateShardCountCommand({ StreamName, TargetShardCount, ScalingType: 'UNIFORM_SCALING' }));

/** Reads the whole family from the eldest on: a child only after all its parents, found through ChildShards. */
async function readFamily(bench: Bench, StreamName: string): Promise<Map<string, string[]>> {
  const byKey = new Map<string, string[]>();
  const done = new Set<string>();
  const waiting = (await bench.shards(StreamName))
    .filter((shard) => shard.ParentShardId === undefined)
    .map((s) => s.ShardId ?? '');
  while (waiting.length > 0) {
    const ShardId = waiting.shift() ?? '';
    let next: string | undefined = await bench.iterator({ StreamName, ShardId, ShardIteratorType: 'TRIM_HORIZON' });
    while (next) {
      const answer = (await bench.client.send(new GetRecordsCommand({ ShardIterator: next, Limit: 7 }))) as {
        Records?: { PartitionKey?: string; Data?: Uint8Array }[];
        NextShardIterator?: string;
        MillisBehindLatest?: number;
        ChildShards?: { ShardId?: string; ParentShards?: string[] }[];
      };
      for (const record of answer.Records ?? []) {
        const key = record.PartitionKey ?? '';
        byKey.set(key, [...(byKey.get(key) ?? []), Buffer.from(record.Data ?? []).toString()]);
      }
      next = answer.NextShardIterator ?? undefined;
      if (next && answer.MillisBehindLatest === 0 && answer.Records?.length === 0) break;
      if (next) continue;
      done.add(ShardId);
      const ready = answer.ChildShards?.filter((child) => child.ParentShards?.every((parent) => done.has(parent)));
      waiting.push(...(ready ?? []).map((child) => child.ShardId ?? ''));
    }
  }
  return byKey;
}

test('scaling up and down keeps every record once and each key in order, for a reader that follows the children', async () => {
  const dataDir = newFolder();
  const server = await ownServer({ dataDir });
  const bench = benchOf(server.endpoint);
  const StreamName = await bench.stream(2);
  const keys = Array.from({ length: 12 }, (_, index) => `key-${index}`);
  const expected = new Map(keys.map((key): [string, string[]] => [key, []]));
  let number = 0;
  for (const target of [3, 4, 7, 5, 3, 2, 1]) {
    for (let round = 0; round < 2; round++) {
      const Records = keys.map((PartitionKey) => {
        const text = `${PartitionKey} ${number++}`;
        expected.get(PartitionKey)?.push(text);
        return { PartitionKey, Data: Buffer.from(text) };
      });
      expect((await bench.client.send(new PutRecordsCommand({ StreamName, Records }))).FailedRecordCount).toBe(0);
    }
    const before = (await bench.shards(StreamName)).filter(isOpen).length;
    expect(await scale(bench, StreamName, target)).toMatchObject({
      CurrentShardCount: before,
      TargetShardCount: target,
    });
    const shards = await bench.shards(StreamName);
    const open = shards.filter(isOpen).sort((a, b) => (startOf(a) < startOf(b) ? -1 : 1));
    const size = (MAX_HASH + 1n) / BigInt(target);
    expect(open.map(startOf)).toEqual(Array.from({ length: target }, (_, index) => size * BigInt(index)));
    expect(open.map(endOf)).toEqual([...open.slice(1).map((shard) => startOf(shard) - 1n), MAX_HASH]);
    const known = new Map(shards.map((shard) => [shard.ShardId, shard]));
    for (const shard of shards) {
      const parent = known.get(shard.ParentShardId ?? '');
      if (!parent) continue;
      expect(isOpen(parent)).toBe(false);
      const [end, start] = [
        parent.SequenceNumberRange?.EndingSequenceNumber,
        shard.SequenceNumberRange?.StartingSequenceNumber,
      ];
      expect(BigInt(start ?? 0) > BigInt(end ?? 0)).toBe(true);
    }
  }
  expect(await readFamily(bench, StreamName)).toEqual(expected);
  await closeServer(server);
  const again = benchOf((await ownServer({ dataDir })).endpoint);
  expect(await readFamily(again, StreamName)).toEqual(expected);
});

test('scaling is refused above double and below half', async () => {
  const bench = benchOf((await ownServer()).endpoint);
  const StreamName = await bench.stream(4);
  await expect(scale(bench, StreamName, 9)).rejects.toMatchObject({
    name: 'InvalidArgumentException',
    message: expect.stringContaining('Current open shard count: 4 Target shard count: 9') as string,
  });
  expect(await errorOf(scale(bench, StreamName, 1))).toBe('InvalidArgumentException');
  expect(await bench.shards(StreamName)).toHaveLength(4);
});

test('a closed shard cannot be split or merged again, nor a stream that is still changing', async () => {
  let now = 1_700_000_000_000;
  const bench = benchOf((await ownServer({ transitionMs: 150, now: () => now })).endpoint);
  const StreamName = bench.name();
  await bench.client.send(new CreateStreamCommand({ StreamName, ShardCount: 2 }));
  now += 150;
  const merge = () =>
    bench.client.send(
      new MergeShardsCommand({
        StreamName,
        ShardToMerge: 'shardId-000000000001',
        AdjacentShardToMerge: 'shardId-000000000000',
      }),
    );
  await merge();
  expect(await errorOf(merge())).toBe('ResourceInUseException');
  expect((await bench.put(StreamName, 'k', 'while updating')).ShardId).toBe('shardId-000000000002');
  now += 150;
  expect(await errorOf(merge())).toBe('InvalidArgumentException');
  const [, , child] = await bench.shards(StreamName);
  expect([child?.ParentShardId, child?.AdjacentParentShardId]).toEqual([
    'shardId-000000000001',
    'shardId-000000000000',
  ]);
});

test('a record at the very border goes to the upper child, one below it to the lower', async () => {
  const bench = benchOf((await ownServer()).endpoint);
  const StreamName = await bench.stream();
  const border = 12_345n;
  await bench.client.send(
    new SplitShardCommand({ StreamName, ShardToSplit: 'shardId-000000000000', NewStartingHashKey: border.toString() }),
  );
  await bench.put(StreamName, 'k', 'below', (border - 1n).toString());
  await bench.put(StreamName, 'k', 'at', border.toString());
  expect(texts(await bench.readAll(StreamName, 'shardId-000000000001'))).toEqual(['below']);
  expect(texts(await bench.readAll(StreamName, 'shardId-000000000002'))).toEqual(['at']);
});

test('shard filters see the family as it stood at a time', async () => {
  let now = 1_700_000_000_000;
  const bench = benchOf((await ownServer({ now: () => now })).endpoint);
  const StreamName = await bench.stream();
  const created = now;
  now += 60_000;
  await scale(bench, StreamName, 2);
  const split = now;
  now += 60_000;
  const list = async (ShardFilter: ShardFilter) =>
    (await bench.client.send(new ListShardsCommand({ StreamName, ShardFilter }))).Shards?.map((shard) =>
      Number(shard.ShardId?.slice(-2)),
    );
  const at = (Type: 'AT_TIMESTAMP' | 'FROM_TIMESTAMP', ms: number) => list({ Type, Timestamp: new Date(ms) });
  expect(await at('AT_TIMESTAMP', created + 1000)).toEqual([0]);
  expect(await at('AT_TIMESTAMP', split + 1000)).toEqual([1, 2]);
  expect(await at('FROM_TIMESTAMP', created + 1000)).toEqual([0, 1, 2]);
  expect(await at('FROM_TIMESTAMP', split + 1000)).toEqual([1, 2]);
  expect(await list({ Type: 'AT_TRIM_HORIZON' })).toEqual([0]);
  expect(await list({ Type: 'FROM_TRIM_HORIZON' })).toEqual([0, 1, 2]);
  expect(await list({ Type: 'AT_LATEST' })).toEqual([1, 2]);
  expect(await errorOf(list({ Type: 'AFTER_SHARD_ID' }))).toBe('InvalidArgumentException');
  expect(await errorOf(list({ Type: 'AT_LATEST', ShardId: 'shardId-000000000000' }))).toBe('InvalidArgumentException');
});
