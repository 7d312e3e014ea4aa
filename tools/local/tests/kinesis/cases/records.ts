import { createHash } from 'node:crypto';
import {
  GetRecordsCommand,
  type GetRecordsCommandOutput,
  GetShardIteratorCommand,
  PutRecordCommand,
  PutRecordsCommand,
  type PutRecordsRequestEntry,
} from '@aws-sdk/client-kinesis';
import { errorOf, MAX_HASH, texts } from '../support/bench.js';
import type { AcceptanceCase } from '../support/case.js';

const MIB = 1024 * 1024;
const SECONDS_A_MEGABYTE = 'takes seconds for each MiB, which would hold everything up';
const REFUSED = /^(InvalidArgument|Validation)Exception$/;

/** Which of `count` equal shards a partition key belongs to, by our own arithmetic. */
function shardOfKey(key: string, count: number): string {
  const hash = BigInt(`0x${createHash('md5').update(key).digest('hex')}`);
  const index = Number((hash * BigInt(count)) / (MAX_HASH + 1n));
  return `shardId-00000000000${index}`;
}

const entry = (PartitionKey: string, text: string): PutRecordsRequestEntry => ({
  PartitionKey,
  Data: Buffer.from(text),
});

export const recordCases: readonly AcceptanceCase[] = [
  {
    operation: 'PutRecord',
    does: 'places a record by the MD5 of its key, numbered upwards',
    run: async (bench) => {
      const StreamName = await bench.stream(4);
      const keys = ['TEST', 'BTCUSD', '한글', 'x'.repeat(256)];
      for (const key of keys) {
        const first = await bench.put(StreamName, key, 'one');
        const second = await bench.put(StreamName, key, 'two');
        expect([first.ShardId, second.ShardId]).toEqual([shardOfKey(key, 4), shardOfKey(key, 4)]);
        expect(first.SequenceNumber).toMatch(/^49\d{54}$/);
        expect(BigInt(second.SequenceNumber ?? 0) > BigInt(first.SequenceNumber ?? 0)).toBe(true);
      }
    },
  },
  {
    operation: 'PutRecord',
    does: 'lets an explicit hash key decide instead',
    run: async (bench) => {
      const StreamName = await bench.stream(2);
      const low = await bench.put(StreamName, 'key', 'low', '0');
      const high = await bench.put(StreamName, 'key', 'high', MAX_HASH.toString());
      expect([low.ShardId, high.ShardId]).toEqual(['shardId-000000000000', 'shardId-000000000001']);
      const beyond = bench.put(StreamName, 'key', 'beyond', (MAX_HASH + 1n).toString());
      expect(await errorOf(beyond)).toBe('InvalidArgumentException');
    },
  },
  {
    operation: 'PutRecord',
    does: 'keeps every byte of the data',
    run: async (bench) => {
      const StreamName = await bench.stream();
      const Data = Uint8Array.from({ length: 1024 }, (_, index) => index % 256);
      await bench.client.send(new PutRecordCommand({ StreamName, PartitionKey: 'key', Data }));
      const [record] = await bench.readAll(StreamName);
      expect(record?.PartitionKey).toBe('key');
      expect(Uint8Array.from(record?.Data ?? [])).toEqual(Data);
    },
  },
  {
    operation: 'PutRecord',
    does: 'takes 1 MiB together with the key, and no more',
    skip: { 'kinesis-local': SECONDS_A_MEGABYTE },
    run: async (bench) => {
      const StreamName = await bench.stream();
      const put = (bytes: number) =>
        bench.client.send(new PutRecordCommand({ StreamName, PartitionKey: 'key', Data: Buffer.alloc(bytes, 0xa5) }));
      await put(MIB - 3);
      expect(await errorOf(put(MIB + 1))).toMatch(REFUSED);
      const records = await bench.readAll(StreamName);
      expect(records.map((record) => record.Data?.length)).toEqual([MIB - 3]);
      expect(Buffer.compare(Buffer.from(records[0]?.Data ?? []), Buffer.alloc(MIB - 3, 0xa5))).toBe(0);
    },
  },
  {
    operation: 'PutRecord',
    does: 'refuses an empty or overlong key and a stream that does not exist',
    run: async (bench) => {
      const StreamName = await bench.stream();
      expect(await errorOf(bench.put(StreamName, '', 'x'))).toMatch(REFUSED);
      expect(await errorOf(bench.put(StreamName, 'k'.repeat(257), 'x'))).toMatch(REFUSED);
      expect(await errorOf(bench.put(bench.name(), 'key', 'x'))).toBe('ResourceNotFoundException');
    },
  },
  {
    operation: 'PutRecords',
    does: 'answers in the order of the request and keeps the order of each key',
    run: async (bench) => {
      const StreamName = await bench.stream(2);
      const keys = ['a', 'b', 'c', 'd'];
      const Records = Array.from({ length: 40 }, (_, index) =>
        entry(keys[index % 4] ?? '', `${keys[index % 4]}${index}`),
      );
      const answer = await bench.client.send(new PutRecordsCommand({ StreamName, Records }));
      expect(answer.FailedRecordCount).toBe(0);
      expect(answer.Records?.map((record) => record.ShardId)).toEqual(
        Records.map((record) => shardOfKey(record.PartitionKey ?? '', 2)),
      );
      const read = [...(await bench.readAll(StreamName)), ...(await bench.readAll(StreamName, 'shardId-000000000001'))];
      expect(read).toHaveLength(40);
      for (const key of keys) {
        const ofKey = read.filter((record) => record.PartitionKey === key);
        expect(texts(ofKey)).toEqual(
          Records.filter((record) => record.PartitionKey === key).map((record) =>
            Buffer.from(record.Data ?? []).toString(),
          ),
        );
      }
      const numbers = new Map(read.map((record) => [Buffer.from(record.Data ?? []).toString(), record.SequenceNumber]));
      expect(answer.Records?.map((record) => record.SequenceNumber)).toEqual(
        Records.map((record) => numbers.get(Buffer.from(record.Data ?? []).toString())),
      );
    },
  },
  {
    operation: 'PutRecords',
    does: 'refuses more than 500 records, none, and one that is too large',
    skip: { 'kinesis-local': 'takes 501 records, and an empty list' },
    run: async (bench) => {
      const StreamName = await bench.stream();
      const put = (Records: PutRecordsRequestEntry[]) =>
        errorOf(bench.client.send(new PutRecordsCommand({ StreamName, Records })));
      expect(await put(Array.from({ length: 501 }, () => entry('key', 'x')))).toMatch(REFUSED);
      expect(await put([])).toMatch(REFUSED);
      expect(await put([entry('key', 'fine'), { PartitionKey: 'key', Data: Buffer.alloc(MIB + 1) }])).toMatch(REFUSED);
      expect(await bench.readAll(StreamName)).toEqual([]);
    },
  },
  {
    operation: 'PutRecords',
    does: 'refuses more than 5 MiB together',
    skip: {
      'kinesis-local': SECONDS_A_MEGABYTE,
      kinesalite: 'its limit is on the encoded request (7 MiB), answered by a bare 413',
    },
    run: async (bench) => {
      const StreamName = await bench.stream();
      const Records = Array.from({ length: 6 }, () => ({ PartitionKey: 'key', Data: Buffer.alloc(MIB - 8) }));
      const put = bench.client.send(new PutRecordsCommand({ StreamName, Records }));
      expect(await errorOf(put)).toMatch(REFUSED);
      expect(await bench.readAll(StreamName)).toEqual([]);
    },
  },
  {
    operation: 'GetShardIterator',
    does: 'begins at the start, at a number, after a number, at a time and at the tip',
    run: async (bench) => {
      const StreamName = await bench.stream();
      const numbers: string[] = [];
      for (const text of ['r0', 'r1', 'r2']) {
        numbers.push((await bench.put(StreamName, 'key', text)).SequenceNumber ?? '');
      }
      const [first] = await bench.readAll(StreamName);
      const tip = await bench.iterator({ StreamName, ShardIteratorType: 'LATEST' });
      await bench.put(StreamName, 'key', 'r3');
      const from = async (ShardIterator: string) =>
        texts((await bench.client.send(new GetRecordsCommand({ ShardIterator }))).Records ?? []);
      const at = { StreamName, StartingSequenceNumber: numbers[1] };
      expect(await from(await bench.iterator({ StreamName, ShardIteratorType: 'TRIM_HORIZON' }))).toEqual([
        'r0',
        'r1',
        'r2',
        'r3',
      ]);
      expect(await from(await bench.iterator({ ...at, ShardIteratorType: 'AT_SEQUENCE_NUMBER' }))).toEqual([
        'r1',
        'r2',
        'r3',
      ]);
      expect(await from(await bench.iterator({ ...at, ShardIteratorType: 'AFTER_SEQUENCE_NUMBER' }))).toEqual([
        'r2',
        'r3',
      ]);
      expect(await from(tip)).toEqual(['r3']);
      const Timestamp = first?.ApproximateArrivalTimestamp;
      expect((await from(await bench.iterator({ StreamName, ShardIteratorType: 'AT_TIMESTAMP', Timestamp })))[0]).toBe(
        'r0',
      );
    },
  },
  {
    operation: 'GetShardIterator',
    does: 'takes the starting number of the shard, and AT_TIMESTAMP skips what is older',
    run: async (bench) => {
      const StreamName = await bench.stream();
      await bench.put(StreamName, 'key', 'old');
      const [shard] = await bench.shards(StreamName);
      const StartingSequenceNumber = shard?.SequenceNumberRange?.StartingSequenceNumber;
      const start = await bench.iterator({
        StreamName,
        ShardIteratorType: 'AT_SEQUENCE_NUMBER',
        StartingSequenceNumber,
      });
      expect(texts((await bench.client.send(new GetRecordsCommand({ ShardIterator: start }))).Records ?? [])).toEqual([
        'old',
      ]);
      await new Promise((resolve) => setTimeout(resolve, 30));
      const Timestamp = new Date();
      await bench.put(StreamName, 'key', 'new');
      const ShardIterator = await bench.iterator({ StreamName, ShardIteratorType: 'AT_TIMESTAMP', Timestamp });
      const { Records } = await bench.client.send(new GetRecordsCommand({ ShardIterator }));
      expect(texts(Records ?? [])).toEqual(['new']);
    },
  },
  {
    operation: 'GetShardIterator',
    does: 'refuses unknown shards and types without their number or time',
    run: async (bench) => {
      const StreamName = await bench.stream();
      const ShardId = 'shardId-000000000000';
      const ask = (input: object) =>
        errorOf(
          bench.client.send(
            new GetShardIteratorCommand({ StreamName, ShardId, ShardIteratorType: 'LATEST', ...input }),
          ),
        );
      expect(await ask({ ShardId: 'shardId-000000000007' })).toBe('ResourceNotFoundException');
      expect(await ask({ ShardIteratorType: 'AFTER_SEQUENCE_NUMBER' })).toBe('InvalidArgumentException');
      expect(await ask({ ShardIteratorType: 'AT_TIMESTAMP' })).toBe('InvalidArgumentException');
      expect(await ask({ ShardIteratorType: 'SOMEWHERE' })).toMatch(
        /^(InvalidArgument|Validation|Serialization)Exception$/,
      );
    },
  },
  {
    operation: 'GetRecords',
    does: 'goes through a shard by its limit and waits at the tip',
    run: async (bench) => {
      const StreamName = await bench.stream();
      const Records = Array.from({ length: 5 }, (_, index) => entry('key', `r${index}`));
      await bench.client.send(new PutRecordsCommand({ StreamName, Records }));
      let ShardIterator: string | undefined = await bench.iterator({ StreamName, ShardIteratorType: 'TRIM_HORIZON' });
      const pages: string[][] = [];
      for (let page = 0; page < 4; page++) {
        const answer: GetRecordsCommandOutput = await bench.client.send(
          new GetRecordsCommand({ ShardIterator, Limit: 2 }),
        );
        pages.push(texts(answer.Records ?? []));
        if (page === 3) expect(answer.MillisBehindLatest).toBe(0);
        ShardIterator = answer.NextShardIterator;
        expect(ShardIterator).toBeTruthy();
      }
      expect(pages).toEqual([['r0', 'r1'], ['r2', 'r3'], ['r4'], []]);
      await bench.put(StreamName, 'key', 'later');
      const { Records: later } = await bench.client.send(new GetRecordsCommand({ ShardIterator }));
      expect(texts(later ?? [])).toEqual(['later']);
      expect(Math.abs((later?.[0]?.ApproximateArrivalTimestamp?.getTime() ?? 0) - Date.now())).toBeLessThan(10_000);
    },
  },
  {
    operation: 'GetRecords',
    does: 'refuses a limit above 10,000',
    run: async (bench) => {
      const StreamName = await bench.stream();
      const ShardIterator = await bench.iterator({ StreamName, ShardIteratorType: 'LATEST' });
      const read = bench.client.send(new GetRecordsCommand({ ShardIterator, Limit: 10_001 }));
      expect(await errorOf(read)).toMatch(REFUSED);
    },
  },
  {
    operation: 'GetRecords',
    does: 'refuses what is no iterator',
    skip: { 'kinesis-local': 'answers 500 without a type' },
    run: async (bench) => {
      const read = bench.client.send(new GetRecordsCommand({ ShardIterator: 'bm90aGluZw==' }));
      expect(await errorOf(read)).toBe('InvalidArgumentException');
    },
  },
];
