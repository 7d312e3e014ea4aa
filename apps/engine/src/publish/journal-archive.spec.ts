import { decodeSegment, readArchive } from '@supernoba/journal-archive';
import { systemClock, systemTimers } from '../adapters/system.js';
import { Lifetime, type BackoffPorts } from '../backoff.js';
import { BatchOutput } from '../matching/output.js';
import { PortError, type ObjectStore } from '../ports.js';
import { JournalArchive } from './journal-archive.js';

const quiet = () => undefined;
const ports: BackoffPorts = {
  clock: systemClock,
  timers: systemTimers,
  random: { next: () => 0.1 },
  logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  metrics: { count: quiet, gauge: quiet, observe: quiet },
};

/** A bucket whose uploads the test may hold back or let fail. */
class Bucket implements ObjectStore {
  readonly objects = new Map<string, Uint8Array>();
  gate: Promise<void> = Promise.resolve();
  failures = 0;

  async put(key: string, bytes: Uint8Array): Promise<void> {
    await this.gate;
    if (this.failures-- > 0) throw new PortError('UNAVAILABLE', 'away');
    this.objects.set(key, bytes);
  }
  get(key: string) {
    return Promise.resolve(this.objects.get(key));
  }
  list(prefix: string, after = '') {
    return Promise.resolve([...this.objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort());
  }
  delete(key: string) {
    this.objects.delete(key);
    return Promise.resolve();
  }
}

const life = new Lifetime();
afterAll(() => life.end());

function archiveIn(objects: Bucket, intervalMs: number, after = ''): JournalArchive {
  return new JournalArchive({ shardId: 'shard-0', after, intervalMs, objects }, ports, life);
}

function batchOf(...numbers: number[]): BatchOutput {
  const batch = new BatchOutput();
  for (const n of numbers) {
    const data = Buffer.from(`{"n":${n}}`);
    batch.records.push({ sequenceNumber: String(n), arrivalMs: n, partitionKey: 'TEST', data });
  }
  return batch;
}

async function archived(objects: Bucket): Promise<string[][]> {
  const segments: string[][] = [];
  for await (const { records } of readArchive(objects, 'shard-0')) {
    segments.push(records.map(({ sequenceNumber }) => sequenceNumber));
  }
  return segments;
}

test('batches that come while an upload is on its way travel together in the next segment', async () => {
  const bucket = new Bucket();
  let open: () => void = quiet;
  bucket.gate = new Promise((resolve) => (open = resolve));
  const archive = archiveIn(bucket, 0);
  const acknowledged = [archive.publish(batchOf(1, 2)), archive.publish(batchOf(3)), archive.publish(batchOf(4, 5))];
  await systemTimers.breathe();
  expect(bucket.objects.size).toBe(0);
  open();
  await Promise.all(acknowledged);
  expect(await archived(bucket)).toEqual([
    ['1', '2'],
    ['3', '4', '5'],
  ]);
});

test('segments keep their distance in time, unless something waits for them', async () => {
  const bucket = new Bucket();
  const archive = archiveIn(bucket, 60_000);
  await archive.publish(batchOf(1));
  const held = archive.publish(batchOf(2));
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(await archived(bucket)).toEqual([['1']]);
  archive.flush();
  await held;
  expect(await archived(bucket)).toEqual([['1'], ['2']]);
});

test('a failed upload is tried again, and what comes after it waits', async () => {
  const bucket = new Bucket();
  bucket.failures = 2;
  const archive = archiveIn(bucket, 0, '6');
  await Promise.all([archive.publish(batchOf(7)), archive.publish(batchOf(8))]);
  expect(await archived(bucket)).toEqual([['7'], ['8']]);
  const [first] = [...bucket.objects];
  expect(decodeSegment(first![1], first![0])).toMatchObject({ shard: 'shard-0', after: '6' });
});

test('a dead record is kept as it came', async () => {
  const bucket = new Bucket();
  const batch = new BatchOutput();
  const data = Buffer.from('{no JSON');
  batch.records.push({ sequenceNumber: '1', arrivalMs: 1, partitionKey: 'TEST', data });
  batch.deadLetters.push({ ...batch.records[0]!, index: 0, reason: 'NOT_JSON', message: 'no JSON' });
  await archiveIn(bucket, 0).publish(batch);
  for await (const { records } of readArchive(bucket, 'shard-0')) expect(Buffer.from(records[0]!.data)).toEqual(data);
});
