import { appendFileSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GetRecordsCommand, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { texts, type Bench } from './support/bench.js';
import { benchOf, closeAll, closeServer, ownServer } from './support/in-process.js';
import { newFolder, removeBundle, startFailing, startOwnChild, type OwnChild } from './support/own-server.js';

const children: OwnChild[] = [];

async function childOn(dataDir: string, ...flags: string[]): Promise<OwnChild> {
  const child = await startOwnChild(['--data', dataDir, ...flags]);
  children.push(child);
  return child;
}

afterEach(async () => {
  for (const child of children.splice(0)) await child.kill();
  await closeAll();
});
afterAll(removeBundle);

/** The log files of a data folder's only shard, oldest first. */
function logsOf(dataDir: string): string[] {
  const streams = join(dataDir, 'streams');
  const stream = join(streams, readdirSync(streams)[0] ?? '');
  const shard = join(stream, readdirSync(stream)[0] ?? '');
  return readdirSync(shard)
    .sort()
    .map((name) => join(shard, name));
}

/**
 * Puts from several writers at once until the server dies.
 * @param enough called once when 300 records were answered
 * @returns what was answered, by shard
 */
async function putUntilDeath(
  bench: Bench,
  StreamName: string,
  writers: number,
  enough: () => void,
): Promise<Map<string, string[]>> {
  let count = 0;
  const answered = new Map<string, string[]>();
  const note = (shardId: string | undefined, number: string | undefined, text: string): void => {
    if (shardId === undefined || number === undefined) return;
    if (++count === 300) enough();
    answered.set(shardId, [...(answered.get(shardId) ?? []), `${number} ${text}`]);
  };
  const write = async (writer: number): Promise<void> => {
    for (let turn = 0; turn < 100_000; turn++) {
      const batch = Array.from({ length: 10 }, (_, index) => `w${writer} t${turn} r${index}`);
      const Records = batch.map((text) => ({ PartitionKey: `key-${writer}`, Data: Buffer.from(text) }));
      const answer = await bench.client.send(new PutRecordsCommand({ StreamName, Records }));
      answer.Records?.forEach((record, index) => note(record.ShardId, record.SequenceNumber, batch[index] ?? ''));
    }
  };
  await Promise.allSettled(Array.from({ length: writers }, (_, writer) => write(writer)));
  return answered;
}

test.each([[[]], [['--fsync']]])(
  'every answered record is there after kill -9 in the middle of writes %j',
  async (flags) => {
    const dataDir = newFolder();
    const first = await childOn(dataDir, ...flags);
    const bench = benchOf(first.endpoint);
    const StreamName = await bench.stream(2);
    const answered = await putUntilDeath(bench, StreamName, 6, () => void first.kill());
    expect([...answered.values()].flat().length).toBeGreaterThanOrEqual(300);

    const again = benchOf((await childOn(dataDir, ...flags)).endpoint);
    for (const [shardId, expected] of answered) {
      const records = await again.readAll(StreamName, shardId);
      const stored = records.map((record) => `${record.SequenceNumber} ${texts([record])[0]}`);
      const known = new Set(expected);
      expect(stored.filter((line) => known.has(line)).sort()).toEqual([...expected].sort());
      const numbers = records.map((record) => BigInt(record.SequenceNumber ?? 0));
      expect(numbers.every((number, index) => index === 0 || number > (numbers[index - 1] ?? 0n))).toBe(true);
    }
    const last = (await again.readAll(StreamName)).at(-1)?.SequenceNumber ?? '0';
    const next = await again.put(StreamName, 'key', 'after', '0');
    expect(BigInt(next.SequenceNumber ?? 0) > BigInt(last)).toBe(true);
  },
);

test('a write that was cut off is removed at the next start, with a message', async () => {
  const dataDir = newFolder();
  const server = await ownServer({ dataDir });
  const bench = benchOf(server.endpoint);
  const StreamName = await bench.stream();
  for (const text of ['one', 'two', 'three']) await bench.put(StreamName, 'key', text);
  await closeServer(server);
  const [file = ''] = logsOf(dataDir);
  truncateSync(file, statSync(file).size - 5);

  const messages: unknown[][] = [];
  const again = await ownServer({ dataDir, log: (...message) => messages.push(message) });
  const rest = benchOf(again.endpoint);
  expect(texts(await rest.readAll(StreamName))).toEqual(['one', 'two']);
  expect(messages).toEqual([
    [
      'warn',
      expect.stringContaining('cut off'),
      { file, keptBytes: statSync(file).size, cutBytes: expect.any(Number) },
    ],
  ]);
  await rest.put(StreamName, 'key', 'four');
  await closeServer(again);
  const third = benchOf((await ownServer({ dataDir })).endpoint);
  expect(texts(await third.readAll(StreamName))).toEqual(['one', 'two', 'four']);
});

test('zeros behind the last record, as a power cut leaves them, are removed', async () => {
  const dataDir = newFolder();
  const server = await ownServer({ dataDir });
  const bench = benchOf(server.endpoint);
  const StreamName = await bench.stream();
  await bench.put(StreamName, 'key', 'one');
  await closeServer(server);
  appendFileSync(logsOf(dataDir)[0] ?? '', Buffer.alloc(4096));
  const again = benchOf((await ownServer({ dataDir })).endpoint);
  expect(texts(await again.readAll(StreamName))).toEqual(['one']);
});

test('a log that is damaged before its end is refused and left as it is', async () => {
  const dataDir = newFolder();
  const server = await ownServer({ dataDir });
  const bench = benchOf(server.endpoint);
  const StreamName = await bench.stream();
  for (const text of ['one', 'two', 'three']) await bench.put(StreamName, 'key', text);
  await closeServer(server);
  const [file = ''] = logsOf(dataDir);
  const bytes = readFileSync(file);
  bytes.writeUInt8((bytes.at(30) ?? 0) ^ 0xff, 30);
  writeFileSync(file, bytes);
  await expect(ownServer({ dataDir })).rejects.toThrow(/is damaged at byte 8 of/);
  expect(readFileSync(file).equals(bytes)).toBe(true);
});

test('a catalogue that is missing or unreadable beside logs is refused', async () => {
  const dataDir = newFolder();
  const server = await ownServer({ dataDir });
  const bench = benchOf(server.endpoint);
  await bench.put(await bench.stream(), 'k', 'x');
  await closeServer(server);
  writeFileSync(join(dataDir, 'streams.json'), '{"format":1,"stre');
  await expect(ownServer({ dataDir })).rejects.toThrow(/streams.json is no JSON/);
  truncateSync(join(dataDir, 'streams.json'), 0);
  await expect(ownServer({ dataDir })).rejects.toThrow(/streams.json is no JSON/);
  expect(logsOf(dataDir)).toHaveLength(1);
});

test('iterators, streams, consumers and shard ends mean the same after a restart', async () => {
  const dataDir = newFolder();
  const server = await ownServer({ dataDir, segmentBytes: 100 });
  const bench = benchOf(server.endpoint);
  const StreamName = await bench.stream(2);
  for (let index = 0; index < 20; index++) await bench.put(StreamName, 'key', `r${index}`, '0');
  const ShardIterator = await bench.iterator({ StreamName, ShardIteratorType: 'TRIM_HORIZON' });
  const first = await bench.client.send(new GetRecordsCommand({ ShardIterator, Limit: 7 }));
  const tip = await bench.iterator({ StreamName, ShardIteratorType: 'LATEST' });
  const shards = await bench.shards(StreamName);
  await closeServer(server);
  expect(logsOf(dataDir).length).toBeGreaterThan(2);

  const again = benchOf((await ownServer({ dataDir })).endpoint);
  expect(await again.shards(StreamName)).toEqual(shards);
  const next = await again.client.send(new GetRecordsCommand({ ShardIterator: first.NextShardIterator }));
  expect(texts([...(first.Records ?? []), ...(next.Records ?? [])])).toEqual(
    Array.from({ length: 20 }, (_, index) => `r${index}`),
  );
  expect((await again.client.send(new GetRecordsCommand({ ShardIterator: tip }))).Records).toEqual([]);
  await again.put(StreamName, 'key', 'new', '0');
  const { Records } = await again.client.send(new GetRecordsCommand({ ShardIterator: tip }));
  expect(texts(Records ?? [])).toEqual(['new']);
});

test('a data folder has one server at a time; a lock of a dead one is cleared', async () => {
  const dataDir = newFolder();
  const first = await childOn(dataDir);
  const second = startFailing(['--data', dataDir]);
  expect(await second.exit).toBe(1);
  expect(second.stderr()).toContain(`in use by process ${first.process.pid}`);
  await first.kill();
  const third = await childOn(dataDir);
  expect(third.port).toBeGreaterThan(0);
});
