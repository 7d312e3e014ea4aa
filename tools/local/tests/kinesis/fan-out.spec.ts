import {
  DeleteStreamCommand,
  DeregisterStreamConsumerCommand,
  PutRecordsCommand,
  RegisterStreamConsumerCommand,
  SplitShardCommand,
  SubscribeToShardCommand,
  type StartingPosition,
  type SubscribeToShardEvent,
  type SubscribeToShardEventStream,
} from '@aws-sdk/client-kinesis';
import type { KinesisServerOptions } from '../../src/kinesis/index.js';
import { errorOf, texts, type Bench } from './support/bench.js';
import { benchOf, closeAll, closeServer, ownServer } from './support/in-process.js';
import { newFolder } from './support/own-server.js';

const FIRST = 'shardId-000000000000';
type Events = AsyncIterable<SubscribeToShardEventStream>;

afterEach(closeAll);

async function fanOut(options: Partial<KinesisServerOptions> = {}) {
  const bench = benchOf((await ownServer({ takeoverMs: 0, ...options })).endpoint, 'http2');
  const StreamName = await bench.stream();
  return { bench, StreamName, ConsumerARN: await consumerOf(bench, StreamName) };
}

async function consumerOf(bench: Bench, StreamName: string): Promise<string> {
  const StreamARN = `arn:aws:kinesis:ap-northeast-2:000000000000:stream/${StreamName}`;
  const { Consumer } = await bench.client.send(new RegisterStreamConsumerCommand({ StreamARN, ConsumerName: 'c' }));
  return Consumer?.ConsumerARN ?? '';
}

async function subscribe(bench: Bench, ConsumerARN: string, StartingPosition: StartingPosition): Promise<Events> {
  const { EventStream } = await bench.client.send(
    new SubscribeToShardCommand({ ConsumerARN, ShardId: FIRST, StartingPosition }),
  );
  if (EventStream === undefined) throw new Error('no event stream');
  return EventStream;
}

/** Events until `enough` says so, or until the server ends them. */
async function take(
  events: Events,
  enough: (all: SubscribeToShardEvent[]) => boolean,
): Promise<SubscribeToShardEvent[]> {
  const all: SubscribeToShardEvent[] = [];
  for await (const { SubscribeToShardEvent: event } of events) {
    if (event) all.push(event);
    if (enough(all)) break;
  }
  return all;
}

const textsOf = (events: readonly SubscribeToShardEvent[]): string[] =>
  events.flatMap((event) => texts(event.Records ?? []));

test('a subscription opens at once on an idle shard, and heartbeats follow', async () => {
  const { bench, ConsumerARN } = await fanOut({ heartbeatMs: 50 });
  const began = performance.now();
  const events = await subscribe(bench, ConsumerARN, { Type: 'LATEST' });
  process.stdout.write(
    `SubscribeToShard answered after ${(performance.now() - began).toFixed(1)} ms on an idle shard\n`,
  );
  const beats = await take(events, (all) => all.length === 3);
  expect(beats.map((beat) => [beat.Records, beat.MillisBehindLatest])).toEqual(Array(3).fill([[], 0]));
  for (const beat of beats) expect(beat.ContinuationSequenceNumber).toMatch(/^49\d{54}$/);
});

