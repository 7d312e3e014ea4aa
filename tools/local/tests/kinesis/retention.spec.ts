import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  GetRecordsCommand,
  IncreaseStreamRetentionPeriodCommand,
  UpdateShardCountCommand,
} from '@aws-sdk/client-kinesis';
import { errorOf, texts } from './support/bench.js';
import { benchOf, closeAll, closeServer, ownServer } from './support/in-process.js';
import { newFolder } from './support/own-server.js';

const HOUR = 3_600_000;

afterEach(closeAll);

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.log'));

test('records past retention go by whole files, and iterators before them begin at what is left', async () => {
  let now = 1_700_000_000_000;
  const dataDir = newFolder();
  const server = await ownServer({ dataDir, now: () => now, tokenMs: 100 * HOUR });
  const bench = benchOf(server.endpoint);
  const StreamName = await bench.stream();
  const numbers: string[] = [];
  const start = await bench.iterator({ StreamName, ShardIteratorType: 'TRIM_HORIZON' });
  for (let hour = 0; hour < 30; hour++) {
    numbers.push((await bench.put(StreamName, 'k', `h${hour}`)).SequenceNumber ?? '');
    now += HOUR;
  }
  await server.trim();
  expect(filesBelow(join(dataDir, 'streams'))).toHaveLength(24);
  const left = Array.from({ length: 24 }, (_, index) => `h${index + 6}`);
  expect(texts(await bench.readAll(StreamName))).toEqual(left);
  const { Records } = await bench.client.send(new GetRecordsCommand({ ShardIterator: start }));
  expect(texts(Records ?? [])).toEqual(left);
  const old = await bench.iterator({
    StreamName,
    ShardIteratorType: 'AT_SEQUENCE_NUMBER',
    StartingSequenceNumber: numbers[0],
  });
  expect(
    texts((await bench.client.send(new GetRecordsCommand({ ShardIterator: old, Limit: 1 }))).Records ?? []),
  ).toEqual(['h6']);

  now += 200 * HOUR;
  await server.trim();
  expect(await bench.readAll(StreamName)).toEqual([]);
  await closeServer(server);
  const again = benchOf((await ownServer({ dataDir, now: () => now })).endpoint);
  const next = await again.put(StreamName, 'k', 'later');
  expect(BigInt(next.SequenceNumber ?? 0) > BigInt(numbers.at(-1) ?? 0)).toBe(true);
  expect(texts(await again.readAll(StreamName))).toEqual(['later']);
});

test('a longer retention keeps them', async () => {
  let now = 1_700_000_000_000;
  const server = await ownServer({ now: () => now });
  const bench = benchOf(server.endpoint);
  const StreamName = await bench.stream();
  await bench.client.send(new IncreaseStreamRetentionPeriodCommand({ StreamName, RetentionPeriodHours: 168 }));
  await bench.put(StreamName, 'k', 'kept');
  now += 167 * HOUR;
  await server.trim();
  expect(texts(await bench.readAll(StreamName))).toEqual(['kept']);
});

test('a closed shard is forgotten once all it held is past retention; its id is not given again', async () => {
  let now = 1_700_000_000_000;
  const dataDir = newFolder();
  const server = await ownServer({ dataDir, now: () => now });
  const bench = benchOf(server.endpoint);
  const StreamName = await bench.stream();
  const scale = (TargetShardCount: number) =>
    bench.client.send(new UpdateShardCountCommand({ StreamName, TargetShardCount, ScalingType: 'UNIFORM_SCALING' }));
  await scale(2);
  now += 25 * HOUR;
  await server.trim();
  const ids = async () => (await bench.shards(StreamName)).map((shard) => Number(shard.ShardId?.slice(-2)));
  expect(await ids()).toEqual([1, 2]);
  expect(filesBelow(join(dataDir, 'streams'))).toHaveLength(2);
  await scale(1);
  expect(await ids()).toEqual([1, 2, 3]);
  const gone = bench.iterator({ StreamName, ShardIteratorType: 'TRIM_HORIZON' });
  expect(await errorOf(gone)).toBe('ResourceNotFoundException');
});

test('an iterator expires after its five minutes', async () => {
  let now = 1_700_000_000_000;
  const bench = benchOf((await ownServer({ now: () => now })).endpoint);
  const StreamName = await bench.stream();
  const ShardIterator = await bench.iterator({ StreamName, ShardIteratorType: 'TRIM_HORIZON' });
  now += 300_000;
  const { NextShardIterator } = await bench.client.send(new GetRecordsCommand({ ShardIterator }));
  now += 1;
  await expect(bench.client.send(new GetRecordsCommand({ ShardIterator }))).rejects.toMatchObject({
    name: 'ExpiredIteratorException',
    message:
      'Iterator expired. The iterator was created at time Tue Nov 14 22:13:20 UTC 2023 while right now it is Tue Nov 14 ' +
      '22:18:20 UTC 2023 which is further in the future than the tolerated delay of 300000 milliseconds.',
  });
  expect(await errorOf(bench.client.send(new GetRecordsCommand({ ShardIterator: NextShardIterator })))).toBe(
    'no error',
  );
});

test('a clock that steps back changes neither the order of numbers nor that of times', async () => {
  let now = 1_700_000_000_000;
  const bench = benchOf((await ownServer({ now: () => now })).endpoint);
  const StreamName = await bench.stream();
  for (const step of [0, -50_000, 10, -1]) {
    now += step;
    await bench.put(StreamName, 'k', String(step));
  }
  const records = await bench.readAll(StreamName);
  expect(texts(records)).toEqual(['0', '-50000', '10', '-1']);
  const numbers = records.map((record) => BigInt(record.SequenceNumber ?? 0));
  const times = records.map((record) => record.ApproximateArrivalTimestamp?.getTime() ?? 0);
  expect(numbers.every((number, index) => index === 0 || number > (numbers[index - 1] ?? 0n))).toBe(true);
  expect(times).toEqual([...times].sort((a, b) => a - b));
});
