import {
  CreateStreamCommand,
  DescribeStreamSummaryCommand,
  PutRecordsCommand,
  SplitShardCommand,
  type KinesisClient,
} from '@aws-sdk/client-kinesis';
import { eventually } from '@supernoba/testing';
import type { Gateway, GatewayOptions } from '../../src/gateway/index.js';
import { LambdaError, LambdaErrorCode } from '../../src/lambda-host/index.js';
import { kinesisClient } from '../kinesis/support/clients.js';
import { removeFolders } from '../kinesis/support/own-server.js';
import { SERVERS, type RunningServer } from '../kinesis/support/servers.js';
import { newFolder, Rig } from './rig.js';

type Source = NonNullable<GatewayOptions['eventSources']>[number];

/** Prints the text of every record, a line a batch. */
const PRINT_DATA = `export const handler = async ({ Records }) => {
  console.log(JSON.stringify(Records.map(({ kinesis }) => Buffer.from(kinesis.data, 'base64').toString())));
};`;

afterAll(() => removeFolders());

describe.each(['kinesalite', 'ours, HTTP/1.1'] as const)('an event source on %s', (serverName) => {
  const rig = new Rig();
  let server: RunningServer;
  let kinesis: KinesisClient;
  let stream: string;
  let dataDir: string;
  let streams = 0;

  beforeAll(async () => {
    server = await SERVERS[serverName].start();
    kinesis = kinesisClient(server.endpoint, 'http1', 3);
  });
  afterAll(async () => {
    kinesis.destroy();
    await server.stop();
  });
  beforeEach(() => {
    stream = `stream-${streams++}`;
    dataDir = newFolder();
  });
  afterEach(() => rig.close());

  async function untilActive(): Promise<void> {
    await eventually(async () => {
      const { StreamDescriptionSummary } = await kinesis.send(new DescribeStreamSummaryCommand({ StreamName: stream }));
      return StreamDescriptionSummary?.StreamStatus === 'ACTIVE';
    });
  }

  async function createStream(shards: number): Promise<void> {
    await kinesis.send(new CreateStreamCommand({ StreamName: stream, ShardCount: shards }));
    await untilActive();
  }

  async function put(texts: string[], key = 'TEST'): Promise<void> {
    const Records = texts.map((text) => ({ PartitionKey: key, Data: Buffer.from(text) }));
    await kinesis.send(new PutRecordsCommand({ StreamName: stream, Records }));
  }

  async function attach(lambda: GatewayOptions['lambdas'][string], options: Partial<Source> = {}): Promise<Gateway> {
    return rig.gateway({
      lambdas: { lambda },
      kinesis,
      dataDir,
      eventSources: [{ name: 'notify', stream, lambda: 'lambda', pollMs: 50, ...options }],
    });
  }

  /** The batches that PRINT_DATA printed. */
  const batches = () => rig.lines.map((line) => JSON.parse(line.replace('[tested] ', '')) as string[]);
  const texts = () => batches().flat();
  const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => String(from + i));

  test('hands records on in the shape of Lambda', async () => {
    await createStream(1);
    await put(['{"event":"FILL"}']);
    const lambda = await rig.lambda(`export const handler = async (event) => console.log(JSON.stringify(event));`);
    await attach(lambda);
    await eventually(() => rig.lines.length === 1);
    expect(rig.events()[0]).toEqual({
      Records: [
        {
          kinesis: {
            kinesisSchemaVersion: '1.0',
            partitionKey: 'TEST',
            sequenceNumber: expect.stringMatching(/^\d{56}$/),
            data: Buffer.from('{"event":"FILL"}').toString('base64'),
            approximateArrivalTimestamp: expect.any(Number),
          },
          eventSource: 'aws:kinesis',
          eventVersion: '1.0',
          eventID: expect.stringMatching(/^shardId-000000000000:\d{56}$/),
          eventName: 'aws:kinesis:record',
          invokeIdentityArn: 'arn:aws:iam::000000000000:role/local',
          awsRegion: 'ap-northeast-2',
          eventSourceARN: expect.stringMatching(
            new RegExp(`^arn:aws:kinesis:ap-northeast-2:000000000000:stream/${stream}$`),
          ),
        },
      ],
    });
    const arrivedAt = rig.events()[0]?.Records[0]?.kinesis.approximateArrivalTimestamp ?? 0;
    expect(Math.abs(arrivedAt * 1000 - Date.now())).toBeLessThan(20_000);
  });

  test('delivers every record of every shard, in order within a key, in batches of the size asked for', async () => {
    await createStream(3);
    const keys = ['A', 'B', 'C', 'D'];
    const sent = keys.map((key) => numbers(0, 60).map((n) => `${key}${n}`));
    await Promise.all(sent.map((list, i) => put(list, keys[i])));
    await attach(await rig.lambda(PRINT_DATA), { batchSize: 7 });
    await eventually(() => texts().length === 240);
    expect(keys.map((key) => texts().filter((text) => text.startsWith(key)))).toEqual(sent);
    expect(Math.max(...batches().map((batch) => batch.length))).toBe(7);
  });

  test('goes on after a restart where it was: nothing lost, nothing again', async () => {
    await createStream(2);
    await put(numbers(0, 10));
    const lambda = await rig.lambda(PRINT_DATA);
    const first = await attach(lambda);
    await eventually(() => texts().length === 10);
    await first.close();
    await put(numbers(10, 20));
    await attach(lambda);
    await eventually(() => texts().length >= 20);
    expect(texts()).toEqual(numbers(0, 20));
  });

  test('LATEST leaves out what was there before, and nothing that came while it was down', async () => {
    await createStream(1);
    await put(['before']);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const lambda = await rig.lambda(PRINT_DATA);
    const first = await attach(lambda, { startingPosition: 'LATEST' });
    await new Promise((resolve) => setTimeout(resolve, 300));
    await first.close();
    await put(['while down']);
    await attach(lambda, { startingPosition: 'LATEST' });
    await put(['after']);
    await eventually(() => texts().length >= 2);
    expect(texts()).toEqual(['while down', 'after']);
  });

  test('calls again from the first item that the Lambda reports as failed', async () => {
    await createStream(1);
    await put(numbers(0, 6));
    const lambda = await rig.lambda(
      `const failed = new Set();
       export const handler = async ({ Records }) => {
         const texts = Records.map(({ kinesis }) => Buffer.from(kinesis.data, 'base64').toString());
         console.log(JSON.stringify(texts));
         const bad = Records.filter((_, i) => ['2', '4'].includes(texts[i]) && !failed.has(texts[i]));
         const [first] = bad;
         if (first) failed.add(Buffer.from(first.kinesis.data, 'base64').toString());
         return { batchItemFailures: bad.reverse().map(({ kinesis }) => ({ itemIdentifier: kinesis.sequenceNumber })) };
       };`,
    );
    await attach(lambda, { reportBatchItemFailures: true });
    await eventually(() => batches().length === 3);
    expect(batches()).toEqual([numbers(0, 6), numbers(2, 6), numbers(4, 6)]);
  });

  test('tries a failing batch again as often as asked, then drops it, says so and goes on', async () => {
    await createStream(1);
    await put(['bad', 'bad too']);
    const lambda = await rig.lambda(
      `export const handler = async ({ Records }) => {
         const texts = Records.map(({ kinesis }) => Buffer.from(kinesis.data, 'base64').toString());
         console.log(JSON.stringify(texts));
         if (texts.includes('bad')) throw new Error('cannot');
       };`,
    );
    await attach(lambda, { maximumRetryAttempts: 2 });
    await eventually(() => rig.logged.some(({ level }) => level === 'error'));
    await put(['good']);
    await eventually(() => texts().includes('good'));
    expect(batches()).toEqual([['bad', 'bad too'], ['bad', 'bad too'], ['bad', 'bad too'], ['good']]);
    expect(rig.logged.find(({ level }) => level === 'error')).toMatchObject({
      message: 'records were dropped after the last try',
      fields: { source: 'notify', records: 2, tries: 3, first: expect.stringMatching(/^shardId-\d+:\d+$/) },
    });
  });

  test('waits for a Lambda that is not available without using up a try', async () => {
    await createStream(1);
    await put(['patient']);
    const lambda = await rig.lambda(PRINT_DATA);
    let calls = 0;
    const sometimes = {
      invoke: (event: unknown) => {
        const refusal = { errorType: 'TooManyRequestsException', errorMessage: 'Rate Exceeded' };
        if (++calls > 4) return lambda.invoke(event);
        return Promise.reject(new LambdaError('lambda', LambdaErrorCode.TooManyRequests, refusal));
      },
    };
    await attach(sometimes, { maximumRetryAttempts: 0 });
    await eventually(() => texts().length === 1);
    expect(calls).toBe(5);
  });

  test('a crash in the middle of a batch loses no record', async () => {
    await createStream(1);
    await put(numbers(0, 20));
    const lambda = await rig.lambda(
      `import { existsSync, writeFileSync } from 'node:fs';
       const mark = new URL('./crashed', import.meta.url);
       export const handler = async ({ Records }) => {
         const texts = Records.map(({ kinesis }) => Buffer.from(kinesis.data, 'base64').toString());
         if (texts.includes('12') && !existsSync(mark)) { writeFileSync(mark, ''); process.exit(1); }
         console.log(JSON.stringify(texts));
       };`,
    );
    await attach(lambda, { batchSize: 5 });
    await eventually(() => texts().length >= 20);
    expect(texts()).toEqual(numbers(0, 20));
  });

  test('reads the children of a split shard after their parent', async () => {
    await createStream(1);
    await put(numbers(0, 50));
    await kinesis.send(
      new SplitShardCommand({
        StreamName: stream,
        ShardToSplit: 'shardId-000000000000',
        NewStartingHashKey: (1n << 127n).toString(),
      }),
    );
    await untilActive();
    await Promise.all(['A', 'B', 'C', 'D'].map((key) => put(numbers(50, 55), key)));
    const slow = await rig.lambda(
      PRINT_DATA.replace('console', 'await new Promise((resolve) => setTimeout(resolve, 10)); console'),
    );
    await attach(slow, { batchSize: 10 });
    await eventually(() => texts().length === 70);
    expect(texts().slice(0, 50)).toEqual(numbers(0, 50));
    expect(texts().slice(50).sort()).toEqual(numbers(50, 55).flatMap((text) => [text, text, text, text]));
  });

  test('waits for a stream that does not exist yet', async () => {
    const lambda = await rig.lambda(PRINT_DATA);
    await attach(lambda);
    await eventually(() => rig.logged.length >= 2);
    await createStream(1);
    await put(['first']);
    await eventually(() => texts().length === 1);
    expect(rig.logged[0]).toMatchObject({
      level: 'warn',
      message: 'a stream could not be opened',
      fields: { source: 'notify' },
    });
  });

  test('closing does not wait for a Lambda that hangs, and its records come again', async () => {
    await createStream(1);
    await put(['kept']);
    const hanging = await rig.lambda(
      `export const handler = () => { console.log('took it'); return new Promise(() => undefined); };`,
    );
    const gateway = await attach(hanging);
    await eventually(() => rig.lines.length === 1);
    const began = performance.now();
    await gateway.close();
    expect(performance.now() - began).toBeLessThan(2000);
    rig.lines.length = 0;
    await attach(await rig.lambda(PRINT_DATA));
    await eventually(() => texts().length === 1);
    expect(texts()).toEqual(['kept']);
  });
});
