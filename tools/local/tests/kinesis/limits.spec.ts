import { GetRecordsCommand, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { errorOf } from './support/bench.js';
import { benchOf, closeAll, ownServer } from './support/in-process.js';

const THROTTLED = 'ProvisionedThroughputExceededException';

afterEach(closeAll);

const batch = (count: number, bytes = 1) =>
  Array.from({ length: count }, () => ({ PartitionKey: 'k', Data: Buffer.alloc(bytes), ExplicitHashKey: '0' }));

test('a shard takes 1,000 records a second, and names the ones it refuses', async () => {
  let now = 1_700_000_000_000;
  const bench = benchOf((await ownServer({ limits: true, now: () => now })).endpoint);
  const StreamName = await bench.stream(2);
  const put = (count: number) => bench.client.send(new PutRecordsCommand({ StreamName, Records: batch(count) }));
  expect((await put(500)).FailedRecordCount).toBe(0);
  expect((await put(400)).FailedRecordCount).toBe(0);
  const third = await put(150);
  expect(third.FailedRecordCount).toBe(50);
  expect(third.Records?.slice(0, 100).every((record) => record.SequenceNumber !== undefined)).toBe(true);
  expect(third.Records?.slice(100)).toEqual(
    Array.from({ length: 50 }, () => ({
      ErrorCode: THROTTLED,
      ErrorMessage: `Rate exceeded for shard shardId-000000000000 in stream ${StreamName} under account 000000000000.`,
    })),
  );
  await expect(bench.put(StreamName, 'k', 'x', '0')).rejects.toMatchObject({
    name: THROTTLED,
    message: expect.stringContaining(`in stream ${StreamName} under account 000000000000`) as string,
  });
  expect((await bench.put(StreamName, 'k', 'x', (2n ** 127n).toString())).ShardId).toBe('shardId-000000000001');
  now += 500;
  expect((await put(500)).FailedRecordCount).toBe(0);
  expect(await errorOf(bench.put(StreamName, 'k', 'x', '0'))).toBe(THROTTLED);
});

test('a shard takes 1 MB a second', async () => {
  let now = 1_700_000_000_000;
  const bench = benchOf((await ownServer({ limits: true, now: () => now })).endpoint);
  const StreamName = await bench.stream();
  const put = (count: number) =>
    bench.client.send(new PutRecordsCommand({ StreamName, Records: batch(count, 200_000) }));
  expect((await put(8)).FailedRecordCount).toBe(3);
  now += 1000;
  expect((await put(5)).FailedRecordCount).toBe(0);
});

test('a shard answers five GetRecords a second', async () => {
  let now = 1_700_000_000_000;
  const bench = benchOf((await ownServer({ limits: true, now: () => now })).endpoint);
  const StreamName = await bench.stream();
  const ShardIterator = await bench.iterator({ StreamName, ShardIteratorType: 'TRIM_HORIZON' });
  const read = () => errorOf(bench.client.send(new GetRecordsCommand({ ShardIterator })));
  const burst = [];
  for (let call = 0; call < 7; call++) burst.push(await read());
  expect(burst).toEqual([...Array<string>(5).fill('no error'), THROTTLED, THROTTLED]);
  now += 200;
  expect([await read(), await read()]).toEqual(['no error', THROTTLED]);
});

test('a large answer is paid for by silence at 2 MB a second', async () => {
  let now = 1_700_000_000_000;
  const bench = benchOf((await ownServer({ limits: true, now: () => now })).endpoint);
  const StreamName = await bench.stream();
  for (let second = 0; second < 8; second++) {
    now += 1000;
    await bench.client.send(new PutRecordsCommand({ StreamName, Records: batch(5, 200_000) }));
  }
  const ShardIterator = await bench.iterator({ StreamName, ShardIteratorType: 'TRIM_HORIZON' });
  const { Records } = await bench.client.send(new GetRecordsCommand({ ShardIterator }));
  expect(Records).toHaveLength(40);
  const read = () => errorOf(bench.client.send(new GetRecordsCommand({ ShardIterator, Limit: 1 })));
  now += 2000;
  expect(await read()).toBe(THROTTLED);
  now += 1000;
  expect(await read()).toBe('no error');
});

test('without the option nothing is throttled', async () => {
  const bench = benchOf((await ownServer({ now: () => 1_700_000_000_000 })).endpoint);
  const StreamName = await bench.stream();
  for (let call = 0; call < 3; call++) {
    const answer = await bench.client.send(new PutRecordsCommand({ StreamName, Records: batch(500) }));
    expect(answer.FailedRecordCount).toBe(0);
  }
  const ShardIterator = await bench.iterator({ StreamName, ShardIteratorType: 'TRIM_HORIZON' });
  for (let call = 0; call < 8; call++) {
    const answer = await bench.client.send(new GetRecordsCommand({ ShardIterator, Limit: 3 }));
    expect(answer.Records).toHaveLength(3);
  }
});
