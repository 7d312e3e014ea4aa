import {
  CreateStreamCommand,
  DecreaseStreamRetentionPeriodCommand,
  DeleteStreamCommand,
  DescribeStreamCommand,
  DescribeStreamSummaryCommand,
  IncreaseStreamRetentionPeriodCommand,
  ListStreamsCommand,
  UpdateShardCountCommand,
} from '@aws-sdk/client-kinesis';
import { eventually } from '@supernoba/testing';
import { errorOf, MAX_HASH } from '../support/bench.js';
import type { AcceptanceCase } from '../support/case.js';

const NO_PAGES = 'answers all shards at once and ignores Limit';

export const streamCases: readonly AcceptanceCase[] = [
  {
    operation: 'CreateStream',
    does: 'makes shards that share the hash space evenly',
    run: async (bench) => {
      const shards = await bench.shards(await bench.stream(3));
      expect(shards.map((shard) => shard.ShardId)).toEqual([0, 1, 2].map((index) => `shardId-00000000000${index}`));
      const ranges = shards.map(({ HashKeyRange: range }) => [
        BigInt(range?.StartingHashKey ?? -1),
        BigInt(range?.EndingHashKey ?? -1),
      ]);
      const third = (MAX_HASH + 1n) / 3n;
      expect(ranges).toEqual([
        [0n, third - 1n],
        [third, third * 2n - 1n],
        [third * 2n, MAX_HASH],
      ]);
      for (const shard of shards) {
        expect(shard.SequenceNumberRange?.StartingSequenceNumber).toMatch(/^49\d{54}$/);
        expect(shard.SequenceNumberRange?.EndingSequenceNumber).toBeUndefined();
      }
    },
  },
  {
    operation: 'CreateStream',
    does: 'refuses a name that is taken',
    run: async (bench) => {
      const StreamName = await bench.stream();
      const again = bench.client.send(new CreateStreamCommand({ StreamName, ShardCount: 1 }));
      expect(await errorOf(again)).toBe('ResourceInUseException');
    },
  },
  {
    operation: 'CreateStream',
    does: 'refuses more shards than the account may have',
    run: async (bench) => {
      const tooMany = bench.client.send(new CreateStreamCommand({ StreamName: bench.name(), ShardCount: 501 }));
      expect(await errorOf(tooMany)).toBe('LimitExceededException');
    },
  },
  {
    operation: 'DescribeStream',
    does: 'shows name, ARN, state, retention and time of creation',
    run: async (bench) => {
      const before = Date.now();
      const StreamName = await bench.stream(2);
      const { StreamDescription: stream } = await bench.client.send(new DescribeStreamCommand({ StreamName }));
      expect(stream).toMatchObject({
        StreamName,
        StreamARN: `arn:aws:kinesis:ap-northeast-2:000000000000:stream/${StreamName}`,
        StreamStatus: 'ACTIVE',
        RetentionPeriodHours: 24,
        HasMoreShards: false,
        EncryptionType: 'NONE',
      });
      expect(Math.abs((stream?.StreamCreationTimestamp?.getTime() ?? 0) - before)).toBeLessThan(10_000);
    },
  },
  {
    operation: 'DescribeStream',
    does: 'says which stream does not exist',
    run: async (bench) => {
      const StreamName = bench.name();
      const missing = bench.client.send(new DescribeStreamCommand({ StreamName }));
      await expect(missing).rejects.toMatchObject({
        name: 'ResourceNotFoundException',
        message: expect.stringContaining(StreamName) as string,
        $metadata: { httpStatusCode: 400 },
      });
    },
  },
  {
    operation: 'DescribeStream',
    does: 'pages through the shards',
    skip: { kinesalite: NO_PAGES },
    run: async (bench) => {
      const StreamName = await bench.stream(3);
      const first = await bench.client.send(new DescribeStreamCommand({ StreamName, Limit: 2 }));
      expect(first.StreamDescription?.HasMoreShards).toBe(true);
      expect(first.StreamDescription?.Shards).toHaveLength(2);
      const ExclusiveStartShardId = first.StreamDescription?.Shards?.[1]?.ShardId;
      const rest = await bench.client.send(new DescribeStreamCommand({ StreamName, ExclusiveStartShardId }));
      expect(rest.StreamDescription?.Shards?.map((shard) => shard.ShardId)).toEqual(['shardId-000000000002']);
      expect(rest.StreamDescription?.HasMoreShards).toBe(false);
    },
  },
  {
    operation: 'DescribeStreamSummary',
    does: 'counts the open shards',
    run: async (bench) => {
      const StreamName = await bench.stream(3);
      const { StreamDescriptionSummary: summary } = await bench.client.send(
        new DescribeStreamSummaryCommand({ StreamName }),
      );
      expect(summary).toMatchObject({
        StreamName,
        StreamStatus: 'ACTIVE',
        OpenShardCount: 3,
        RetentionPeriodHours: 24,
      });
    },
  },
  {
    operation: 'ListStreams',
    does: 'lists names in order, page by page',
    run: async (bench) => {
      const prefix = bench.name();
      const names = ['a', 'b', 'c', 'd'].map((end) => `${prefix}-${end}`);
      for (const StreamName of [...names].reverse()) {
        await bench.client.send(new CreateStreamCommand({ StreamName, ShardCount: 1 }));
      }
      for (const StreamName of names) await bench.active(StreamName);
      const after = async (ExclusiveStartStreamName: string | undefined, Limit: number) =>
        bench.client.send(new ListStreamsCommand({ ExclusiveStartStreamName, Limit }));
      const first = await after(names[0], 2);
      expect(first.StreamNames).toEqual(names.slice(1, 3));
      expect(first.HasMoreStreams).toBe(true);
      expect((await after(names[2], 1)).StreamNames).toEqual(names.slice(3));
    },
  },
  {
    operation: 'DeleteStream',
    does: 'takes the stream away and frees its name',
    run: async (bench) => {
      const StreamName = await bench.stream();
      await bench.put(StreamName, 'key', 'lost');
      await bench.client.send(new DeleteStreamCommand({ StreamName }));
      await eventually(
        async () =>
          (await errorOf(bench.client.send(new DescribeStreamCommand({ StreamName })))) === 'ResourceNotFoundException',
      );
      await bench.client.send(new CreateStreamCommand({ StreamName, ShardCount: 1 }));
      await bench.active(StreamName);
      expect(await bench.readAll(StreamName)).toEqual([]);
      const missing = bench.client.send(new DeleteStreamCommand({ StreamName: bench.name() }));
      expect(await errorOf(missing)).toBe('ResourceNotFoundException');
    },
  },
  {
    operation: 'IncreaseStreamRetentionPeriod',
    does: 'lengthens, and refuses to shorten',
    run: async (bench) => {
      const StreamName = await bench.stream();
      const change = (RetentionPeriodHours: number) =>
        bench.client.send(new IncreaseStreamRetentionPeriodCommand({ StreamName, RetentionPeriodHours }));
      await change(168);
      const { StreamDescription } = await bench.client.send(new DescribeStreamCommand({ StreamName }));
      expect(StreamDescription?.RetentionPeriodHours).toBe(168);
      expect(await errorOf(change(48))).toBe('InvalidArgumentException');
    },
  },
  {
    operation: 'DecreaseStreamRetentionPeriod',
    does: 'shortens, but not below 24 hours',
    run: async (bench) => {
      const StreamName = await bench.stream();
      await bench.client.send(new IncreaseStreamRetentionPeriodCommand({ StreamName, RetentionPeriodHours: 72 }));
      const change = (RetentionPeriodHours: number) =>
        bench.client.send(new DecreaseStreamRetentionPeriodCommand({ StreamName, RetentionPeriodHours }));
      await change(48);
      const { StreamDescription } = await bench.client.send(new DescribeStreamCommand({ StreamName }));
      expect(StreamDescription?.RetentionPeriodHours).toBe(48);
      expect(await errorOf(change(23))).toMatch(/^(InvalidArgument|Validation)Exception$/);
      expect(await errorOf(change(96))).toBe('InvalidArgumentException');
    },
  },
  {
    operation: 'UpdateShardCount',
    does: 'scales to ranges of equal size',
    skip: { kinesalite: 'UnknownOperationException: not among its operations' },
    run: async (bench) => {
      const StreamName = await bench.stream(2);
      const answer = await bench.client.send(
        new UpdateShardCountCommand({ StreamName, TargetShardCount: 4, ScalingType: 'UNIFORM_SCALING' }),
      );
      expect(answer).toMatchObject({ StreamName, CurrentShardCount: 2, TargetShardCount: 4 });
      await bench.active(StreamName);
      const open = (await bench.shards(StreamName)).filter(
        (shard) => shard.SequenceNumberRange?.EndingSequenceNumber === undefined,
      );
      const starts = open.map((shard) => BigInt(shard.HashKeyRange?.StartingHashKey ?? -1));
      const quarter = (MAX_HASH + 1n) / 4n;
      // A server may count the borders from 2^128 - 1: one less.
      const quarters = starts.map((start) => (start + 1n) / quarter).sort((a, b) => (a < b ? -1 : 1));
      expect(quarters).toEqual([0n, 1n, 2n, 3n]);
      for (const start of starts) expect((start + 1n) % quarter <= 1n).toBe(true);
      for (const shard of open) expect(shard.ParentShardId).toMatch(/^shardId-00000000000[01]$/);
    },
  },
];
