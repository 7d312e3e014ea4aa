import {
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  type GetRecordsCommandOutput,
  ListShardsCommand,
  MergeShardsCommand,
  SplitShardCommand,
  type Shard,
} from '@aws-sdk/client-kinesis';
import { errorOf, MAX_HASH, texts, type Bench } from '../support/bench.js';
import type { AcceptanceCase } from '../support/case.js';

const HALF = (MAX_HASH + 1n) / 2n;
const FIRST = 'shardId-000000000000';
const SECOND = 'shardId-000000000001';
const THIRD = 'shardId-000000000002';

const split = (bench: Bench, StreamName: string, NewStartingHashKey: bigint | string, ShardToSplit = FIRST) =>
  bench.client.send(
    new SplitShardCommand({ StreamName, ShardToSplit, NewStartingHashKey: NewStartingHashKey.toString() }),
  );

const merge = (bench: Bench, StreamName: string, ShardToMerge: string, AdjacentShardToMerge: string) =>
  bench.client.send(new MergeShardsCommand({ StreamName, ShardToMerge, AdjacentShardToMerge }));

const isOpen = (shard: Shard): boolean => shard.SequenceNumberRange?.EndingSequenceNumber === undefined;
const ids = (shards: readonly Shard[] | undefined) => shards?.map((shard) => shard.ShardId);

