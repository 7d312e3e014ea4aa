import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { createJournal, lambdaClientOptions } from '../src/index.js';
import { close, listen } from './support/aws.js';
import { startKinesis } from './support/index.js';
import type { TestKinesis } from './support/index.js';

const cancel = { action: 'CANCEL' as const, symbol: 'TEST', order_id: 'a', user_id: 'alice', request_id: 'r' };
let kinesis: TestKinesis | undefined;
let server: Server | undefined;
let client: KinesisClient | undefined;

afterEach(async () => {
  client?.destroy();
  await kinesis?.stop();
  if (server) await close(server);
  kinesis = server = client = undefined;
});

/** A Kinesis that answers each call with the next of these statuses and error names, the last one again and again. */
async function troubled(...answers: ([number, string] | 'silence')[]) {
  let calls = 0;
  server = createServer((_request, response) => {
    const answer = answers[Math.min(calls++, answers.length - 1)];
    if (answer === undefined || answer === 'silence') return;
    const [status, type] = answer;
    const body = status === 200 ? { ShardId: 's', SequenceNumber: '1' } : { __type: type, message: type };
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
  });
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  client = new KinesisClient({
    ...(await lambdaClientOptions('ap-northeast-2')),
    endpoint: await listen(server),
    credentials,
  });
  const pauses: number[] = [];
  const sleep = (ms: number) => Promise.resolve(void pauses.push(ms));
  const journal = createJournal({ kinesis: () => Promise.resolve(client!), stream: 's', sleep, random: () => 1 });
  return { journal, pauses, calls: () => calls };
}

test('one entry or a batch becomes one record under its symbol', async () => {
  kinesis = await startKinesis('supernoba-orders', 1);
  const { client: real } = kinesis;
  const journal = createJournal({ kinesis: () => Promise.resolve(real), stream: 'supernoba-orders' });
  await journal.append('TEST', cancel);
  await journal.append('TEST', [cancel, cancel]);
  expect(await kinesis.records()).toEqual([
    { partitionKey: 'TEST', data: cancel },
    { partitionKey: 'TEST', data: [cancel, cancel] },
  ]);
});

test('throttling and faults of the service are waited out, longer each time', async () => {
  const { journal, pauses } = await troubled(
    [400, 'ProvisionedThroughputExceededException'],
    [500, 'InternalFailure'],
    [400, 'ThrottlingException'],
    [200, ''],
  );
  await journal.append('TEST', cancel);
  expect(pauses).toEqual([50, 100, 200]);
});

test('a stream that stays throttled is 503 with Retry-After, after four tries', async () => {
  const { journal, calls } = await troubled([400, 'ProvisionedThroughputExceededException']);
  await expect(journal.append('TEST', cancel)).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: 'the orders stream is at its limit',
    retryAfterS: 1,
  });
  expect(calls()).toBe(4);
});

test('a stream that does not exist is not tried again', async () => {
  const { journal, calls } = await troubled([400, 'ResourceNotFoundException']);
  await expect(journal.append('TEST', cancel)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  expect(calls()).toBe(1);
});

test('a stream that never answers fails in bounded time', async () => {
  const { journal, calls } = await troubled('silence');
  await expect(journal.append('TEST', cancel)).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringContaining('same request_id'),
  });
  expect(calls()).toBe(4);
});