test('a record is pushed within milliseconds of its write', async () => {
  const { bench, StreamName, ConsumerARN } = await fanOut();
  const events = await subscribe(bench, ConsumerARN, { Type: 'LATEST' });
  const sentAt: number[] = [];
  const gaps: number[] = [];
  const reading = take(events, (all) => {
    const received = performance.now();
    const count = textsOf(all).length;
    while (gaps.length < count) gaps.push(received - (sentAt[gaps.length] ?? 0));
    return count === 40;
  });
  for (let index = 0; index < 40; index++) {
    sentAt.push(performance.now());
    await bench.put(StreamName, 'k', `r${index}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(textsOf(await reading)).toEqual(Array.from({ length: 40 }, (_, index) => `r${index}`));
  gaps.sort((a, b) => a - b);
  process.stdout.write(`PutRecord sent to pushed: p50 ${gaps[20]?.toFixed(1)} ms, worst ${gaps[39]?.toFixed(1)} ms\n`);
});

test('a continuation number resumes exactly where the reader stopped', async () => {
  const { bench, StreamName, ConsumerARN } = await fanOut();
  for (const text of ['a', 'b']) await bench.put(StreamName, 'k', text);
  const [event] = await take(await subscribe(bench, ConsumerARN, { Type: 'TRIM_HORIZON' }), () => true);
  expect(texts(event?.Records ?? [])).toEqual(['a', 'b']);
  await bench.put(StreamName, 'k', 'c');
  const SequenceNumber = event?.ContinuationSequenceNumber;
  const events = await subscribe(bench, ConsumerARN, { Type: 'AFTER_SEQUENCE_NUMBER', SequenceNumber });
  expect(textsOf(await take(events, () => true))).toEqual(['c']);
});

test('a backlog of many megabytes arrives whole and in order, though the reader is slow', async () => {
  const { bench, StreamName, ConsumerARN } = await fanOut({ recentBytes: 1000 });
  const expected: string[] = [];
  for (let batch = 0; batch < 4; batch++) {
    const names = Array.from({ length: 40 }, (_, index) => `${batch}-${index}`);
    expected.push(...names);
    const Records = names.map((name) => ({ PartitionKey: name, Data: Buffer.alloc(50_000, name) }));
    await bench.client.send(new PutRecordsCommand({ StreamName, Records }));
  }
  const found: string[] = [];
  for await (const { SubscribeToShardEvent: event } of await subscribe(bench, ConsumerARN, { Type: 'TRIM_HORIZON' })) {
    found.push(...(event?.Records ?? []).map((record) => record.PartitionKey ?? ''));
    if (found.length >= expected.length) break;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  expect(found).toEqual(expected);
});

test('the end of a split shard is told with its children, and ends the answer', async () => {
  const { bench, StreamName, ConsumerARN } = await fanOut();
  await bench.put(StreamName, 'k', 'last');
  const reading = take(await subscribe(bench, ConsumerARN, { Type: 'TRIM_HORIZON' }), () => false);
  await bench.client.send(
    new SplitShardCommand({ StreamName, ShardToSplit: FIRST, NewStartingHashKey: (2n ** 127n).toString() }),
  );
  const all = await reading;
  expect(textsOf(all)).toEqual(['last']);
  expect(all.at(-1)?.ChildShards?.map((child) => child.ShardId)).toEqual([
    'shardId-000000000001',
    'shardId-000000000002',
  ]);
});

test('a second subscription has to wait, then takes the first one over', async () => {
  let now = 1_700_000_000_000;
  const { bench, StreamName, ConsumerARN } = await fanOut({ takeoverMs: 5000, now: () => now });
  const first = errorOf(take(await subscribe(bench, ConsumerARN, { Type: 'LATEST' }), () => false));
  const early = subscribe(bench, ConsumerARN, { Type: 'LATEST' });
  expect(await errorOf(early)).toBe('ResourceInUseException');
  now += 5000;
  const second = await subscribe(bench, ConsumerARN, { Type: 'LATEST' });
  expect(await first).toBe('ResourceInUseException');
  await bench.put(StreamName, 'k', 'mine');
  expect(textsOf(await take(second, (all) => all.length > 0))).toEqual(['mine']);
});

test('deleting the stream or the consumer ends the subscription with an error', async () => {
  const { bench, StreamName, ConsumerARN } = await fanOut();
  const ofStream = errorOf(take(await subscribe(bench, ConsumerARN, { Type: 'LATEST' }), () => false));
  await bench.client.send(new DeleteStreamCommand({ StreamName, EnforceConsumerDeletion: true }));
  expect(await ofStream).toBe('ResourceNotFoundException');
  const other = await fanOut();
  const ofConsumer = errorOf(take(await subscribe(other.bench, other.ConsumerARN, { Type: 'LATEST' }), () => false));
  await other.bench.client.send(new DeregisterStreamConsumerCommand({ ConsumerARN: other.ConsumerARN }));
  expect(await ofConsumer).toBe('ResourceNotFoundException');
});

test('a subscription ends by itself after its life', async () => {
  const { bench, StreamName, ConsumerARN } = await fanOut({ subscriptionMs: 120 });
  await bench.put(StreamName, 'k', 'x');
  const all = await take(await subscribe(bench, ConsumerARN, { Type: 'TRIM_HORIZON' }), () => false);
  expect(textsOf(all)).toEqual(['x']);
});

test('with limits a subscription is held to 2 MB a second', async () => {
  const dataDir = newFolder();
  const server = await ownServer({ dataDir });
  const writer = benchOf(server.endpoint);
  const StreamName = await writer.stream();
  const Records = Array.from({ length: 5 }, (_, index) => ({ PartitionKey: `${index}`, Data: Buffer.alloc(200_000) }));
  for (let batch = 0; batch < 5; batch++) await writer.client.send(new PutRecordsCommand({ StreamName, Records }));
  await closeServer(server);

  const bench = benchOf((await ownServer({ dataDir, limits: true })).endpoint, 'http2');
  const ConsumerARN = await consumerOf(bench, StreamName);
  const began = performance.now();
  await take(await subscribe(bench, ConsumerARN, { Type: 'TRIM_HORIZON' }), (all) => textsOf(all).length >= 25);
  // 5 MB: 2 are granted at once, and the push that overdraws them is paid for before the next one.
  expect(performance.now() - began).toBeGreaterThan(800);
});