export const shardCases: readonly AcceptanceCase[] = [
  {
    operation: 'SplitShard',
    does: 'closes the parent and opens two children that share its range',
    run: async (bench) => {
      const StreamName = await bench.stream();
      await bench.put(StreamName, 'key', 'before');
      await split(bench, StreamName, HALF);
      await bench.active(StreamName);
      const [parent, lower, upper] = await bench.shards(StreamName);
      expect(parent && isOpen(parent)).toBe(false);
      expect([lower, upper].map((shard) => [shard?.ShardId, shard?.ParentShardId, shard?.HashKeyRange])).toEqual([
        [SECOND, FIRST, { StartingHashKey: '0', EndingHashKey: (HALF - 1n).toString() }],
        [THIRD, FIRST, { StartingHashKey: HALF.toString(), EndingHashKey: MAX_HASH.toString() }],
      ]);
      const low = await bench.put(StreamName, 'key', 'low', '0');
      const high = await bench.put(StreamName, 'key', 'high', HALF.toString());
      expect([low.ShardId, high.ShardId]).toEqual([SECOND, THIRD]);
      expect(texts(await bench.readAll(StreamName, FIRST))).toEqual(['before']);
      expect(texts(await bench.readAll(StreamName, SECOND))).toEqual(['low']);
    },
  },
  {
    operation: 'SplitShard',
    does: 'refuses a border above the shard and an unknown shard',
    run: async (bench) => {
      const StreamName = await bench.stream(2);
      expect(await errorOf(split(bench, StreamName, MAX_HASH))).toBe('InvalidArgumentException');
      expect(await errorOf(split(bench, StreamName, 5n, 'shardId-000000000009'))).toBe('ResourceNotFoundException');
    },
  },
  {
    operation: 'SplitShard',
    does: 'refuses the lowest hash of the shard for a border',
    skip: { 'kinesis-local': 'splits there, leaving a child without a range' },
    run: async (bench) => {
      const StreamName = await bench.stream();
      expect(await errorOf(split(bench, StreamName, 0n))).toBe('InvalidArgumentException');
    },
  },
  {
    operation: 'GetRecords',
    does: 'ends a closed shard without a next iterator',
    run: async (bench) => {
      const StreamName = await bench.stream();
      await bench.put(StreamName, 'key', 'last');
      await split(bench, StreamName, HALF);
      await bench.active(StreamName);
      const found: string[] = [];
      let ShardIterator: string | undefined = await bench.iterator({ StreamName, ShardIteratorType: 'TRIM_HORIZON' });
      let calls = 0;
      while (ShardIterator && calls++ < 100) {
        const answer: GetRecordsCommandOutput = await bench.client.send(new GetRecordsCommand({ ShardIterator }));
        found.push(...texts(answer.Records ?? []));
        ShardIterator = answer.NextShardIterator;
        if (ShardIterator) await new Promise((resolve) => setTimeout(resolve, 25));
      }
      expect(found).toEqual(['last']);
      expect(ShardIterator ?? null).toBeNull();
    },
  },
  {
    operation: 'GetRecords',
    does: 'names the children at the end of a closed shard',
    skip: { kinesalite: 'answers no ChildShards' },
    run: async (bench) => {
      const StreamName = await bench.stream();
      const ShardIterator = await bench.iterator({ StreamName, ShardIteratorType: 'TRIM_HORIZON' });
      await split(bench, StreamName, HALF);
      await bench.active(StreamName);
      const answer = await bench.client.send(new GetRecordsCommand({ ShardIterator }));
      expect(answer.NextShardIterator ?? null).toBeNull();
      expect(answer.ChildShards?.map((child) => [child.ShardId, child.ParentShards, child.HashKeyRange])).toEqual([
        [SECOND, [FIRST], { StartingHashKey: '0', EndingHashKey: (HALF - 1n).toString() }],
        [THIRD, [FIRST], { StartingHashKey: HALF.toString(), EndingHashKey: MAX_HASH.toString() }],
      ]);
    },
  },
  {
    operation: 'MergeShards',
    does: 'opens one child over both ranges',
    run: async (bench) => {
      const StreamName = await bench.stream(2);
      await merge(bench, StreamName, FIRST, SECOND);
      await bench.active(StreamName);
      const shards = await bench.shards(StreamName);
      expect(shards.map(isOpen)).toEqual([false, false, true]);
      expect(shards[2]).toMatchObject({
        ShardId: THIRD,
        ParentShardId: FIRST,
        AdjacentParentShardId: SECOND,
        HashKeyRange: { StartingHashKey: '0', EndingHashKey: MAX_HASH.toString() },
      });
      const { StreamDescriptionSummary } = await bench.client.send(new DescribeStreamSummaryCommand({ StreamName }));
      expect(StreamDescriptionSummary?.OpenShardCount).toBe(1);
      expect((await bench.put(StreamName, 'key', 'x')).ShardId).toBe(THIRD);
    },
  },
  {
    operation: 'MergeShards',
    does: 'refuses shards that are no neighbours',
    run: async (bench) => {
      const StreamName = await bench.stream(3);
      expect(await errorOf(merge(bench, StreamName, FIRST, THIRD))).toBe('InvalidArgumentException');
      expect(await errorOf(merge(bench, StreamName, FIRST, 'shardId-000000000009'))).toBe('ResourceNotFoundException');
    },
  },
  {
    operation: 'ListShards',
    does: 'lists all shards, or those after one',
    run: async (bench) => {
      const StreamName = await bench.stream(3);
      const all = await bench.client.send(new ListShardsCommand({ StreamName }));
      expect(ids(all.Shards)).toEqual([FIRST, SECOND, THIRD]);
      expect(all.Shards).toEqual(await bench.shards(StreamName));
      const after = await bench.client.send(new ListShardsCommand({ StreamName, ExclusiveStartShardId: FIRST }));
      expect(ids(after.Shards)).toEqual([SECOND, THIRD]);
    },
  },
  {
    operation: 'ListShards',
    does: 'pages by a token',
    skip: { kinesalite: 'ignores MaxResults and has no NextToken' },
    run: async (bench) => {
      const StreamName = await bench.stream(3);
      const first = await bench.client.send(new ListShardsCommand({ StreamName, MaxResults: 2 }));
      expect(ids(first.Shards)).toEqual([FIRST, SECOND]);
      const rest = await bench.client.send(new ListShardsCommand({ NextToken: first.NextToken, MaxResults: 2 }));
      expect(ids(rest.Shards)).toEqual([THIRD]);
      expect(rest.NextToken ?? null).toBeNull();
      const both = bench.client.send(new ListShardsCommand({ StreamName, NextToken: first.NextToken }));
      expect(await errorOf(both)).toBe('InvalidArgumentException');
    },
  },
  {
    operation: 'ListShards',
    does: 'filters the open shards and those after one',
    skip: { kinesalite: 'ignores ShardFilter' },
    run: async (bench) => {
      const StreamName = await bench.stream();
      await split(bench, StreamName, HALF);
      await bench.active(StreamName);
      const list = async (ShardFilter: {
        Type: 'AT_LATEST' | 'AFTER_SHARD_ID' | 'FROM_TRIM_HORIZON';
        ShardId?: string;
      }) => ids((await bench.client.send(new ListShardsCommand({ StreamName, ShardFilter }))).Shards);
      expect(await list({ Type: 'AT_LATEST' })).toEqual([SECOND, THIRD]);
      expect(await list({ Type: 'AFTER_SHARD_ID', ShardId: SECOND })).toEqual([THIRD]);
      expect(await list({ Type: 'FROM_TRIM_HORIZON' })).toEqual([FIRST, SECOND, THIRD]);
    },
  },
];
