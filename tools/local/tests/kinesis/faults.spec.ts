import { GetRecordsCommand, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import type { KinesisServer } from '../../src/kinesis/index.js';
import { errorOf, texts } from './support/bench.js';
import { benchOf, closeAll, ownServer } from './support/in-process.js';

const THROTTLED = 'ProvisionedThroughputExceededException';

afterEach(closeAll);

async function control(server: KinesisServer, method: string, body?: unknown, type = 'application/json') {
  const answer = await fetch(`${server.endpoint}/_control/faults`, {
    method,
    ...(body !== undefined && { headers: { 'content-type': type }, body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: (await answer.json()) as { error?: { code: string; message: string } } };
}

const records = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ PartitionKey: 'k', Data: Buffer.from(`r${index}`) }));

test.each(['http1', 'http2'] as const)(
  'a connection dropped after the write keeps it, before the write not (%s)',
  async (protocol) => {
    const server = await ownServer();
    const plain = benchOf(server.endpoint);
    const bench = benchOf(server.endpoint, protocol);
    const StreamName = await plain.stream();
    await control(server, 'POST', { rules: [{ kind: 'drop', when: 'after', operations: ['PutRecord'], times: 1 }] });
    expect(await errorOf(bench.put(StreamName, 'k', 'kept'))).not.toBe('no error');
    expect(texts(await plain.readAll(StreamName))).toEqual(['kept']);
    await control(server, 'POST', { rules: [{ kind: 'drop', operations: ['PutRecord'], times: 1 }] });
    expect(await errorOf(bench.put(StreamName, 'k', 'lost'))).not.toBe('no error');
    await bench.put(StreamName, 'k', 'fine');
    expect(texts(await plain.readAll(StreamName))).toEqual(['kept', 'fine']);
  },
);

test('a retrying client writes twice when the answer to its first write is lost', async () => {
  const server = await ownServer();
  const bench = benchOf(server.endpoint, 'http1', 3);
  const StreamName = await bench.stream();
  await control(server, 'POST', { rules: [{ kind: 'drop', when: 'after', operations: ['PutRecords'], times: 1 }] });
  const answer = await bench.client.send(new PutRecordsCommand({ StreamName, Records: records(2) }));
  const stored = await bench.readAll(StreamName);
  expect(texts(stored)).toEqual(['r0', 'r1', 'r0', 'r1']);
  expect(answer.Records?.map((record) => record.SequenceNumber)).toEqual(
    stored.slice(2).map((record) => record.SequenceNumber),
  );
});

test('a duplicated write stands in the log twice, and the later one is answered', async () => {
  const server = await ownServer();
  const bench = benchOf(server.endpoint);
  const StreamName = await bench.stream();
  await control(server, 'POST', { rules: [{ kind: 'duplicate', times: 1 }] });
  const answer = await bench.client.send(new PutRecordsCommand({ StreamName, Records: records(2) }));
  await bench.put(StreamName, 'k', 'once');
  const stored = await bench.readAll(StreamName);
  expect(texts(stored)).toEqual(['r0', 'r1', 'r0', 'r1', 'once']);
  expect(answer.Records?.[0]?.SequenceNumber).toBe(stored[2]?.SequenceNumber);
});

test('a throttle strikes records of a batch by its probability and seed, the same ones each time', async () => {
  const server = await ownServer();
  const bench = benchOf(server.endpoint);
  const StreamName = await bench.stream();
  const struck = async (seed: number) => {
    await control(server, 'POST', { seed, rules: [{ kind: 'throttle', probability: 0.3 }] });
    const { Records } = await bench.client.send(new PutRecordsCommand({ StreamName, Records: records(200) }));
    return Records?.flatMap((record, index) => (record.ErrorCode === THROTTLED ? [index] : [])) ?? [];
  };
  const first = await struck(7);
  expect(first.length).toBeGreaterThan(30);
  expect(first.length).toBeLessThan(90);
  expect(await struck(7)).toEqual(first);
  expect(await struck(8)).not.toEqual(first);
});

test('a throttle on reads and a limit of streams and operations', async () => {
  const server = await ownServer();
  const bench = benchOf(server.endpoint);
  const [struck, other] = [await bench.stream(), await bench.stream()];
  await control(server, 'POST', { rules: [{ kind: 'throttle', operations: ['GetRecords'], streams: [struck] }] });
  const read = async (StreamName: string) => {
    const ShardIterator = await bench.iterator({ StreamName, ShardIteratorType: 'TRIM_HORIZON' });
    return errorOf(bench.client.send(new GetRecordsCommand({ ShardIterator })));
  };
  expect([await read(struck), await read(other)]).toEqual([THROTTLED, 'no error']);
  await control(server, 'DELETE');
  expect(await read(struck)).toBe('no error');
});

test('a delay holds the answer back, before the write or after it', async () => {
  const server = await ownServer();
  const bench = benchOf(server.endpoint);
  const StreamName = await bench.stream();
  await control(server, 'POST', { rules: [{ kind: 'delay', ms: 150, when: 'after', operations: ['PutRecord'] }] });
  const began = performance.now();
  const writing = bench.put(StreamName, 'k', 'slow');
  let seen: string[] = [];
  while (seen.length === 0 && performance.now() - began < 140) seen = texts(await bench.readAll(StreamName));
  await writing;
  expect(performance.now() - began).toBeGreaterThanOrEqual(149);
  expect(texts(await bench.readAll(StreamName))).toEqual(['slow']);
});

test('the control endpoint shows its rules with their hits, and clears them', async () => {
  const server = await ownServer();
  const bench = benchOf(server.endpoint);
  const StreamName = await bench.stream();
  await control(server, 'POST', { seed: 3, rules: [{ kind: 'delay', ms: 1, operations: ['PutRecord'] }] });
  await bench.put(StreamName, 'k', 'x');
  expect(await control(server, 'GET')).toEqual({
    status: 200,
    body: {
      seed: 3,
      rules: [{ kind: 'delay', probability: 1, when: 'before', ms: 1, operations: ['PutRecord'], hits: 1 }],
    },
  });
  expect((await control(server, 'DELETE')).body).toEqual({ seed: 3, rules: [] });
});

test.each([
  ['no object', [], /must be an object/],
  [
    'an unknown kind',
    { rules: [{ kind: 'explode' }] },
    /rules\[0\].kind must be one of drop, delay, duplicate, throttle/,
  ],
  ['a probability above 1', { rules: [{ kind: 'drop', probability: 2 }] }, /rules\[0\].probability/],
  ['a delay without ms', { rules: [{ kind: 'delay' }] }, /rules\[0\].ms/],
  ['a misspelt member', { rules: [{ kind: 'drop', probabilty: 1 }] }, /unknown member probabilty/],
  ['an unknown operation', { rules: [{ kind: 'drop', operations: ['PutRecrod'] }] }, /no operation PutRecrod/],
  [
    'a duplicated read',
    { rules: [{ kind: 'duplicate', operations: ['GetRecords'] }] },
    /PutRecord and PutRecords only/,
  ],
  ['a fraction for times', { rules: [{ kind: 'drop', times: 0.5 }] }, /rules\[0\].times/],
])('%s is refused and changes nothing', async (_, body, message) => {
  const server = await ownServer();
  await control(server, 'POST', { rules: [{ kind: 'delay', ms: 5 }] });
  const answer = await control(server, 'POST', body);
  expect(answer.status).toBe(400);
  expect(answer.body.error?.code).toBe('INVALID_FAULT');
  expect(answer.body.error?.message).toMatch(message);
  expect(server.faults.state().rules).toHaveLength(1);
});

test('a body of another type is refused, since a web page could send it', async () => {
  const server = await ownServer();
  const answer = await control(server, 'POST', { rules: [{ kind: 'drop' }] }, 'text/plain');
  expect(answer).toEqual({ status: 415, body: { error: expect.objectContaining({ code: 'UNSUPPORTED_MEDIA_TYPE' }) } });
  expect(server.faults.state().rules).toEqual([]);
});
