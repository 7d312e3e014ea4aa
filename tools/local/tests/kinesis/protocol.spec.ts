import { connect } from 'node:net';
import {
  DescribeStreamCommand,
  CreateStreamCommand,
  ListStreamsCommand,
  PutRecordCommand,
  SplitShardCommand,
} from '@aws-sdk/client-kinesis';
import type { KinesisServer } from '../../src/kinesis/index.js';
import { errorOf, texts } from './support/bench.js';
import { benchOf, closeAll, ownServer } from './support/in-process.js';

afterEach(closeAll);

const HEADERS = {
  'content-type': 'application/x-amz-json-1.1',
  'x-amz-target': 'Kinesis_20131202.ListStreams',
  authorization: 'AWS4-HMAC-SHA256 Credential=local',
};

async function raw(server: KinesisServer, headers: Record<string, string>, body: string | Buffer = '{}') {
  const answer = await fetch(server.endpoint, { method: 'POST', headers: { ...HEADERS, ...headers }, body });
  return { status: answer.status, ...((await answer.json()) as { __type?: string; message?: string }) };
}

test('HTTP/1.1 and HTTP/2 share the port, and see each other’s records', async () => {
  const server = await ownServer();
  const [one, two] = [benchOf(server.endpoint, 'http1'), benchOf(server.endpoint, 'http2')];
  const StreamName = await one.stream();
  await Promise.all(
    Array.from({ length: 60 }, (_, index) => (index % 2 ? one : two).put(StreamName, 'k', `r${index}`)),
  );
  const read = texts(await two.readAll(StreamName));
  expect([...read].sort()).toEqual(Array.from({ length: 60 }, (_, index) => `r${index}`).sort());
  expect(texts(await one.readAll(StreamName))).toEqual(read);
});

test('an HTTP/2 preface that arrives byte by byte is still one', async () => {
  const server = await ownServer();
  const socket = connect(server.port, '127.0.0.1');
  const answered = new Promise<Buffer>((resolve, reject) => socket.once('data', resolve).once('error', reject));
  for (const byte of Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1')) {
    socket.write(Buffer.from([byte]));
    await new Promise((resolve) => setImmediate(resolve));
  }
  socket.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]));
  const settingsFrame = 4;
  expect((await answered).at(3)).toBe(settingsFrame);
  socket.destroy();
});

test('CBOR, an unknown operation, a missing signature and bad JSON have their own errors', async () => {
  const server = await ownServer();
  expect(await raw(server, { 'content-type': 'application/x-amz-cbor-1.1' })).toMatchObject({
    status: 415,
    __type: 'UnsupportedMediaTypeException',
    message: expect.stringContaining('application/x-amz-json-1.1 only') as string,
  });
  expect(await raw(server, { 'x-amz-target': 'Kinesis_20131202.AddTagsToStream' })).toMatchObject({
    status: 400,
    __type: 'UnknownOperationException',
  });
  expect(await raw(server, { authorization: '' })).toMatchObject({
    status: 400,
    __type: 'MissingAuthenticationTokenException',
  });
  expect(await raw(server, {}, '{"Limit":')).toMatchObject({ status: 400, __type: 'SerializationException' });
  expect(await raw(server, {}, '[]')).toMatchObject({ status: 400, __type: 'SerializationException' });
  expect(await raw(server, {}, '{"Limit":"7"}')).toMatchObject({ status: 400, __type: 'SerializationException' });
});

test('a body beyond every limit is answered 413, and the server stays well', async () => {
  const server = await ownServer();
  expect(await raw(server, {}, Buffer.alloc(13 * 2 ** 20, ' '))).toMatchObject({
    status: 413,
    __type: 'RequestEntityTooLargeException',
  });
  const { StreamNames } = await benchOf(server.endpoint).client.send(new ListStreamsCommand({}));
  expect(StreamNames).toEqual([]);
});

test('a client that goes away in the middle of its body harms nobody', async () => {
  const messages: unknown[][] = [];
  const server = await ownServer({ log: (...message) => messages.push(message) });
  const socket = connect(server.port, '127.0.0.1');
  socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{"Stream');
  await new Promise((resolve) => setTimeout(resolve, 30));
  socket.destroy();
  const bench = benchOf(server.endpoint);
  await bench.put(await bench.stream(), 'k', 'fine');
  expect(messages.map(([level]) => level)).toEqual(['info']);
});

test('every broken constraint of a request is named in one answer', async () => {
  const { client } = benchOf((await ownServer()).endpoint);
  const create = client.send(new CreateStreamCommand({ StreamName: 'no spaces', ShardCount: 0 }));
  await expect(create).rejects.toMatchObject({
    name: 'ValidationException',
    message:
      "2 validation errors detected: Value 'no spaces' at 'streamName' failed to satisfy constraint: Member must satisfy " +
      "regular expression pattern: [a-zA-Z0-9_.-]+; Value '0' at 'shardCount' failed to satisfy constraint: Member must " +
      'have value greater than or equal to 1',
  });
  const nothing = client.send(new PutRecordCommand({ StreamName: 's', PartitionKey: undefined, Data: undefined }));
  await expect(nothing).rejects.toMatchObject({
    name: 'ValidationException',
    message: expect.stringContaining(
      "Value null at 'partitionKey' failed to satisfy constraint: Member must not be null",
    ) as string,
  });
});

test('what this server has no meaning for is refused instead of ignored', async () => {
  const { client } = benchOf((await ownServer()).endpoint);
  for (const input of [{ Tags: { a: 'b' } }, { MaxRecordSizeInKiB: 2048 }, { WarmThroughputMiBps: 10 }]) {
    const create = client.send(new CreateStreamCommand({ StreamName: 's', ShardCount: 1, ...input }));
    expect(await errorOf(create)).toBe('ValidationException');
  }
  const { StreamNames } = await client.send(new ListStreamsCommand({}));
  expect(StreamNames).toEqual([]);
});

test('states last as long as they were told to', async () => {
  let now = 1_700_000_000_000;
  const bench = benchOf((await ownServer({ transitionMs: 500, now: () => now })).endpoint);
  const StreamName = bench.name();
  await bench.client.send(new CreateStreamCommand({ StreamName, ShardCount: 2 }));
  const describe = async () => (await bench.client.send(new DescribeStreamCommand({ StreamName }))).StreamDescription;
  expect(await describe()).toMatchObject({ StreamStatus: 'CREATING', Shards: [] });
  expect(await errorOf(bench.put(StreamName, 'k', 'early'))).toBe('ResourceNotFoundException');
  now += 500;
  expect((await describe())?.StreamStatus).toBe('ACTIVE');
  expect((await describe())?.Shards).toHaveLength(2);
});

test('an ON_DEMAND stream has four shards, which cannot be changed by hand', async () => {
  const bench = benchOf((await ownServer()).endpoint);
  const StreamName = bench.name();
  const StreamModeDetails = { StreamMode: 'ON_DEMAND' } as const;
  await bench.client.send(new CreateStreamCommand({ StreamName, StreamModeDetails }));
  const { StreamDescription } = await bench.client.send(new DescribeStreamCommand({ StreamName }));
  expect(StreamDescription?.StreamModeDetails).toEqual(StreamModeDetails);
  expect(StreamDescription?.Shards).toHaveLength(4);
  const split = bench.client.send(
    new SplitShardCommand({ StreamName, ShardToSplit: 'shardId-000000000000', NewStartingHashKey: '1000' }),
  );
  expect(await errorOf(split)).toBe('ValidationException');
});
