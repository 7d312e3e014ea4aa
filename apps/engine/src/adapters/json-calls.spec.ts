import { createDynamoClient, createKinesisClient, createKinesisPushClient } from '@supernoba/runtime';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynamoAdapter } from './dynamodb.js';
import { KinesisAdapter } from './kinesis.js';

/** A service that answers what it is told, and remembers how it was asked. */
let server: Server;
let asked: { headers: IncomingMessage['headers']; body: string }[] = [];
let answer: { status: number; body: string } | 'hang up' = { status: 200, body: '{}' };

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      asked.push({ headers: request.headers, body });
      if (answer === 'hang up') request.socket.destroy();
      else response.writeHead(answer.status).end(answer.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  process.env['AWS_ENDPOINT_URL'] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  process.env['AWS_ACCESS_KEY_ID'] = 'AKIDEXAMPLE';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'secret';
  process.env['AWS_SESSION_TOKEN'] = 'session';
});
afterAll(
  () =>
    new Promise<void>((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    }),
);
beforeEach(() => {
  asked = [];
});

const region = { region: 'ap-northeast-2', maxAttempts: 1 };
const dynamo = () => new DynamoAdapter(createDynamoClient(region));
const kinesis = () => new KinesisAdapter(createKinesisClient(region), createKinesisPushClient(region));

test('a batch is signed with the credentials of the client, its operation among what is signed', async () => {
  answer = { status: 200, body: '{"UnprocessedItems":{}}' };
  expect(await dynamo().putBatch('trade_history', [{ pk: 'A#1', trade_no: 1 }])).toEqual([]);
  const [{ headers, body } = { headers: {}, body: '' }] = asked;
  expect(JSON.parse(body)).toEqual({
    RequestItems: { trade_history: [{ PutRequest: { Item: { pk: { S: 'A#1' }, trade_no: { N: '1' } } } }] },
  });
  expect(headers).toMatchObject({
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': 'DynamoDB_20120810.BatchWriteItem',
    'x-amz-security-token': 'session',
  });
  expect(headers.authorization).toMatch(
    /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/ap-northeast-2\/dynamodb\/aws4_request, SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date;x-amz-security-token;x-amz-target, /,
  );
});

test('items that the table did not take come back as they were', async () => {
  const items = [{ pk: 'A#1', trade_no: 1, taker_is_buy: true }];
  const left = {
    trade_history: [{ PutRequest: { Item: { taker_is_buy: { BOOL: true }, trade_no: { N: '1' }, pk: { S: 'A#1' } } } }],
  };
  answer = { status: 200, body: JSON.stringify({ UnprocessedItems: left }) };
  expect(await dynamo().putBatch('trade_history', items)).toEqual(items);
});

test.each([
  [400, '{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException","message":"slow"}', 'THROTTLED'],
  [400, '{"__type":"ResourceNotFoundException","Message":"no table"}', 'NOT_FOUND'],
  [400, '{"__type":"ValidationException","message":"bad"}', 'INVALID'],
  [500, '<html>', 'UNAVAILABLE'],
  [200, '<html>', 'UNAVAILABLE'],
])('an answer of %i %s is %s', async (status, body, code) => {
  answer = { status, body };
  await expect(dynamo().putBatch('t', [{ pk: 'A' }])).rejects.toMatchObject({ name: 'PortError', code });
});

test('a connection that ends without an answer is UNAVAILABLE, and the next call finds its way', async () => {
  const adapter = dynamo();
  answer = 'hang up';
  await expect(adapter.putBatch('t', [{ pk: 'A' }])).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  answer = { status: 200, body: '{}' };
  expect(await adapter.putBatch('t', [{ pk: 'A' }])).toEqual([]);
});

test('records are read with their bytes and milliseconds', async () => {
  const record = {
    SequenceNumber: '1',
    ApproximateArrivalTimestamp: 1764220000.123,
    PartitionKey: 'ключ',
    Data: 'AP8=',
  };
  answer = { status: 200, body: JSON.stringify({ Records: [record], NextShardIterator: null, MillisBehindLatest: 5 }) };
  expect(await kinesis().records('iterator', 10)).toEqual({
    records: [{ sequenceNumber: '1', arrivalMs: 1764220000123, partitionKey: 'ключ', data: Buffer.from([0, 255]) }],
    next: undefined,
    behindMs: 5,
  });
  answer = { status: 400, body: '{"__type":"ExpiredIteratorException","message":"old"}' };
  await expect(kinesis().records('iterator', 10)).rejects.toMatchObject({ code: 'EXPIRED_ITERATOR' });
});

test('every record put has an answer of its own; an answer too few is no acknowledgement', async () => {
  const records = [
    { partitionKey: 'A', data: Buffer.from('{}') },
    { partitionKey: 'B', explicitHashKey: '7', data: Buffer.from('{}') },
  ];
  const Throttled = { ErrorCode: 'ProvisionedThroughputExceededException', ErrorMessage: 'slow' };
  answer = {
    status: 200,
    body: JSON.stringify({ FailedRecordCount: 1, Records: [{ SequenceNumber: '1' }, Throttled] }),
  };
  expect(await kinesis().putRecords('fills', records)).toEqual([undefined, Throttled.ErrorCode]);
  expect(JSON.parse(asked[0]!.body)).toEqual({
    StreamName: 'fills',
    Records: [
      { PartitionKey: 'A', Data: 'e30=' },
      { PartitionKey: 'B', ExplicitHashKey: '7', Data: 'e30=' },
    ],
  });
  answer = { status: 200, body: '{"Records":[{}]}' };
  await expect(kinesis().putRecords('fills', records)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
});
